"""Duties: what an `at_most` rule makes somebody owe after a fact, and how it stands now.

Pure: facts and now in, states out. The watch compares them with what it has already recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from monitor.law.limit import Limit, reckon
from monitor.law.rule import Bound, Enforcement, Rule, Rules, Unit
from monitor.law.workday import ONE_DAY, Calendar, local_date, midnight

INSTANT = timedelta(microseconds=1)
STANDSTILLS = (("project.suspend", "project.resume"), ("outage.suspend", "outage.agree"))
"""Acts between whose days a whole trade stands still, whatever they name."""


class State(StrEnum):
    """How a duty stands: yellow is `due_soon`, red is `breached`."""

    OPEN = "open"
    DUE_SOON = "due_soon"
    BREACHED = "breached"
    CLOSED = "closed"
    CLOSED_LATE = "closed_late"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class Fact:
    """An act that was done; `subjects` are the things it is about, each "kind:id"."""

    action: str
    at: datetime
    subjects: frozenset[str]


@dataclass(frozen=True, slots=True)
class Trade:
    """What of a trade decides which rules bind it; region is a GB/T 2260 code or empty."""

    category: str
    must_tender: bool
    region: str = ""


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing owed under one rule; `yellow` and `limit` are instants in UTC."""

    rule: Rule
    subject: str
    opened: datetime
    yellow: datetime
    limit: Limit
    ended: datetime | None
    state: State


def watch(
    rules: Rules,
    trade: Trade,
    facts: Iterable[Fact],
    now: datetime,
    calendar: Calendar | None = None,
) -> list[Duty]:
    """Every duty that the facts up to now opened, in order of their limits, with its state."""
    past = sorted((fact for fact in facts if fact.at <= now), key=lambda fact: fact.at)
    found = [
        duty(rule, subject, fact.at, past, now, calendar)
        for fact in past
        for rule in _opened_by(rules, trade, fact)
        for subject in sorted(fact.subjects)
        if subject.startswith(f"{rule.per}:")
    ]
    return sorted(found, key=lambda item: (item.limit.at, item.rule.id, item.subject))


def next_turn(duties: Iterable[Duty], now: datetime) -> datetime | None:
    """Return when one of these duties turns yellow or red next, or is counted anew (a pause)."""
    standing = [each for each in duties if each.ended is None]
    turns = [turn for each in standing for turn in (each.yellow, each.limit.at + INSTANT)]
    if any(each.rule.pause for each in standing):
        turns.append(midnight(local_date(now) + ONE_DAY))
    return min((turn for turn in turns if turn > now), default=None)


def is_owed(rule: Rule) -> bool:
    """Does this rule open duties: a followed time limit that something owes?"""
    followed = rule.enforcement is Enforcement.WARN and rule.bound is Bound.AT_MOST
    return followed and rule.is_time and bool(rule.per)


def _opened_by(rules: Rules, trade: Trade, fact: Fact) -> Iterator[Rule]:
    on = local_date(fact.at)
    for rule in rules.applying(
        trade.category, on, must_tender=trade.must_tender, region=trade.region
    ):
        if rule.from_action == fact.action and is_owed(rule):
            yield rule


def duty(
    rule: Rule,
    subject: str,
    opened: datetime,
    past: Sequence[Fact],
    now: datetime,
    calendar: Calendar | None = None,
) -> Duty:
    """The duty that `rule` opened for `subject`; `past` holds the facts up to now, in order."""
    after = [fact for fact in past if fact.at >= opened and subject in fact.subjects]
    paused = _paused(rule, after, now) | _stood_still(rule, opened, past, now)
    limit = reckon(rule, opened, paused, calendar)
    yellow = _yellow(rule, limit)
    done = _first(after, rule.closed_by)
    lifted = _first(after, rule.lifted_by)
    if done is None and lifted is not None and lifted <= limit.at:
        return Duty(rule, subject, opened, yellow, limit, lifted, State.LIFTED)
    ended = done or lifted
    return Duty(rule, subject, opened, yellow, limit, ended, _state(limit, yellow, ended, now))


def _state(limit: Limit, yellow: datetime, ended: datetime | None, now: datetime) -> State:
    if ended is not None:
        return State.CLOSED if ended <= limit.at else State.CLOSED_LATE
    if now > limit.at:
        return State.BREACHED
    return State.DUE_SOON if now >= yellow else State.OPEN


def _yellow(rule: Rule, limit: Limit) -> datetime:
    if rule.unit is Unit.HOURS:
        return limit.at - timedelta(hours=rule.warn_before)
    last_day = local_date(limit.at) - ONE_DAY
    return midnight(last_day - ONE_DAY * rule.warn_before)


def _first(facts: Iterable[Fact], actions: Sequence[str]) -> datetime | None:
    return next((fact.at for fact in facts if fact.action in actions), None)


def _paused(rule: Rule, facts: Sequence[Fact], now: datetime) -> frozenset[date]:
    """Days from each pausing act up to the day before the resuming one; an open pause runs on."""
    return _between(rule.pause, facts, now) if rule.pause else frozenset()


def _stood_still(
    rule: Rule, opened: datetime, past: Sequence[Fact], now: datetime
) -> frozenset[date]:
    """Days on which the whole trade stood still: nobody could do what is owed but a supervisor."""
    if rule.who == "supervisor":
        return frozenset()
    since = [fact for fact in past if fact.at >= opened]
    return frozenset[date]().union(*(_between(pair, since, now) for pair in STANDSTILLS))


def _between(pair: Sequence[str], facts: Sequence[Fact], now: datetime) -> frozenset[date]:
    pausing, _ = pair
    turns = [(fact.action, local_date(fact.at)) for fact in facts if fact.action in pair]
    turns.append(("", local_date(now)))
    spans = [(since, until) for (act, since), (_, until) in pairwise(turns) if act == pausing]
    return frozenset(
        since + ONE_DAY * index for since, until in spans for index in range((until - since).days)
    )
