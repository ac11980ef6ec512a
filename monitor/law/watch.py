"""The watch: opens duties, warns before their limit (yellow), marks the breach (red), closes them.

It knows only what an inspector may see: a secret act opens its duty when it is disclosed, with the
date that it had. Running it late, twice or on two machines ends in the same rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.duty import Duty as Owed
from monitor.law.duty import Fact, State, Trade, watch
from monitor.law.rule import Rules
from monitor.record.act import Act
from monitor.record.action import Action, Visibility, action
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.record.identity import new_id
from monitor.record.platform import Platform
from monitor.record.table import Recorded
from monitor.refusal import Conflict, WrongStage
from monitor.role import SYSTEM, Role

INSPECTOR = Viewer(Audience.INSPECTOR)
SUBJECTS = ("section", "deposit", "objection", "question", "complaint")
"""Facts of a record that name a thing which can owe a duty of its own."""


class Duty(Recorded):
    """One thing owed in one trade under one rule, and the last card shown for it."""

    __tablename__ = "duty"
    __table_args__ = (UniqueConstraint("project", "rule", "subject", "opened"),)
    project: Mapped[UUID] = mapped_column(index=True)
    rule: Mapped[str]
    subject: Mapped[str]
    opened: Mapped[datetime]
    yellow: Mapped[datetime]
    due: Mapped[datetime]
    state: Mapped[str]


LATER = {
    State.OPEN: set(State) - {State.OPEN},
    State.DUE_SOON: {State.BREACHED, State.CLOSED, State.CLOSED_LATE, State.LIFTED},
    State.BREACHED: {State.CLOSED_LATE, State.LIFTED},
}
"""What a duty may turn into; a red card is never taken back by the watch."""


@action("duty.open", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def open_duty(act: Act, *, owed: Owed, version: str) -> UUID:
    """Write down that something is owed; raises Conflict when it already is."""
    if act.project is None:
        raise WrongStage("责任事项须属于一个项目 / a duty belongs to a project")
    row = Duty(
        id=new_id(act.now),
        project=act.project,
        rule=owed.rule.id,
        subject=owed.subject,
        opened=owed.opened,
        yellow=owed.yellow,
        due=owed.limit.at,
        state=State.OPEN.value,
    )
    act.on_conflict(
        "duty_project_rule_subject_opened_key",
        lambda _: Conflict("该事项已登记 / this duty is already open"),
    )
    act.session.add(row)
    act.used_rule(owed.rule.id, version)
    act.note(
        subject=owed.subject,
        rule=owed.rule.id,
        due=owed.limit.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    return row.id


def _turn(act: Act, duty: UUID, state: State) -> None:
    row = act.session.get_one(Duty, duty)
    act.require(
        state in LATER.get(State(row.state), set()),
        WrongStage(f"{row.state} 不能变为 {state} / cannot become that"),
    )
    row.state = state.value
    act.note(subject=row.subject, rule=row.rule, state=state.value, duty=str(duty))


@action("duty.warn", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def warn(act: Act, *, duty: UUID) -> None:
    """Show the yellow card: the limit is near."""
    _turn(act, duty, State.DUE_SOON)


@action("duty.breach", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def breach(act: Act, *, duty: UUID) -> None:
    """Show the red card: the limit has passed."""
    _turn(act, duty, State.BREACHED)


@action("duty.close", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def close(act: Act, *, duty: UUID, state: State) -> None:
    """Close the duty: done in time, done late, or lifted by law."""
    _turn(act, duty, state)


CARDS: dict[State, Action[..., None]] = {State.DUE_SOON: warn, State.BREACHED: breach}


def look(platform: Platform, project: UUID, trade: Trade, rules: Rules) -> list[Duty]:
    """Bring the duties of a trade up to now; return those that turned, as they now stand."""
    with platform.read() as session:
        facts = list(facts_of(session, project))
        known = {
            (row.rule, row.subject, row.opened): (row.id, State(row.state))
            for row in session.scalars(select(Duty).where(Duty.project == project))
        }
    turned = []
    for owed in watch(rules, trade, facts, platform.clock.now()):
        key = (owed.rule.id, owed.subject, owed.opened)
        row, state = known.get(key, (None, State.OPEN))
        if row is None:
            row = platform.perform(open_duty, SYSTEM, project, owed=owed, version=rules.version)
            turned.append(row)
        if _bring(platform, project, row, state, owed.state):
            turned.append(row)
    with platform.read() as session:
        return list(session.scalars(select(Duty).where(Duty.id.in_(turned)).order_by(Duty.due)))


def _bring(platform: Platform, project: UUID, duty: UUID, state: State, to: State) -> bool:
    """Perform what turns a duty from one state into another, the red card before a late close."""
    if state is to:
        return False
    if to is State.CLOSED_LATE and state is not State.BREACHED:
        platform.perform(breach, SYSTEM, project, duty=duty)
    if to in CARDS:
        platform.perform(CARDS[to], SYSTEM, project, duty=duty)
    else:
        platform.perform(close, SYSTEM, project, duty=duty, state=to)
    return True


def facts_of(session: Session, project: UUID) -> Iterator[Fact]:
    """Give the done acts of a trade, as far as an inspector may know of them now."""
    for record in timeline(session, project, INSPECTOR):
        body = json.loads(record.body)
        if "done" in body["outcome"]:
            at = datetime.strptime(body["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
            yield Fact(body["action"], at, frozenset(_subjects(project, body)))


def _subjects(project: UUID, body: dict[str, Any]) -> Iterable[str]:
    yield f"project:{project}"
    if ":" in body["subject"]:
        yield body["subject"]
    for kind in SUBJECTS:
        if isinstance(body["facts"].get(kind), str):
            yield f"{kind}:{body['facts'][kind]}"
