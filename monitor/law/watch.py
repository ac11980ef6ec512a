"""The watch: duties written down as they open, turn yellow, turn red and end, each by a record.

`monitor.law.duty` says how a duty stands; here that is compared with what is on record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.law.duty import Duty, State, Trade, watch
from monitor.law.fact import COMPLAINT, facts_of
from monitor.law.rule import Rule, load
from monitor.record.act import Act
from monitor.record.action import Action, Visibility, action
from monitor.record.disclosure import Viewer, timeline
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotFound, WrongStage
from monitor.role import Role

ENDED = frozenset({State.CLOSED, State.CLOSED_LATE, State.LIFTED})
CARDS = {
    "open": frozenset(State),
    "warn": frozenset({State.DUE_SOON, State.BREACHED}),
    "breach": frozenset({State.BREACHED}),
    "close": ENDED,
    "recount": frozenset(State),
}
"""In which states of the duty each card may be shown."""


class DutyRow(Recorded):
    """One duty as recorded; its instants are those that the rule gave when last counted."""

    __tablename__ = "duty"
    __table_args__ = (
        UniqueConstraint("project", "rule", "subject", "opened_at"),
        CheckConstraint(
            "state IN ('open','due_soon','breached','closed','closed_late','lifted')", name="state"
        ),
    )
    project: Mapped[UUID] = mapped_column(index=True)
    rule: Mapped[str]
    rule_version: Mapped[str]
    subject: Mapped[str]
    state: Mapped[str]
    provisional: Mapped[bool]
    opened_at: Mapped[datetime]
    yellow_at: Mapped[datetime]
    limit_at: Mapped[datetime]
    warned_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True, slots=True)
class Owed:
    """What names a duty: the trade, the rule, the thing ("kind:id") and when it began."""

    trade: Trade
    rule: str
    subject: str
    opened: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A card that is due to be recorded: perform `action` as SYSTEM with `owed`."""

    action: Action[Any, None]
    owed: Owed


def standing_duties(session: Session, project: UUID, trade: Trade, now: datetime) -> list[Duty]:
    """Return every duty of the project as the law sees it now."""
    return watch(load(), trade, facts_of(session, project), now)


def duties_shown(session: Session, project: UUID, viewer: Viewer) -> list[DutyRow]:
    """Return the duties whose opening this viewer may see now; a page shows these and no others.

    A sealed one would tell before CLOSE that somebody withdrew (招标投标法 22).
    """
    seen = {
        record.facts["subject"]
        for record in timeline(session, project, viewer)
        if record.facts["action"] in OPENED
    }
    return [row for row in duties(session, project) if str(row.id) in seen]


def duties(session: Session, project: UUID) -> list[DutyRow]:
    """Return all duties of the project as recorded, soonest limit first: for the watch itself."""
    return list(
        session.scalars(
            select(DutyRow)
            .where(DutyRow.project == project)
            .order_by(DutyRow.limit_at, DutyRow.rule, DutyRow.subject)
        )
    )


def steps(session: Session, project: UUID, trade: Trade, now: datetime) -> list[Step]:
    """Return the cards that are due and not yet recorded, in the order to perform them."""
    return cards(session, project, trade, standing_duties(session, project, trade, now))


def cards(session: Session, project: UUID, trade: Trade, standing: list[Duty]) -> list[Step]:
    """Return the cards that these duties, as the law sees them now, make due."""
    rows = {(row.rule, row.subject, row.opened_at): row for row in duties(session, project)}
    return [
        Step(_card(duty.rule, verb), Owed(trade, duty.rule.id, duty.subject, duty.opened))
        for duty in standing
        for verb in _due(duty, rows.get((duty.rule.id, duty.subject, duty.opened)))
    ]


def _due(duty: Duty, row: DutyRow | None) -> Iterator[str]:
    if row is None:
        yield "open"
    elif _counts_otherwise(row, duty):
        yield "recount"
    if duty.state in CARDS["warn"] and (row is None or row.warned_at is None):
        yield "warn"
    if duty.state is State.BREACHED and (row is None or row.breached_at is None):
        yield "breach"
    if duty.state in ENDED and (row is None or row.ended_at is None):
        yield "close"


def _counts_otherwise(row: DutyRow, duty: Duty) -> bool:
    """Tell whether the law now gives other instants: a pause, or a year that was published since.

    One that has ended is only counted again when its calendar has become certain.
    """
    if row.ended_at is not None:
        return row.provisional and not duty.limit.provisional
    now = (duty.yellow, duty.limit.at, duty.limit.provisional)
    return (row.yellow_at, row.limit_at, row.provisional) != now


def _card(rule: Rule, verb: str) -> Action[Any, None]:
    if rule.per == COMPLAINT:
        return OF_COMPLAINT[verb]
    return (SEALED if rule.sealed else OPEN)[verb]


