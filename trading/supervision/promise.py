"""Promised limits 承诺时限: set by the centre for every trade, by a tenderee for its own.

A promise is public and holds for what begins after it: no duty that runs gets another limit by it.
What nobody has set is as it ships (monitor/law/escalation.toml).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.duty import is_owed
from monitor.law.escalation import load as load_plan
from monitor.law.rule import ALL, Rule
from monitor.law.rule import load as load_rules
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotAllowed
from monitor.role import Role
from trading.registration.project import found_project

OWN = ("owner", "agency")
"""Whose duties a tenderee promises for: its own, and what its agency does for it."""
OURS = (*OWN, "centre", "finance")
"""Whose duties are promised for at all: nobody promises for a department."""


class PromisedLimit(Recorded):
    """One promise: a rule's limit, in the rule's unit, since when; `project` is empty for all."""

    __tablename__ = "promised_limit"
    __table_args__ = (CheckConstraint("number > 0", name="number"),)
    project: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"), index=True)
    rule: Mapped[str]
    number: Mapped[int]
    org: Mapped[UUID]
    since: Mapped[datetime]


@action("promise.set", by=(Role.CENTRE,), standing=False)
def set_limit(act: Act, *, rule: str, number: int) -> UUID:
    """Promise a limit for a step of every trade to come; return the promise's id. Raises Invalid.

    number: in the rule's unit; the law's own number takes an earlier promise back.
    """
    return _written(act, None, _promisable("rule", rule), number)


@action("promise.give", by=(Role.TENDEREE,))
def give(act: Act, *, rule: str, number: int) -> UUID:
    """Promise a limit for a step of one's own trade; return the promise's id.

    Raises Invalid, NotAllowed for what another owes.
    """
    project, found = found_project(act.session, act.project), _promisable("rule", rule)
    act.require(
        found.who in OWN and found.category in (ALL, project.category),
        NotAllowed("不是招标人在本项目的事项 / not an owner's to promise here", field="rule"),
    )
    return _written(act, project.id, found, number)


@dataclass(frozen=True, slots=True)
class Promises:
    """What is promised in some trades, oldest first."""

    rows: Sequence[PromisedLimit]

    def number(self, rule: Rule, project: UUID | None, opened: datetime) -> int | None:
        """Return what was promised when a step began, the trade's own before all trades'.

        In the rule's unit; None where nothing shorter than the law is promised.
        """
        held = [row for row in self.rows if row.rule == rule.id and row.since <= opened]
        own = [row.number for row in held if project is not None and row.project == project]
        all_ = [row.number for row in held if row.project is None]
        shipped = load_plan().promises.get(rule.id, rule.number)
        found = [shipped, *all_, *own][-1]
        return found if found < rule.number else None


def promises(session: Session, projects: Iterable[UUID] = ()) -> Promises:
    """Return what is promised for all trades, and in these."""
    rows = session.scalars(
        select(PromisedLimit)
        .where(or_(PromisedLimit.project.is_(None), PromisedLimit.project.in_(list(projects))))
        .order_by(PromisedLimit.since, PromisedLimit.id)
    )
    return Promises(list(rows))


def promisable(category: str = "") -> list[Rule]:
    """Return the steps that limits are promised for: of all categories, or of one trade's."""
    return [
        rule
        for rule in load_rules()
        if is_owed(rule) and rule.who in OURS and (not category or rule.category in (ALL, category))
    ]


def _promisable(field: str, name: str) -> Rule:
    for rule in promisable():
        if rule.id == name:
            return rule
    raise Invalid(field, "不是可承诺时限的事项 / not a step whose limit is promised")


def _written(act: Act, project: UUID | None, rule: Rule, number: int) -> UUID:
    act.require(
        0 < number <= rule.number,
        Invalid("number", f"应为1至{rule.number} / must be 1 to {rule.number}", rule=rule.id),
    )
    row = PromisedLimit(
        id=new_id(act.now), project=project, rule=rule.id, number=number, org=act.actor.org,
        since=act.now,
    )  # fmt: skip
    act.session.add(row)
    act.note(subject=str(row.id), rule=rule.id, number=number, legal=rule.number, unit=rule.unit)
    act.used_rule(rule.id, load_rules().version)
    return row.id
