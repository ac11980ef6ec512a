"""Ledger entries at rest: each is balanced by a constraint, so that the sum of all is zero."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.workday import local_date
from monitor.record.act import Act
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from trading.ledger import Entry, Posting
from trading.notice.moment import required_project


class LedgerEntry(Recorded):
    """One entry as written: lines are [{account, fen}], debit positive."""

    __tablename__ = "ledger_entry"
    __table_args__ = (CheckConstraint("batong_balanced(lines)", name="balanced"),)
    project: Mapped[UUID] = mapped_column(index=True)
    at: Mapped[datetime]
    narration: Mapped[str]
    lines: Mapped[list[Any]]
    record: Mapped[UUID]


def write(act: Act, narration: str, *postings: Posting) -> None:
    """Write a balanced entry of this act; raises LedgerError for another."""
    made = Entry(str(secret_id()), local_date(act.now), narration, postings)
    act.session.add(
        LedgerEntry(
            id=UUID(made.id),
            project=required_project(act.project),
            at=act.now,
            narration=narration,
            lines=[{"account": line.account, "fen": line.fen} for line in made.postings],
            record=act.record_id,
        )
    )


def entries(session: Session, project: UUID) -> list[Entry]:
    """Return the project's entries in order; for eyes that may see them (never before CLOSE)."""
    rows: Sequence[LedgerEntry] = session.scalars(
        select(LedgerEntry)
        .where(LedgerEntry.project == project)
        .order_by(LedgerEntry.record, LedgerEntry.narration, LedgerEntry.id)
    ).all()
    return [
        Entry(
            str(row.id),
            local_date(row.at),
            row.narration,
            tuple(Posting(line["account"], line["fen"]) for line in row.lines),
            str(row.record),
        )
        for row in rows
    ]
