"""Candidates (中标候选人): at most three, straight from the ranking, shown before the award."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.law.limit import earliest
from monitor.law.rule import Bound
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid
from monitor.role import Role
from trading.award.limit import limits, obey
from trading.award.objection import require_running
from trading.award.ranking import Ranking, ranking
from trading.registration.project import found_project
from trading.registration.section import found_section

MOST = 3
PUBLISH, ISSUE = "candidates.publish", "award.issue"
FIELDS = "招标公告和公示信息发布管理办法（10号令） 6"


class Publicity(Recorded):
    """The candidates of one report are shown from `published_at`; objections until `ends_at`."""

    __tablename__ = "publicity"
    __table_args__ = (UniqueConstraint("project", "section", "report_digest"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    report_digest: Mapped[bytes]
    published_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    channel: Mapped[str]


class Candidate(Recorded):
    """One candidate as shown; price in fen."""

    __tablename__ = "candidate"
    __table_args__ = (UniqueConstraint("publicity", "rank"),)
    publicity: Mapped[UUID] = mapped_column(ForeignKey("publicity.id"))
    rank: Mapped[int]
    uscc: Mapped[str]
    name: Mapped[str]
    price_fen: Mapped[int]
    score: Mapped[str]
    quality: Mapped[str]
    period: Mapped[str]
    manager: Mapped[str]
    certificate: Mapped[str]
    qualification: Mapped[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a candidate offers and shows, in rank order (10号令 6)."""

    quality: str
    period: str
    manager: str
    certificate: str
    qualification: str


@action("candidates.publish", by=(Role.TENDEREE, Role.AGENCY))
def publish(act: Act, *, section: UUID, offers: Sequence[Offer], channel: str) -> UUID:
    """Show the first three of the ranking with what they offer; return the publicity's id.

    `channel` says where to object. Raises Invalid for what is missing, WrongStage, Conflict.
    """
    project = found_project(act.session, act.project)
    found_section(act.session, project.id, section)
    require_running(act, project.id)
    order = ranking(act.session, project.id, section)
    obey(act, "evaluation.report", order[0].reported_at, PUBLISH)
    first = [row for row in order if row.rank is not None][:MOST]
    act.require(
        first and len(offers) == len(first),
        Invalid("offers", f"应为{len(first)}名候选人 / {len(first)} candidates are ranked"),
    )
    if project.must_tender:
        _require_fields(offers, channel)
    act.on_conflict(
        "publicity_project_section_report_digest_key",
        lambda _: Conflict("已公示 / published already", field="section"),
    )
    publicity = Publicity(
        id=new_id(act.now),
        project=project.id,
        section=section,
        report_digest=order[0].report_digest,
        published_at=act.now,
        ends_at=_end(act),
        channel=channel.strip(),
    )
    act.session.add(publicity)
    act.session.flush()
    shown = [
        _candidate(act, publicity, row, offer) for row, offer in zip(first, offers, strict=True)
    ]
    act.session.add_all(shown)
    _note(act, publicity, shown)
    return publicity.id


def _require_fields(offers: Sequence[Offer], channel: str) -> None:
    if not channel.strip():
        raise Invalid("channel", "须写明异议渠道 / say where to object", rule=FIELDS)
    for offer in offers:
        for name in fields(offer):
            if not getattr(offer, name.name).strip():
                raise Invalid(name.name, "必填 / must be given", rule=FIELDS)


def _end(act: Act) -> datetime:
    """Return when the period to wait ends; it is over at once where the law asks for none."""
    waits = [rule for rule in limits(act, PUBLISH, ISSUE) if rule.bound is Bound.AT_LEAST]
    return max((earliest(rule, act.now) for rule in waits), default=act.now)


def _candidate(act: Act, publicity: Publicity, row: Ranking, offer: Offer) -> Candidate:
    return Candidate(
        id=new_id(act.now),
        publicity=publicity.id,
        rank=row.rank,
        uscc=row.uscc,
        name=row.name,
        price_fen=row.price_fen,
        score=row.score,
        **{name: text.strip() for name, text in asdict(offer).items()},
    )


def _note(act: Act, publicity: Publicity, shown: Sequence[Candidate]) -> None:
    act.note(
        subject=str(publicity.id),
        section=str(publicity.section),
        report=publicity.report_digest.hex(),
        ends_at=time_text(publicity.ends_at),
        channel=publicity.channel,
        candidates=[
            {
                "rank": row.rank,
                "uscc": row.uscc,
                "name": row.name,
                "price": str(row.price_fen),
                "score": row.score,
                "quality": row.quality,
                "period": row.period,
                "manager": row.manager,
                "certificate": row.certificate,
                "qualification": row.qualification,
            }
            for row in shown
        ],
    )


def publicity_of(session: Session, report: Ranking) -> Publicity | None:
    """Return the publicity of the report that this row belongs to, if it was shown."""
    return session.scalar(
        select(Publicity).where(
            Publicity.project == report.project,
            Publicity.section == report.section,
            Publicity.report_digest == report.report_digest,
        )
    )


def candidates(session: Session, publicity: UUID) -> list[Candidate]:
    """Return the candidates shown, by rank."""
    return list(
        session.scalars(
            select(Candidate).where(Candidate.publicity == publicity).order_by(Candidate.rank)
        )
    )
