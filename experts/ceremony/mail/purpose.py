"""Purposes of draws, as data: a new one is a table in purpose.toml, and no code (pure)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from experts.avoidance import Case, RuleSet
from experts.dossier import Expert, Span
from experts.draw.encoding import mapping, rows, text, whole
from experts.draw.header import MAX_SEATS, Kind
from monitor.log.canonical import JSON
from monitor.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a draw is for; the fields are told at the head of purpose.toml."""

    name: str
    draws: str
    kind: Kind
    asked_by: tuple[Role, ...]
    times: tuple[int, int, int]
    basis: str
    contact: tuple[int, int] = (0, 0)
    caps: Mapping[str, int] = field(default_factory=dict)
    least: int = 1
    most: int = MAX_SEATS
    away: int = 120
    follows: bool = False
    choice: bool = False

    @property
    def of_people(self) -> bool:
        """Whether the pool of experts is drawn from, and those drawn are asked."""
        return self.draws == "experts"

    @property
    def rules(self) -> RuleSet:
        """Return whom the draw avoids: nobody, where the request itself brings the list."""
        return RuleSet() if self.of_people else RuleSet(order=())


@dataclass(frozen=True, slots=True)
class Manner:
    """What a request is for, and where its randomness comes from: dice, drand or both."""

    purpose: str = "evaluation"
    beacon: str = "dice"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list: its name, the strata it stands for, its unit and its weight."""

    name: str
    strata: tuple[int, ...]
    unit: str = ""
    weight: int = 1

    def value(self) -> list[JSON]:
        """Return the line as canonical JSON."""
        return [self.name, list(self.strata), self.unit, self.weight]


def read_entry(value: object) -> Entry:
    """Read what Entry.value wrote; raises DrawError."""
    name, strata, unit, weight = rows(value, "list")
    codes = tuple(whole(code, "list") for code in rows(strata, "list"))
    return Entry(text(name, "list"), codes, text(unit, "list"), whole(weight, "list"))


def listed(entries: Iterable[Entry]) -> Iterator[Expert]:
    """Give the lines of a list as the facts that a draw screens: all of them always eligible."""
    return map(_fact, entries)


def list_case(seats: Iterable[Iterable[object]], at: int) -> Case:
    """Return the case of a draw from a list: the strata, and nobody to avoid."""
    strata = {str(code): whole(code, "strata") for code, _ in seats}
    return Case(at, at, at + 1, "", frozenset(), strata)


_ALWAYS, _NOWHERE = Span("active", 0, 0), Span("", 0, 0)


def _fact(entry: Entry) -> Expert:
    codes, units = _since_ever(*entry.strata), _since_ever(entry.unit) if entry.unit else ()
    return Expert(entry.name, _ALWAYS, _NOWHERE, codes, units, weight=entry.weight)


@lru_cache(maxsize=1 << 16)
def _since_ever(*values: int | str) -> tuple[Span, ...]:
    """Return what many lines of a list share, once: it may have hundreds of thousands."""
    return tuple(Span(str(value), 0, 0) for value in values)


def _read(name: str, told: Mapping[str, object]) -> Purpose:
    fixed: dict[str, object] = {**told, "name": name, "kind": Kind(str(told["kind"]))}
    fixed["asked_by"] = tuple(Role(str(role)) for role in rows(told["asked_by"], name))
    for key in ("times", "contact"):
        if key in told:
            fixed[key] = tuple(whole(each, name) for each in rows(told[key], name))
    if "caps" in told:
        fixed["caps"] = dict(mapping(told["caps"], "o", name))
    return Purpose(**fixed)  # type: ignore[arg-type]


def _load() -> dict[str, Purpose]:
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    return {name: _read(name, purpose) for name, purpose in told.items()}


PURPOSES = _load()
"""Every purpose that a draw may have, by name."""

PANEL = frozenset(name for name, purpose in PURPOSES.items() if purpose.of_people)
"""The purposes whose drawn people sit on a committee."""
