"""Due work: heavy jobs outside of any act (papers, archives, mail), each a row until it is done.

What is wanted is derived from the record and written down here, once a job. A message to a worker
carries the row's id and nothing else: one that is lost costs a delay. A worker holds a lock while
it works (monitor/work/lead.py), so that of a worker killed at once nothing is left behind, and a
job begun twice is done once. Moments here are the wall's, not the platform's: a demo's time may
stand still while a mail server is away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Base
from monitor.refusal import Conflict, NotFound, TooEarly
from monitor.role import Role

STUCK = 3
"""A job that was begun this often and is not done is shown as stuck."""
LONGEST_ERROR = 300
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(hours=1)


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"


class DueWork(Base):
    """One job: what kind, of what (`key`), how often begun, when next, and what went wrong last.

    Operational: no business row, so it stands under no change trigger; who writes it is recorded.
    `sealed`: to show it would tell before CLOSE that somebody withdrew (招标投标法 22).
    """

    __tablename__ = "due_work"
    __table_args__ = (
        UniqueConstraint("kind", "key"),
        CheckConstraint("state IN ('waiting','taken','done')", name="state"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    key: Mapped[str]
    project: Mapped[UUID | None]
    sealed: Mapped[bool]
    state: Mapped[str]
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    planned_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A job that the record asks for; kind and key name it for ever."""

    kind: str
    key: str
    project: UUID | None = None
    sealed: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A job in a worker's hands."""

    id: UUID
    kind: str
    key: str
    project: UUID | None
    attempt: int


def pause(attempts: int) -> timedelta:
    """Return how long a job rests after it was begun for the n-th time."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << 2 * min(max(attempts, 1) - 1, 10)))


@action("work.plan", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def plan(act: Act, *, wanted: tuple[Wanted, ...], wall: datetime) -> int:
    """Write down the jobs that are not there yet; return how many. One that is there stays."""
    added = act.session.execute(
        insert(DueWork)
        .values([_row(each, wall) for each in wanted])
        .on_conflict_do_nothing(constraint="due_work_kind_key_key")
        .returning(DueWork.id)
    ).all()
    act.require(added, Conflict("没有新任务 / every one of these jobs is planned already"))
    act.note(count=len(added))
    return len(added)


def _row(wanted: Wanted, wall: datetime) -> dict[str, object]:
    return {
        "id": secret_id(), "kind": wanted.kind, "key": wanted.key, "project": wanted.project,
        "sealed": wanted.sealed, "state": State.WAITING.value, "attempts": 0, "next_at": wall,
        "planned_at": wall, "done_at": None, "last_error": None,
    }  # fmt: skip


@action("work.claim", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def claim(act: Act, *, work: UUID, wall: datetime) -> Job:
    """Take a job into one's hands; it is not due again before its pause is over.

    Raises NotFound when it is done or another is writing it, TooEarly before its moment.
    """
    row = _locked(act, work)
    act.require(row.next_at <= wall, TooEarly("任务未到重试时间 / the job rests", field="work"))
    row.state, row.attempts = State.TAKEN.value, row.attempts + 1
    row.next_at = wall + pause(row.attempts)
    act.note(subject=str(row.id), attempt=row.attempts)
    return Job(row.id, row.kind, row.key, row.project, row.attempts)


@action("work.finish", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def finish(act: Act, *, work: UUID, wall: datetime) -> None:
    """Mark a job done. Raises NotFound when it is done already."""
    row = _locked(act, work)
    row.state, row.done_at, row.last_error = State.DONE.value, wall, None
    act.note(subject=str(row.id), attempts=row.attempts)


@action("work.fail", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def fail(act: Act, *, work: UUID, error: str) -> None:
    """Say why a job was not done this time; it comes again by itself. Raises NotFound."""
    row = _locked(act, work)
    row.state, row.last_error = State.WAITING.value, error[:LONGEST_ERROR]
    act.note(subject=str(row.id), attempt=row.attempts)


def _locked(act: Act, work: UUID) -> DueWork:
    row = act.session.scalar(
        select(DueWork)
        .where(DueWork.id == work, DueWork.state != State.DONE.value)
        .with_for_update(skip_locked=True)
    )
    if row is None:
        raise NotFound("没有待办的任务 / no such job is open", field="work")
    return row


def missing(session: Session, wanted: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Return those of the wanted jobs that are not written down yet."""
    kinds = {each.kind for each in wanted}
    keys = {each.key for each in wanted}
    rows = session.execute(
        select(DueWork.kind, DueWork.key).where(DueWork.kind.in_(kinds), DueWork.key.in_(keys))
    )
    known = {(row.kind, row.key) for row in rows}
    return tuple(each for each in wanted if (each.kind, each.key) not in known)


def is_done(session: Session, wanted: Wanted) -> bool:
    """Tell whether a job is written down and done."""
    query = select(DueWork.state).where(DueWork.kind == wanted.kind, DueWork.key == wanted.key)
    return session.scalar(query) == State.DONE


def ready(session: Session, wall: datetime, most: int) -> list[UUID]:
    """Return the jobs that may be begun now, those that wait longest first."""
    return list(
        session.scalars(
            select(DueWork.id)
            .where(DueWork.state != State.DONE.value, DueWork.next_at <= wall)
            .order_by(DueWork.next_at, DueWork.id)
            .limit(most)
        )
    )


def is_ready(session: Session, work: UUID, wall: datetime) -> bool:
    """Tell whether a job may be begun now: asked before a claim, which would leave a record."""
    row = session.get(DueWork, work)
    return row is not None and row.state != State.DONE and row.next_at <= wall


def stuck_work(session: Session) -> list[DueWork]:
    """Return the jobs that were begun several times and are not done, worst first."""
    return list(
        session.scalars(
            select(DueWork)
            .where(DueWork.state != State.DONE.value, DueWork.attempts >= STUCK)
            .where(DueWork.sealed.is_(False))
            .order_by(DueWork.attempts.desc(), DueWork.planned_at)
        )
    )


def open_work(session: Session, most: int = 100) -> list[DueWork]:
    """Return the jobs that are not done, oldest first; sealed ones are not shown."""
    return list(
        session.scalars(
            select(DueWork)
            .where(DueWork.state != State.DONE.value, DueWork.sealed.is_(False))
            .order_by(DueWork.planned_at, DueWork.id)
            .limit(most)
        )
    )


def tally(session: Session) -> dict[str, int]:
    """Return how many jobs stand in each state; sealed ones are not counted."""
    rows = session.execute(
        select(DueWork.state, func.count()).where(DueWork.sealed.is_(False)).group_by(DueWork.state)
    )
    return {state.value: 0 for state in State} | {row[0]: row[1] for row in rows}
