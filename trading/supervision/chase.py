"""Chasing 催办: early warning, prompt, report, by the promised limit; and by hand.

The yellow and the red card keep to the law and have messages of their own: where nothing shorter is
promised they are the early warning and the prompt. A duty that is sealed before CLOSE is not chased
before it; what is owed on a complaint never is, for the centre sees a chase: it has its cards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.law.duty import INSTANT
from monitor.law.escalation import Level, Owed, Turns, load
from monitor.law.fact import COMPLAINT
from monitor.law.rule import Rule
from monitor.law.rule import load as load_rules
from monitor.law.watch import ENDED, DutyRow, duties
from monitor.record.act import Act
from monitor.record.action import Action, Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotFound, WrongStage
from monitor.role import Role
from monitor.work.errand import Errand
from trading.notice.moment import is_closed, required_project
from trading.supervision.promise import Promises, promises
from trading.supervision.wording import worded

MAX_TEXT = 1_000


class Chase(Recorded):
    """One chase of a duty: at a level by the platform, or by hand with words of its own."""

    __tablename__ = "chase"
    __table_args__ = (
        UniqueConstraint("duty", "level"),
        CheckConstraint("level IN (1, 2, 3)", name="level"),
        CheckConstraint("(level IS NULL) = (text IS NOT NULL)", name="text"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    duty: Mapped[UUID] = mapped_column(ForeignKey("duty.id"))
    level: Mapped[int | None]
    """None for a chase by hand."""
    org: Mapped[UUID]
    text: Mapped[str | None]
    chased_at: Mapped[datetime]


@action("chase.warn", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def warn(act: Act, *, duty: UUID) -> None:
    """Warn of a step whose promised limit comes. Raises NotFound, WrongStage, Conflict."""
    _raise(act, duty, Level.WARN)


@action("chase.prompt", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def prompt(act: Act, *, duty: UUID) -> None:
    """Prompt a step whose promised limit has passed. Raises NotFound, WrongStage, Conflict."""
    _raise(act, duty, Level.PROMPT)


@action("chase.report", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def report(act: Act, *, duty: UUID) -> None:
    """Report what is long overdue. Raises NotFound, WrongStage before its time, Conflict."""
    _raise(act, duty, Level.REPORT)


@action("chase.send", by=(Role.DEPARTMENT, Role.CENTRE), visibility=Visibility.SECRET)
def send(act: Act, *, duty: UUID, text: str) -> None:
    """Chase what is owed by hand, with words. Raises NotFound, WrongStage, Invalid."""
    row = _found(act, duty)
    _write(act, row, None, worded("text", text, MAX_TEXT))


def chases_due(session: Session, project: UUID, now: datetime) -> list[Errand]:
    """Return the chases of a trade that are due and not written down."""
    known = {(row.duty, row.level) for row in _chases(session, project)}
    promised = promises(session, [project])
    return [
        Errand(act, project, {"duty": row.id})
        for row in _open_duties(session, project)
        for level in [level_of(row, promised, now)]
        for act in [_by_itself(row, level, promised, now)]
        if act is not None and (row.id, level) not in known
    ]


def _by_itself(
    row: DutyRow, level: Level, promised: Promises, now: datetime
) -> Action[..., None] | None:
    """Return what the platform chases with at a level, unless a card says the same already."""
    if level is Level.WARN:
        return warn if now < row.yellow_at else None
    if level is Level.PROMPT:
        return prompt if turns_of(row, promised).prompted < row.limit_at else None
    return report if level is Level.REPORT else None


def next_chase(session: Session, project: UUID, now: datetime) -> Iterator[datetime]:
    """Give the moments to come at which a duty of a trade is chased."""
    promised = promises(session, [project])
    for row in _open_duties(session, project):
        turns = turns_of(row, promised)
        for moment in (turns.warned, turns.prompted + INSTANT, turns.reported):
            if moment > now:
                yield moment


def level_of(row: DutyRow, promised: Promises, now: datetime) -> Level:
    """Return how far a duty has escalated; one that has ended has not."""
    if row.state in ENDED or row.rule not in _rules():
        return Level.NONE
    return turns_of(row, promised).level(now)


def turns_of(row: DutyRow, promised: Promises) -> Turns:
    """Return when a duty escalates, by what is promised for it."""
    return load().turns(owed_of(row, promised))


def owed_of(row: DutyRow, promised: Promises) -> Owed:
    """Return a duty as what escalates."""
    rule = _rules()[row.rule]
    number = promised.number(rule, row.project, row.opened_at)
    return Owed(rule, row.opened_at, row.yellow_at, row.limit_at, number)


def chased(session: Session, projects: Iterable[UUID]) -> dict[UUID, int]:
    """Return how often each duty of these trades was chased."""
    rows = session.scalars(select(Chase.duty).where(Chase.project.in_(list(projects))))
    return Counter(rows)


@cache
def _rules() -> Mapping[str, Rule]:
    return {rule.id: rule for rule in load_rules()}


def _open_duties(session: Session, project: UUID) -> list[DutyRow]:
    closed = is_closed(session, project)
    known = _rules()
    return [
        row
        for row in duties(session, project)
        if row.state not in ENDED and row.rule in known
        if (closed or not known[row.rule].sealed) and known[row.rule].per != COMPLAINT
    ]


def _chases(session: Session, project: UUID) -> list[Chase]:
    return list(session.scalars(select(Chase).where(Chase.project == project)))


def _found(act: Act, duty: UUID) -> DutyRow:
    project = required_project(act.project)
    for row in _open_duties(act.session, project):
        if row.id == duty:
            return row
    raise NotFound("没有此项未办结的职责 / no such duty that is still owed", field="duty")


def _raise(act: Act, duty: UUID, level: Level) -> None:
    row = _found(act, duty)
    act.require(_level(act, row) >= level, WrongStage("未到催办时间 / not due to be chased yet"))
    act.on_conflict("chase_duty_level_key", lambda _: Conflict("已催办 / chased already"))
    _write(act, row, level, None)


def _level(act: Act, row: DutyRow) -> Level:
    return level_of(row, promises(act.session, [row.project]), act.now)


def _write(act: Act, row: DutyRow, level: Level | None, text: str | None) -> None:
    chase = Chase(
        id=new_id(act.now), project=row.project, duty=row.id,
        level=int(level) if level else None, org=act.actor.org, text=text, chased_at=act.now,
    )  # fmt: skip
    act.session.add(chase)
    act.note(
        subject=str(row.id), rule=row.rule, owed=row.subject,
        who=_rules()[row.rule].who, level=int(_level(act, row)),
        limit=time_text(row.limit_at), text=text or "",
    )  # fmt: skip
