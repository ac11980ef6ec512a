"""Watching the pool: how many are in it of what, who waits for review, what changed lately.

Nobody is named: the platform knows no names. Numbers of entries are shown to staff and inspectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.avoidance import Case, RuleSet, screen
from experts.coverage import coverage_alarm
from experts.pool.expert import Expert, State, facts_of, stamp
from experts.pool.register import PoolSnapshot

LATELY = timedelta(days=30)
MOST = 200
_DATED = ("specialties", "employers", "relations", "suspensions")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that waits for review; `asked` tells whether the person applied."""

    uid: str
    asked: bool
    region: str
    title: str
    main_specialty: str
    specialties: tuple[str, ...]
    employers: tuple[str, ...]
    certificates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """A fact that began or ended lately: of whom, which, when, and whether it counts by now."""

    uid: str
    kind: str
    value: str
    at: datetime
    ends: bool
    restricts: bool
    counts: bool


@dataclass(frozen=True, slots=True)
class PoolView:
    """The pool as its page shows it: entries by state, cells, snapshots, alarms."""

    states: Mapping[str, int]
    waiting: Sequence[Waiting]
    changed: Sequence[Changed]
    cells: Mapping[tuple[str, str], tuple[int, int]]
    """(specialty, region) → registered and eligible today."""
    snapshots: Sequence[PoolSnapshot]
    alarms: tuple[str, ...]

    @property
    def regions(self) -> list[str]:
        """The regions, in order."""
        return sorted({region for _, region in self.cells})

    @property
    def specialties(self) -> list[str]:
        """The specialties, in order."""
        return sorted({specialty for specialty, _ in self.cells})


def pool_view(session: Session, now: datetime, rules: RuleSet = RuleSet()) -> PoolView:  # noqa: B008  a value
    """Return the pool as of now: who would be eligible for a draw that avoids nobody."""
    rows = list(session.scalars(select(Expert).order_by(Expert.uid)))
    active = [row for row in rows if row.state == State.ACTIVE.value]
    people = [facts_of(row) for row in active]
    case = _for_all(people, stamp(now))
    screened = screen(people, case, rules)
    eligible = {entry.u for entry in screened.eligible}
    return PoolView(
        Counter(row.state for row in rows),
        [_waiting(row) for row in rows if row.state == State.PROPOSED.value][:MOST],
        sorted(_changed(active, now, rules), key=lambda each: each.at, reverse=True)[:MOST],
        _cells(active, eligible),
        session.scalars(select(PoolSnapshot).order_by(PoolSnapshot.taken_at.desc()).limit(7)).all(),
        coverage_alarm(people, screened, case, rules) if people else (),
    )


def _for_all(people: Sequence[Any], now: int) -> Case:
    """Return the case of a draw for every specialty, which nobody has to avoid."""
    names = sorted({span.value for one in people for span in one.specialties})
    strata = {name: code for code, name in enumerate(names, 1)}
    return Case(now, now, now + 1, "", frozenset(), strata)


def _waiting(row: Expert) -> Waiting:
    return Waiting(
        row.uid, row.proposed_by.int == 0, row.region["value"], row.title, row.main_specialty,
        tuple(fact["value"] for fact in row.specialties),
        tuple(fact["value"] for fact in row.employers),
        tuple(row.certificates or ()),
    )  # fmt: skip


def _changed(rows: Sequence[Expert], now: datetime, rules: RuleSet) -> Iterable[Changed]:
    since, cooled = stamp(now - LATELY), stamp(now) - rules.cooling
    for row in rows:
        for kind, fact in _facts(row):
            restricts = kind in ("employers", "relations", "suspensions")
            if fact["start"] >= since:
                counts = restricts or fact.get("known", stamp(now)) <= cooled
                yield _told(row.uid, kind, fact, "start", restricts, counts)
            if since <= fact.get("end", 0) <= stamp(now):
                counts = not restricts or fact.get("end_known", stamp(now)) <= cooled
                yield _told(row.uid, kind, fact, "end", not restricts, counts)


def _facts(row: Expert) -> Iterable[tuple[str, Mapping[str, Any]]]:
    yield "active", row.active
    yield "region", row.region
    for kind in _DATED:
        for fact in getattr(row, kind):
            yield kind, fact


def _told(
    uid: str, kind: str, fact: Mapping[str, Any], what: str, restricts: bool, counts: bool
) -> Changed:
    value = "" if kind == "relations" else str(fact["value"])
    at = datetime.fromtimestamp(fact[what], UTC)
    return Changed(uid, kind, value, at, what == "end", restricts, counts)


def _cells(rows: Sequence[Expert], eligible: set[str]) -> dict[tuple[str, str], tuple[int, int]]:
    registered, fit = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in rows:
        for fact in row.specialties:
            cell = (fact["value"], row.region["value"])
            registered[cell] += 1
            fit[cell] += row.uid in eligible
    return {cell: (number, fit[cell]) for cell, number in sorted(registered.items())}
