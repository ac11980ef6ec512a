"""What a rule says about two instants or two numbers. Every bound includes itself (87号令 86)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from monitor.law.rule import Bound, Count, Enforcement, Rule, Unit
from monitor.law.workday import ONE_DAY, SHANGHAI, Calendar, Counted, load, local_date, midnight
from monitor.refusal import Invalid, TooEarly, TooLate

_NONE: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Limit:
    """The instant (UTC) of a limit; `floor` is the earliest it can be under any calendar."""

    at: datetime
    floor: datetime
    provisional: bool


def reckon(
    rule: Rule,
    start: datetime,
    paused: AbstractSet[date] = _NONE,
    calendar: Calendar | None = None,
) -> Limit:
    """Where the limit falls if the period starts at `start`; ValueError if it is no time limit."""
    if rule.unit is Unit.HOURS:
        instant = start.astimezone(UTC) + timedelta(hours=rule.number)
        return Limit(instant, instant, provisional=False)
    counted = _count(rule, local_date(start), paused, calendar or load())
    shift = _shift(rule)
    return Limit(
        midnight(counted.day + shift), midnight(counted.floor + shift), counted.provisional
    )


def _count(rule: Rule, start: date, paused: AbstractSet[date], calendar: Calendar) -> Counted:
    match rule.unit:
        case Unit.DAYS:
            return calendar.add_days(start, rule.number, paused)
        case Unit.WORKING_DAYS:
            return calendar.add_working_days(start, rule.number, paused)
        case Unit.YEARS:
            last = _same_day(start, rule.number)
            return Counted(last, last, provisional=False)
        case _:
            raise ValueError(f"{rule.id} limits no time")


def _same_day(start: date, years: int) -> date:
    # 民法典 202: no such day in the last month (29 February) means the last day of that month.
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return start.replace(year=start.year + years, day=28)


def _shift(rule: Rule) -> timedelta:
    # A period to act in ends at 24:00 of its last day; one to wait out may end as that day starts.
    through = rule.bound is Bound.AT_LEAST and rule.count is Count.THROUGH
    return timedelta(0) if through else ONE_DAY


def earliest(rule: Rule, start: datetime) -> datetime:
    """First instant (UTC) at which an `at_least` rule lets the next act happen."""
    return _at(rule, start, Bound.AT_LEAST)


def latest(rule: Rule, start: datetime) -> datetime:
    """Last instant (UTC) at which an `at_most` rule counts the next act as in time."""
    return _at(rule, start, Bound.AT_MOST)


def _at(rule: Rule, start: datetime, bound: Bound) -> datetime:
    if rule.bound is not bound:
        raise ValueError(f"{rule.id} is {rule.bound}")
    return reckon(rule, start).at


def kept(rule: Rule, start: datetime, at: datetime) -> bool:
    """Does an act `at` this instant keep the rule, as the calendar now stands?"""
    limit = reckon(rule, start).at
    return at >= limit if rule.bound is Bound.AT_LEAST else at <= limit


def gate(rule: Rule, start: datetime, at: datetime, field: str = "") -> None:
    """Refuse an act, done or planned for `at`, that is unlawful under any calendar.

    Only rules enforced by `block` refuse; raises TooEarly or TooLate, which name the field in
    which `at` was typed, else the act.
    """
    if rule.enforcement is not Enforcement.BLOCK:
        return
    limit, named = reckon(rule, start), field or rule.to_action
    if rule.bound is Bound.AT_LEAST and at < limit.floor:
        raise TooEarly(_words(rule, limit, "最早", "not before"), rule=rule.id, field=named)
    if rule.bound is Bound.AT_MOST and at > limit.at and not limit.provisional:
        raise TooLate(_words(rule, limit, "最迟", "not after"), rule=rule.id, field=named)


def _words(rule: Rule, limit: Limit, chinese: str, english: str) -> str:
    when = f"{limit.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    zh = f"{chinese}{when}（北京时间，{rule.basis}）：{rule.zh}"
    return f"{zh} / {english} {when} Beijing time ({rule.basis}): {rule.en}"


def number(rule: Rule, base: int = 0) -> int:
    """The limit as an amount: fen for percent (of `base` fen, rounded down) and yuan, or heads."""
    match rule.unit:
        case Unit.PERCENT:
            return base * rule.number // 100
        case Unit.YUAN:
            return rule.number * 100
        case Unit.THIRDS:
            return -(-base * rule.number // 3)
        case Unit.COUNT | Unit.PARITY:
            return rule.number
        case _:
            raise ValueError(f"{rule.id} limits no amount")


def holds(rule: Rule, value: int, base: int = 0) -> bool:
    """Does `value` (fen or heads) keep the rule? `base` is what a share is a share of."""
    if rule.unit is Unit.PARITY:
        return value % 2 == rule.number
    bound = number(rule, base)
    return value >= bound if rule.bound is Bound.AT_LEAST else value <= bound


def demand(rule: Rule, field: str, value: int, base: int = 0) -> None:
    """Refuse a value that breaks a rule enforced by `block`; raises Invalid naming the field."""
    if rule.enforcement is Enforcement.BLOCK and not holds(rule, value, base):
        raise Invalid(field, f"{rule.zh}（{rule.basis}） / {rule.en} ({rule.basis})", rule=rule.id)
