"""Law as data: a `Rule` a limit, read from monitor/rules.toml, known by id and file version."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

RULES = Path(__file__).parents[1] / "rules.toml"
ALL = "all"
FAR_PAST, FAR_FUTURE = date.min, date.max


class RulesInvalid(Exception):
    """The rules file breaks its own form; names the rule and the field."""


class Bound(StrEnum):
    """Which side of the number is lawful; the number itself always is (87号令 86)."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


class Unit(StrEnum):
    """What the number counts: time between two acts, or an amount, share or head count."""

    HOURS = "hours"
    DAYS = "days"
    WORKING_DAYS = "working_days"
    YEARS = "years"
    PERCENT = "percent"
    YUAN = "yuan"
    COUNT = "count"
    THIRDS = "thirds"
    PARITY = "parity"


class Count(StrEnum):
    """Where an `at_least` period ends: the next act may fall on its last day, or only after it."""

    THROUGH = "through"
    AFTER = "after"


class Enforcement(StrEnum):
    """What the platform does: refuse, follow with cards, work the date out, or only note it."""

    BLOCK = "block"
    WARN = "warn"
    COMPUTE = "compute"
    RECORD = "record"


class Mark(StrEnum):
    """How the article is known: its text read, a copy read, remembered, or our own promise."""

    READ = "read"
    SECONDARY = "secondary"
    MEMORY = "memory"
    PROMISE = "promise"


TIMES = frozenset({Unit.HOURS, Unit.DAYS, Unit.WORKING_DAYS, Unit.YEARS})


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit; the fields are explained at the head of rules.toml.

    `closed_by` starts with `to_action`.
    """

    id: str
    instrument: str
    article: str
    category: str
    must_tender: bool
    region: str
    from_action: str
    to_action: str
    closed_by: tuple[str, ...]
    lifted_by: tuple[str, ...]
    pause: tuple[str, ...]
    bound: Bound
    number: int
    unit: Unit
    count: Count
    since: date
    until: date
    enforcement: Enforcement
    mark: Mark
    who: str
    per: str
    of: str
    sealed: bool
    warn_before: int
    zh: str
    en: str

    @property
    def basis(self) -> str:
        """Instrument and article, e.g. "招标投标法 24"."""
        return f"{self.instrument} {self.article}"

    @property
    def is_time(self) -> bool:
        """Does it limit the time between two acts, and not an amount?"""
        return self.unit in TIMES

    def applies(self, category: str, on: date, *, must_tender: bool, region: str) -> bool:
        """Does it bind this kind of trade for a fact of that date, in that region?"""
        return (
            self.category in (ALL, category)
            and self.region in ("", region)
            and self.since <= on <= self.until
            and (must_tender or not self.must_tender)
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """An ordered set of rules; `version` is the sha256 of the whole file, also of a part of it."""

    version: str
    rows: tuple[Rule, ...]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rule_id: str) -> Rule:
        """The rule of that id; KeyError where there is none."""
        for rule in self.rows:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)

    def between(self, from_action: str, to_action: str) -> Rules:
        """The rules that tie these two acts."""
        ends = (from_action, to_action)
        rows = tuple(rule for rule in self.rows if (rule.from_action, rule.to_action) == ends)
        return Rules(self.version, rows)

    def measuring(self, of: str) -> Rules:
        """The rules that limit an amount or head count of that."""
        return Rules(self.version, tuple(rule for rule in self.rows if rule.of == of))

    def applying(
        self, category: str, on: date, *, must_tender: bool = True, region: str = ""
    ) -> Rules:
        """The rules that bind such a trade for facts of that date; region is a GB/T 2260 code."""
        rows = tuple(
            rule
            for rule in self.rows
            if rule.applies(category, on, must_tender=must_tender, region=region)
        )
        return Rules(self.version, rows)


@cache
def load(path: Path = RULES) -> Rules:
    """Read the rules file; raises RulesInvalid on an entry that breaks the form."""
    content = path.read_bytes()
    entries = tomllib.loads(content.decode("utf-8"))
    rows = tuple(_rule(rule_id, entry) for rule_id, entry in _flat(entries))
    return Rules(hashlib.sha256(content).hexdigest(), rows)


def _flat(entries: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for group, rules in entries.items():
        for name, entry in rules.items():
            yield f"{group}.{name}", entry


def _rule(rule_id: str, entry: dict[str, Any]) -> Rule:
    known = dict(entry)
    try:
        rule = _read(rule_id, known)
    except (KeyError, ValueError, TypeError) as fault:
        raise RulesInvalid(f"{rule_id}: {fault!r}") from fault
    if known:
        raise RulesInvalid(f"{rule_id}: unknown fields {sorted(known)}")
    return rule


def _read(rule_id: str, entry: dict[str, Any]) -> Rule:
    take = entry.pop
    basis = take("basis")
    bound = Bound.AT_LEAST if Bound.AT_LEAST in entry else Bound.AT_MOST
    to_action = take("to")
    return Rule(
        id=rule_id,
        instrument=basis["instrument"],
        article=basis["article"],
        category=take("category"),
        must_tender=take("must_tender", False),
        region=take("region", ""),
        from_action=take("from"),
        to_action=to_action,
        closed_by=(to_action, *take("also", ())),
        lifted_by=tuple(take("lifted_by", ())),
        pause=tuple(take("pause", ())),
        bound=bound,
        number=int(take(bound)),
        unit=Unit(take("unit")),
        count=Count(take("count", Count.THROUGH)),
        since=take("since", FAR_PAST),
        until=take("until", FAR_FUTURE),
        enforcement=Enforcement(take("enforcement")),
        mark=Mark(take("mark")),
        who=take("who", ""),
        per=take("per", ""),
        of=take("of", ""),
        sealed=take("sealed", False),
        warn_before=take("warn_before", 1),
        zh=take("zh"),
        en=take("en"),
    )
