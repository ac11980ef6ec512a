"""The docket 案卷目录: the trades that somebody has a part in, from their registration on.

The board shows what was announced to anybody; here a trade stands before its first notice too, for
those whose work it is. What only one side may know is not here: it goes through disclosure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from monitor.law.duty import Fact, Trade
from monitor.record.moment import milestones
from monitor.record.standing import Standing
from monitor.role import PROJECT_ROLES, Actor
from trading.notice.document import TenderDocument
from trading.notice.notice import Notice
from trading.registration.project import Intake, Project, sections, trade_of
from trading.registration.stage import Stage, stage

OVER = frozenset({Stage.ARCHIVED, Stage.FAILED, Stage.TERMINATED})


@dataclass(frozen=True, slots=True)
class Lot:
    """A section as its trade has it now; money in fen."""

    id: UUID
    number: int
    name: str
    estimate_fen: int
    deposit_fen: int | None
    ceiling_fen: int | None


@dataclass(frozen=True, slots=True)
class Matter:
    """One trade; instants are aware. `deadline` is None before the first notice."""

    project: UUID
    code: str
    name: str
    category: str
    kind: str
    region: str
    owner: UUID
    estimate_fen: int
    trade: Trade
    deadline: datetime | None
    stage: Stage
    lots: tuple[Lot, ...]


def docket(session: Session, actor: Actor, now: datetime, most: int = 50) -> list[Matter]:
    """Return the newest trades of whoever acts: all of them for staff, else those one stands in."""
    query = _registered().order_by(Project.registered_at.desc(), Project.id).limit(most)
    if actor.role in PROJECT_ROLES:
        query = query.join(Standing, Standing.project == Project.id).where(
            Standing.org == actor.org, Standing.role == actor.role.value
        )
    return _matters(session, query, now)


def matter(session: Session, project: UUID, now: datetime) -> Matter | None:
    """Return one trade, if it is registered."""
    return next(iter(_matters(session, _registered().where(Project.id == project), now)), None)


def matters(session: Session, projects: Iterable[UUID], now: datetime) -> list[Matter]:
    """Return those of these trades that are registered."""
    return _matters(session, _registered().where(Project.id.in_(list(projects))), now)


def _registered() -> Select[Project, datetime, str]:
    announced = (
        select(Notice.deadline)
        .where(Notice.project == Project.id)
        .order_by(Notice.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    answer = (
        select(Intake.answer)
        .where(Intake.project == Project.id)
        .order_by(Intake.round.desc())
        .limit(1)
        .scalar_subquery()
    )
    deadline = func.coalesce(TenderDocument.deadline, announced)
    return select(Project, deadline, answer).outerjoin(
        TenderDocument, TenderDocument.project == Project.id
    )


def _matters(
    session: Session, query: Select[Project, datetime, str], now: datetime
) -> list[Matter]:
    rows = session.execute(query).all()
    reached: dict[UUID, list[Fact]] = {row[0].id: [] for row in rows}
    for project, action, at in milestones(session, list(reached)):
        reached[project].append(Fact(action, at, frozenset()))
    return [
        Matter(
            row.id, row.code, row.name, row.category, row.kind, row.region, row.owner,
            row.estimate_fen, trade_of(row), deadline,
            _stage(reached[row.id], deadline, answer, now), tuple(_lots(session, row.id)),
        )
        for row, deadline, answer in rows
    ]  # fmt: skip


def _stage(
    facts: list[Fact], deadline: datetime | None, answer: str | None, now: datetime
) -> Stage:
    found = stage(facts, deadline, max([now, *(fact.at for fact in facts)]))
    return Stage.RETURNED if (found, answer) == (Stage.FILED, "returned") else found


def _lots(session: Session, project: UUID) -> Iterable[Lot]:
    for row in sections(session, project):
        yield Lot(row.id, row.number, row.name, row.estimate_fen, row.deposit_fen, row.ceiling_fen)
