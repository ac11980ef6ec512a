"""The ranking: the committee's order of the bids, as its report gave it.

A new report replaces the one before by being later; nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, WrongStage
from trading.notice.moment import required_project
from trading.registration.section import found_section


class Ranking(Recorded):
    """One bidder's place in a report; price in fen; no rank for a bid that was rejected."""

    __tablename__ = "ranking"
    __table_args__ = (
        UniqueConstraint("project", "section", "report_digest", "rank"),
        UniqueConstraint("project", "section", "report_digest", "uscc"),
        CheckConstraint("rank > 0", name="rank"),
        CheckConstraint("rank IS NOT NULL OR reason <> ''", name="reason"),
        CheckConstraint("rank IS NULL OR price_fen > 0", name="price"),
    )
    project: Mapped[UUID]
    section: Mapped[UUID] = mapped_column(index=True)
    report_digest: Mapped[bytes]
    reported_at: Mapped[datetime]
    rank: Mapped[int | None]
    uscc: Mapped[str]
    name: Mapped[str]
    price_fen: Mapped[int | None]
    score: Mapped[str]
    reason: Mapped[str]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A bidder as the report has it: rank from 1, or None and the reason of the rejection."""

    uscc: str
    name: str
    rank: int | None
    price_fen: int | None
    score: str
    reason: str = ""


def record_ranking(act: Act, section: UUID, report_digest: bytes, ranked: Sequence[Ranked]) -> None:
    """Write the order of a section's bids, with the report that gave it (条例 53).

    Called by the act that hands in the report. Raises Invalid unless ranks run 1, 2, 3 … and
    every bid without a rank has a reason; NotFound for another project's section.
    """
    project = required_project(act.project)
    found_section(act.session, project, section)
    _require_sound(report_digest, ranked)
    act.session.add_all(
        Ranking(
            id=new_id(act.now),
            project=project,
            section=section,
            report_digest=report_digest,
            reported_at=act.now,
            rank=row.rank,
            uscc=row.uscc,
            name=row.name,
            price_fen=row.price_fen,
            score=row.score,
            reason=row.reason.strip(),
        )
        for row in ranked
    )


def ranking(session: Session, project: UUID, section: UUID) -> list[Ranking]:
    """Return the section's last report, in order of rank, rejected bids behind.

    Raises WrongStage when there is none.
    """
    rows = session.scalars(
        select(Ranking)
        .where(Ranking.project == project, Ranking.section == section)
        .order_by(Ranking.reported_at.desc(), Ranking.rank.nulls_last(), Ranking.uscc)
    ).all()
    if not rows:
        raise WrongStage("尚无评标报告 / there is no evaluation report", field="section")
    return [row for row in rows if row.report_digest == rows[0].report_digest]


def _require_sound(report_digest: bytes, ranked: Sequence[Ranked]) -> None:
    if len(report_digest) != 32:
        raise Invalid("report_digest", "应为 SHA-256 / must be a SHA-256")
    ranks = sorted(row.rank for row in ranked if row.rank is not None)
    if not ranked or ranks != list(range(1, len(ranks) + 1)):
        raise Invalid("rank", "排序应连续且不重复 / ranks 1, 2, 3 …", rule="招标投标法实施条例 53")
    if any(row.rank is None and not row.reason.strip() for row in ranked):
        raise Invalid("reason", "否决投标须有理由 / a rejected bid has a reason")
