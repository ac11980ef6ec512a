"""Escalation of what is owed: 提前预警 (1), 督办提示 (2), 超时通报 (3), by the limit promised.

What is promised (承诺时限) is shorter than the law's limit, and the shorter of the two drives all
three levels; without a promise the law's limit does. Pure: instants in, levels and moments out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from functools import cache
from pathlib import Path

from monitor.law.limit import reckon
from monitor.law.rule import Rule, RulesInvalid
from monitor.law.rule import load as load_rules
from monitor.law.workday import load as load_calendar
from monitor.law.workday import local_date, midnight

PLAN = Path(__file__).with_name("escalation.toml")


class Level(IntEnum):
    """How far something owed has escalated."""

    NONE = 0
    WARN = 1
    PROMPT = 2
    REPORT = 3


@dataclass(frozen=True, slots=True)
class Owed:
    """What escalates: the rule, when it began, its yellow card, its legal limit, what is promised.

    number: of the promise, in the rule's own unit; None where nothing shorter is promised.
    """

    rule: Rule
    opened: datetime
    yellow: datetime
    limit: datetime
    number: int | None = None

    @property
    def promised(self) -> datetime | None:
        """The instant (UTC) by which it is promised; what the law's limit stood still, it does."""
        if self.number is None:
            return None
        stood_still = self.limit - reckon(self.rule, self.opened).at
        return reckon(replace(self.rule, number=self.number), self.opened).at + stood_still


@dataclass(frozen=True, slots=True)
class Turns:
    """From when on something owed is warned of, prompted and reported."""

    warned: datetime
    prompted: datetime
    reported: datetime

    def level(self, now: datetime) -> Level:
        """Return how far what is still owed has escalated."""
        if now >= self.reported:
            return Level.REPORT
        if now > self.prompted:
            return Level.PROMPT
        return Level.WARN if now >= self.warned else Level.NONE


@dataclass(frozen=True, slots=True)
class Plan:
    """Shipped promises by rule, in its unit; working days until what is late is reported."""

    promises: Mapping[str, int]
    report: int

    def turns(self, owed: Owed) -> Turns:
        """Return when it escalates.

        The early warning comes as long before the promise's end as the yellow card before the
        law's, in proportion; the report at the law's limit at the latest.
        """
        end = owed.promised
        if end is None:
            return Turns(owed.yellow, owed.limit, self._later(owed.limit))
        ahead = (end - owed.opened) * owed.rule.warn_before / owed.rule.number
        warned = min(max(end - ahead, owed.opened), owed.yellow)
        return Turns(warned, end, max(end, min(self._later(end), owed.limit)))

    def _later(self, end: datetime) -> datetime:
        return midnight(load_calendar().add_working_days(local_date(end), self.report).day)


def require_promise(rule: Rule, number: int) -> None:
    """Raise RulesInvalid for a promise of no time limit, or above the law's."""
    if not (rule.is_time and 0 < number <= rule.number):
        raise RulesInvalid(f"promise: {rule.id} must be 1 to {rule.number}")


@cache
def load(path: Path = PLAN) -> Plan:
    """Read the plan; raises RulesInvalid for an unknown rule or a promise above the law."""
    raw = tomllib.loads(path.read_text("utf-8"))
    rules = load_rules()
    for name, number in raw["promise"].items():
        try:
            rule = rules[name]
        except KeyError as unknown:
            raise RulesInvalid(f"promise: no rule {name}") from unknown
        require_promise(rule, number)
    return Plan(raw["promise"], int(raw["report"]))
