"""Steps: what is to be done by whom, when it may be done, and how it stands (pure)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from monitor.law.limit import reckon
from monitor.law.rule import Bound, Enforcement, Rule
from monitor.role import Role
from trading.desk.docket import Lot
from webui.course.fact import Act, Facts


class Service(StrEnum):
    """The eight services 八统, and the two acts of the market that stand between them."""

    REGISTRATION = "registration"  # 交易受理登记
    NOTICE = "notice"  # 信息发布咨询
    VENUE = "venue"  # 时间场地安排
    DRAW = "draw"  # 专家中介抽取
    OPENING = "opening"
    EVALUATION = "evaluation"
    AWARD = "award"  # 发放中标通知
    FEE = "fee"  # 费用收取退付
    ARCHIVE = "archive"  # 资料保存
    MONITOR = "monitor"  # 电子监察监控


class State(StrEnum):
    """How a step stands for whoever looks."""

    DONE = "done"
    NOW = "now"  # mine, and it may be done
    LATE = "late"  # mine, and its limit has passed
    WAIT = "wait"  # another's
    LATER = "later"  # not before something else
    STOP = "stop"  # not any more


@dataclass(frozen=True, slots=True)
class Bar:
    """Why a step cannot be done now: a catalogue key with its values; when it may be, if known."""

    why: str
    values: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None
    ends: bool = False


Gate = Callable[[Facts, Lot], Bar | None]
Found = Callable[[Facts, Lot], Act | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `deed` is the action that does it, `page` an address where it is done instead.

    `optional` steps wait for nobody; `when` tells whether the trade has the step at all.
    """

    key: str
    service: Service
    who: frozenset[Role]
    gate: Gate
    done: Found
    deed: str = ""
    page: str = ""
    each_lot: bool = False
    optional: bool = False
    when: Callable[[Facts, Lot], bool] = lambda _facts, _lot: True
    limits: tuple[str, ...] = ()
    """Further acts whose limits are this step's: what its rules lead to, if not `deed`."""


@dataclass(frozen=True, slots=True)
class Item:
    """A step as it stands: `done` its act, `bar` what it waits for, `due` its limit and rule."""

    step: Step
    lot: Lot | None
    state: State
    done: Act | None = None
    bar: Bar | None = None
    due: datetime | None = None
    rule: str = ""

    @property
    def is_mine(self) -> bool:
        """Whether it is the viewer's to do now."""
        return self.state in {State.NOW, State.LATE}

    def href(self, project: UUID) -> str:
        """Return where it is done."""
        section = f"&section={self.lot.id}" if self.lot else ""
        if self.step.page:
            return self.step.page.format(project=project, section=self.lot.id if self.lot else "")
        return f"/act/{self.step.deed}?project={project}{section}"


def stand(step: Step, facts: Facts, lot: Lot, role: Role) -> Item:
    """Return how a step stands for somebody of that role."""
    shown = lot if step.each_lot and len(facts.matter.lots) > 1 else None
    done = step.done(facts, lot)
    if done is not None:
        return Item(step, shown, State.DONE, done)
    bar = step.gate(facts, lot) or _too_early(step, facts, lot)
    if bar is not None:
        return Item(step, shown, State.STOP if bar.ends else State.LATER, bar=bar)
    due, rule = _limit(step, facts, lot)
    if role not in step.who:
        return Item(step, shown, State.WAIT, due=due, rule=rule)
    late = due is not None and facts.now > due
    return Item(step, shown, State.LATE if late else State.NOW, due=due, rule=rule)


def _too_early(step: Step, facts: Facts, lot: Lot) -> Bar | None:
    """Return the limit of law before which the act would be refused."""
    for rule, begun in _rules(step, facts, lot, Bound.AT_LEAST):
        at = reckon(rule, begun.at).at
        if rule.enforcement is Enforcement.BLOCK and facts.now < at:
            return Bar("bar.law", {"rule": rule.id}, at)
    return None


def _limit(step: Step, facts: Facts, lot: Lot) -> tuple[datetime | None, str]:
    """Return the nearest limit of law until which it is to be done, with its rule."""
    found = [
        (reckon(rule, begun.at).at, rule.id)
        for rule, begun in _rules(step, facts, lot, Bound.AT_MOST)
        if rule.enforcement is Enforcement.WARN
    ]
    found += [
        (due.limit, due.rule)
        for due in facts.dues
        if due.open and {step.deed, *step.limits} & {due.to_action, *due.closed_by}
    ]
    return min(found, default=(None, ""), key=lambda each: each[0] or facts.now)


def _rules(step: Step, facts: Facts, lot: Lot, bound: Bound) -> list[tuple[Rule, Act]]:
    acts = {step.deed, *step.limits} - {""}
    found = []
    for rule in facts.rules:
        if rule.bound is bound and rule.is_time and rule.to_action in acts:
            begun = facts.last(rule.from_action, lot)
            if begun is not None and rule.from_action != rule.to_action:
                found.append((rule, begun))
    return found
