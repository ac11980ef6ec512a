"""The journal of all trades, for the eyes of the house; no trade is in it before its CLOSE."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.fee.entry import LedgerEntry, entries
from trading.ledger import Entry
from trading.notice.moment import is_closed


@dataclass(frozen=True, slots=True)
class Journal:
    """The entries of every trade that is closed, and how many trades are left out."""

    entries: tuple[Entry, ...]
    waiting: int


def journal(session: Session) -> Journal:
    """Return all entries that may be read; who pays is secret before CLOSE (招标投标法 22)."""
    projects = session.scalars(
        select(LedgerEntry.project).distinct().order_by(LedgerEntry.project)
    ).all()
    closed = [project for project in projects if is_closed(session, project)]
    found = [entry for project in closed for entry in entries(session, project)]
    return Journal(tuple(found), len(projects) - len(closed))