def _open(act: Act, *, owed: Owed) -> None:
    duty = _derived(act, owed, "open")
    act.on_conflict(
        "duty_project_rule_subject_opened_at_key",
        lambda _: Conflict("此项职责已登记 / this duty is on record already", field="subject"),
    )
    row = DutyRow(
        id=new_id(act.now), project=act.project, rule=duty.rule.id, rule_version=load().version,
        subject=duty.subject, state=State.OPEN.value, provisional=duty.limit.provisional,
        opened_at=duty.opened, yellow_at=duty.yellow, limit_at=duty.limit.at,
    )  # fmt: skip
    act.session.add(row)
    _tell(act, row, duty)


def _warn(act: Act, *, owed: Owed) -> None:
    duty, row = _found(act, owed, "warn")
    act.require(row.warned_at is None, _already("黄牌", "yellow card"))
    row.warned_at, row.state = act.now, State.DUE_SOON.value
    _tell(act, row, duty)


def _breach(act: Act, *, owed: Owed) -> None:
    duty, row = _found(act, owed, "breach")
    act.require(row.breached_at is None, _already("红牌", "red card"))
    row.breached_at, row.state = act.now, State.BREACHED.value
    _tell(act, row, duty)


def _close(act: Act, *, owed: Owed) -> None:
    duty, row = _found(act, owed, "close")
    act.require(row.ended_at is None, _already("办结", "end"))
    row.ended_at, row.state = duty.ended, duty.state.value
    _tell(act, row, duty)


def _recount(act: Act, *, owed: Owed) -> None:
    duty, row = _found(act, owed, "recount")
    act.require(_counts_otherwise(row, duty), _already("期限", "limit"))
    row.yellow_at, row.limit_at = duty.yellow, duty.limit.at
    row.provisional, row.rule_version = duty.limit.provisional, load().version
    if row.ended_at is not None or duty.state not in ENDED:
        row.state = duty.state.value
    if row.state == State.OPEN:
        row.warned_at = None
    if row.state in (State.OPEN, State.DUE_SOON):
        row.breached_at = None  # a later limit takes the card back: it is shown again when due
    _tell(act, row, duty)


def _already(chinese: str, english: str) -> Conflict:
    return Conflict(f"{chinese}已记录 / the {english} is on record already", field="subject")


def _derived(act: Act, owed: Owed, verb: str) -> Duty:
    """The duty as the law sees it at this act; nobody can have a card shown that is not due."""
    if act.project is None:
        raise NotFound("没有项目 / no project", field="project")
    key = (owed.rule, owed.subject, owed.opened)
    for duty in standing_duties(act.session, act.project, owed.trade, act.now):
        if (duty.rule.id, duty.subject, duty.opened) == key:
            if duty.state not in CARDS[verb]:
                raise WrongStage(f"此职责现为 {duty.state} / the duty is {duty.state}")
            return duty
    raise NotFound("没有此项职责 / no such duty", field="subject", rule=owed.rule)


def _found(act: Act, owed: Owed, verb: str) -> tuple[Duty, DutyRow]:
    duty = _derived(act, owed, verb)
    row = act.session.scalar(
        select(DutyRow)
        .where(DutyRow.project == act.project, DutyRow.rule == owed.rule)
        .where(DutyRow.subject == owed.subject, DutyRow.opened_at == owed.opened)
        .with_for_update()
    )
    if row is None:
        raise NotFound("此项职责尚未登记 / the duty is not on record yet", field="subject")
    return duty, row


def _tell(act: Act, row: DutyRow, duty: Duty) -> None:
    act.note(
        subject=str(row.id), rule=row.rule, owed=row.subject, who=duty.rule.who, state=row.state,
        opened=time_text(row.opened_at), limit=time_text(row.limit_at),
        provisional=row.provisional,
    )  # fmt: skip
    act.used_rule(row.rule, row.rule_version)
    kind, _, case = row.subject.partition(":")
    if kind == COMPLAINT:
        act.note(case=case)


_RUNS = {"open": _open, "warn": _warn, "breach": _breach, "close": _close, "recount": _recount}


def _declare(noun: str) -> dict[str, Action[Any, None]]:
    return {
        verb: action(f"{noun}.{verb}", by=(Role.SYSTEM,), visibility=Visibility.SECRET)(run)
        for verb, run in _RUNS.items()
    }


OPEN = _declare("duty")
SEALED = _declare("sealed_duty")
OF_COMPLAINT = _declare("complaint_duty")
OPENED = frozenset(each["open"].name for each in (OPEN, SEALED, OF_COMPLAINT))


def is_card(action: str) -> bool:
    """Tell whether an act is a card of a duty."""
    return action.partition(".")[0] in {"duty", "sealed_duty", "complaint_duty"}
