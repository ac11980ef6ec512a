"""The checks by name, each with the keys of `args` (point.toml) that it reads: no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from monitor.law.point import Point, PointsInvalid, Result
from trading.supervision.card.sight import Sight


@dataclass(frozen=True, slots=True)
class Found:
    """A result and the records that show it."""

    result: Result = Result.UNCHECKED
    evidence: tuple[str, ...] = ()


Run = Callable[[Sight, Point], Found]


@dataclass(frozen=True, slots=True)
class Check:
    """A check: `needs` are the keys that it cannot do without, `may` those that it takes too."""

    run: Run
    needs: frozenset[str]
    may: frozenset[str]


CHECKS: dict[str, Check] = {}


def check(*needs: str, may: tuple[str, ...] = ()) -> Callable[[Run], Run]:
    """Declare a check, by the name of its function."""

    def declare(run: Run) -> Run:
        CHECKS[run.__name__] = Check(run, frozenset(needs), frozenset(may))
        return run

    return declare


def require_sound(point: Point) -> None:
    """Raise PointsInvalid for a point without such a check, or with other args than it takes."""
    found = CHECKS.get(point.check)
    if found is None:
        raise PointsInvalid(f"{point.id}: no check {point.check!r}")
    given = set(point.args)
    for key in sorted(given - found.needs - found.may):
        raise PointsInvalid(f"{point.id}: args.{key}: the check {point.check!r} takes no such key")
    for key in sorted(found.needs - given):
        raise PointsInvalid(f"{point.id}: args.{key}: the check {point.check!r} needs this key")
