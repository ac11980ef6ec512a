"""Dates of a notice that the law allows: the earliest ones, on working hours of working days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from monitor.law.limit import reckon
from monitor.law.rule import Bound, Rule, Rules
from monitor.law.workday import ONE_DAY, SHANGHAI, Calendar, load, local_date

SUPPLY_ENDS, OPENS = time(17), time(9, 30)


@dataclass(frozen=True, slots=True)
class Dates:
    """When documents are supplied, and when bids are due; instants are aware."""

    supply_from: datetime
    supply_until: datetime
    deadline: datetime


def propose(rules: Rules, start: datetime, calendar: Calendar | None = None) -> Dates:
    """Return the earliest lawful dates of a notice whose documents are supplied from `start`."""
    supply = _after(rules.between("document.issue", "document.close"), start, SUPPLY_ENDS, calendar)
    bids = (
        *rules.between("notice.publish", "opening.close"),
        *rules.between("document.issue", "opening.close"),
    )
    deadline = _after(bids, start, OPENS, calendar)
    return Dates(start, supply, max(deadline, _later(supply, OPENS, calendar)))


def earliest_deadline(rules: Rules, before: datetime, now: datetime) -> datetime:
    """Return the earliest lawful deadline after a change that affects bids, made now."""
    limits = [
        reckon(rule, now).at for rule in rules.between("clarification.issue", "opening.close")
    ]
    return max([before, *limits])


def _after(
    rules: Iterable[Rule], start: datetime, hour: time, calendar: Calendar | None
) -> datetime:
    """Return that hour of the first working day that every `at_least` rule allows."""
    limits = [
        reckon(rule, start, calendar=calendar).at for rule in rules if rule.bound is Bound.AT_LEAST
    ]
    return _later(max([start + ONE_DAY, *limits]), hour, calendar)


def _later(moment: datetime, hour: time, calendar: Calendar | None) -> datetime:
    """Return that hour of the first working day not before the moment."""
    days = calendar or load()
    day = local_date(moment)
    while True:
        found = datetime.combine(day, hour, SHANGHAI)
        if found >= moment and days.is_working(day):
            return found
        day += ONE_DAY
