"""The public board 公告栏: the trades that anybody may find, and where each stands.

Everything here comes of acts that are public at once: registration, notice, documents, deadline.
A rehearsal 演练 is no trade: it is found by who has its address, and by tenderers who look for one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from monitor.law.duty import Fact
from monitor.record.moment import milestones
from trading.notice.document import TenderDocument
from trading.notice.notice import Notice
from trading.registration.catalogue import load
from trading.registration.project import Project
from trading.registration.stage import Stage, stage

CHUNK = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One trade on the board; instants are aware. `title` is its last notice's."""

    project: UUID
    code: str
    name: str
    category: str
    region: str
    title: str
    published: datetime
    deadline: datetime
    stage: Stage


def search(
    session: Session, now: datetime, text: str = "", wanted: Stage | None = None
) -> Iterator[Entry]:
    """Give the trades whose name or code holds `text` and that stand at `wanted`, newest first.

    Lazily: take what a page shows.
    """
    query = _binding()
    if words := text.replace("\0", "").strip():
        query = query.where(
            or_(
                Project.name.icontains(words, autoescape=True),
                Project.code.icontains(words, autoescape=True),
            )
        )
    ordered = query.order_by(Notice.published_at.desc(), Project.id)
    for entry in _entries(session, ordered, now):
        if wanted in {None, entry.stage}:
            yield entry


def openings_between(
    session: Session, now: datetime, start: datetime, end: datetime
) -> list[Entry]:
    """Return the trades whose bids are due in a span, by time."""
    deadline = func.coalesce(TenderDocument.deadline, Notice.deadline)
    query = _binding().where(deadline >= start, deadline < end).order_by(deadline, Project.id)
    return list(_entries(session, query, now))


def next_opening(session: Session, now: datetime) -> Entry | None:
    """Return the trade whose bids are due next, if any."""
    deadline = func.coalesce(TenderDocument.deadline, Notice.deadline)
    query = _binding().where(deadline >= now).order_by(deadline, Project.id).limit(1)
    return next(_entries(session, query, now), None)


def rehearsals(session: Session, now: datetime) -> list[Entry]:
    """Return the rehearsals that take bids now, the nearest deadline first."""
    deadline = func.coalesce(TenderDocument.deadline, Notice.deadline)
    query = _announced().where(Project.category.in_(load().rehearsed()), deadline >= now)
    return list(_entries(session, query.order_by(deadline, Project.id), now))


def find(session: Session, name: str) -> UUID | None:
    """Return the trade with this id or project code, or None: registration is public at once."""
    if (wanted := _uuid(name)) is not None:
        return session.scalar(select(Project.id).where(Project.id == wanted))
    if not name.isprintable():  # no code holds such characters; PostgreSQL refuses one of them
        return None
    return session.scalar(select(Project.id).where(Project.code == name))


def entry(session: Session, project: UUID, now: datetime) -> Entry | None:
    """Return one trade's entry, or None before its first notice."""
    return next(_entries(session, _announced().where(Project.id == project), now), None)


def stages(session: Session, projects: Collection[UUID], now: datetime) -> dict[UUID, Stage]:
    """Return where those of these trades stand that were announced."""
    query = _announced().where(Project.id.in_(projects))
    return {each.project: each.stage for each in _entries(session, query, now)}


def is_empty(session: Session) -> bool:
    """Tell whether no trade was ever registered here."""
    return session.scalar(select(Project.id).limit(1)) is None


def _binding() -> Select[Project, Notice, datetime]:
    """Select the announced trades: rehearsals are none."""
    return _announced().where(Project.category.in_(load().binding()))


def _announced() -> Select[Project, Notice, datetime]:
    """Select each announced project with its last notice and the deadline that holds."""
    last = (
        select(Notice.project, func.max(Notice.number).label("number"))
        .group_by(Notice.project)
        .subquery()
    )
    return (
        select(Project, Notice, func.coalesce(TenderDocument.deadline, Notice.deadline))
        .join(last, last.c.project == Project.id)
        .join(Notice, (Notice.project == Project.id) & (Notice.number == last.c.number))
        .outerjoin(TenderDocument, TenderDocument.project == Project.id)
    )


def _entries(
    session: Session, query: Select[Project, Notice, datetime], now: datetime
) -> Iterator[Entry]:
    rows = session.execute(query.execution_options(yield_per=CHUNK))
    while chunk := list(islice(rows, CHUNK)):
        stages = _stages(session, [(row[0].id, row[2]) for row in chunk], now)
        for project, notice, deadline in chunk:
            yield Entry(
                project.id, project.code, project.name, project.category, project.region,
                notice.title, notice.published_at, deadline, stages[project.id],
            )  # fmt: skip


def _stages(
    session: Session, due: Sequence[tuple[UUID, datetime]], now: datetime
) -> dict[UUID, Stage]:
    facts: dict[UUID, list[Fact]] = {project: [] for project, _ in due}
    for project, action, at in milestones(session, list(facts)):
        facts[project].append(Fact(action, at, frozenset()))
    return {project: _stage(facts[project], deadline, now) for project, deadline in due}


def _stage(facts: list[Fact], deadline: datetime, now: datetime) -> Stage:
    """What is on record has happened, by however little a demo's clock lags behind its records."""
    return stage(facts, deadline, max([now, *(fact.at for fact in facts)]))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
