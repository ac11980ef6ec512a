"""Efficiency monitoring 效能监察: promised against legal limits, what is overdue, and statistics.

Everything is counted from duties that the reader may see, so no number tells of bids before CLOSE.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.law.duty import State
from monitor.law.escalation import Level
from monitor.law.point import Result
from monitor.law.rule import Rule
from monitor.law.rule import load as load_rules
from monitor.law.watch import ENDED, DutyRow, duties_shown
from monitor.law.workday import local_date
from monitor.record.disclosure import Viewer
from monitor.record.standing import Standing
from monitor.role import Role
from trading.registration.party import Kind as Party
from trading.registration.party import Organisation
from trading.registration.project import Project
from trading.supervision.card.check import points
from trading.supervision.card.judging import PointResult
from trading.supervision.chase import chased, level_of, owed_of
from trading.supervision.promise import promises

Span = tuple[date, date]
"""The first and the last day, in Beijing."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One duty with who owes it; `promised` is None where nothing shorter is promised."""

    row: DutyRow
    rule: Rule
    trade: str
    body: str
    promised: datetime | None
    level: Level
    chases: int

    def is_late(self, now: datetime) -> bool:
        """Tell whether it is, or was, done after the legal limit."""
        return (self.row.ended_at or now) > self.row.limit_at and self.row.state != State.LIFTED

    def breaks_promise(self, now: datetime) -> bool:
        """Tell whether the promised limit has passed before it was done."""
        return self.promised is not None and (self.row.ended_at or now) > self.promised

    @property
    def used(self) -> timedelta | None:
        """How long it took, once it is done."""
        return self.row.ended_at - self.row.opened_at if self.row.ended_at else None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table: what it is of, and its counts by name."""

    name: str
    counts: Mapping[str, int]
    mean: timedelta | None = None


def owed(session: Session, viewers: Mapping[UUID, Viewer], now: datetime, span: Span) -> list[Owed]:
    """Return the duties opened in a span of days that each viewer may see, by their limits."""
    projects = _projects(session, viewers)
    bodies = _bodies(session, projects.values())
    counted, promised = chased(session, viewers), promises(session, viewers)
    rules = {rule.id: rule for rule in load_rules()}
    found = [
        Owed(row, rules[row.rule], trade.name, bodies.get((project, rules[row.rule].who), ""),
             owed_of(row, promised).promised, level_of(row, promised, now),
             counted.get(row.id, 0))
        for project, viewer in viewers.items() if (trade := projects.get(project)) is not None
        for row in duties_shown(session, project, viewer)
        if row.rule in rules and span[0] <= local_date(row.opened_at) <= span[1]
    ]  # fmt: skip
    return sorted(found, key=lambda each: (each.row.limit_at, each.rule.id))


def overdue(found: Iterable[Owed], now: datetime) -> list[Owed]:
    """Return what is still owed past its promised or its legal limit, the worst first."""
    late = [one for one in found if one.row.state not in ENDED and one.level >= Level.PROMPT]
    return sorted(late, key=lambda one: (-one.level, one.promised or one.row.limit_at))


def by_step(found: Iterable[Owed], now: datetime) -> list[Line]:
    """Count by rule: all, done in time, done or standing late, promise broken."""
    return _grouped(found, lambda one: one.rule.id, now)


def by_body(found: Iterable[Owed], now: datetime) -> list[Line]:
    """Count by who owes it."""
    return _grouped(found, lambda one: one.body or one.rule.who, now)


def by_month(found: Iterable[Owed], now: datetime) -> list[Line]:
    """Count by the month in which the duty began."""
    return _grouped(found, lambda one: f"{local_date(one.row.opened_at):%Y-%m}", now)


def _grouped(found: Iterable[Owed], key: Callable[[Owed], str], now: datetime) -> list[Line]:
    groups: dict[str, list[Owed]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return [Line(name, _counts(rows, now), _mean(rows)) for name, rows in sorted(groups.items())]


def _counts(rows: list[Owed], now: datetime) -> dict[str, int]:
    done = [one for one in rows if one.row.state in ENDED]
    return {
        "all": len(rows),
        "open": len(rows) - len(done),
        "in_time": sum(not one.is_late(now) for one in done),
        "late": sum(one.is_late(now) for one in rows),
        "promise_broken": sum(one.breaks_promise(now) for one in rows),
    }


def _mean(rows: list[Owed]) -> timedelta | None:
    used = [one.used for one in rows if one.used is not None]
    return sum(used, timedelta()) / len(used) if used else None


def by_point(session: Session, projects: Iterable[UUID], span: Span) -> dict[str, list[Line]]:
    """Count the results of points by point, node, body and month; for supervision.

    A result is booked on the body whose duty the point is (`who` in point.toml), by its role where
    the trade does not say which that is. A point of a trade that is not written down is unchecked;
    it stands in no month.
    """
    wanted = list(projects)
    trades = _projects(session, wanted)
    bodies = _bodies(session, trades.values())
    told = session.scalars(select(PointResult).where(PointResult.project.in_(wanted)))
    rows = [row for row in told if row.point in points()]
    kept = [row for row in rows if span[0] <= local_date(row.judged_at) <= span[1]]
    known = {point.id: point for point in points()}
    return {
        "point": _tallied(kept, lambda row: row.point, [*known], len(wanted)),
        "node": _tallied(kept, lambda row: known[row.point].node.value),
        "body": _tallied(kept, lambda row: _booked(bodies, row.project, known[row.point].who)),
        "month": _tallied(kept, lambda row: f"{local_date(row.judged_at):%Y-%m}"),
    }


def _tallied(
    rows: list[PointResult],
    key: Callable[[PointResult], str],
    every: Iterable[str] = (),
    trades: int = 0,
) -> list[Line]:
    counted: dict[str, Counter[int]] = {name: Counter() for name in every}
    for row in rows:
        counted.setdefault(key(row), Counter())[row.result] += 1
    return [
        Line(name, {result.name.lower(): _number(counts, result, trades) for result in Result})
        for name, counts in counted.items()
    ]


def _number(counts: Counter[int], result: Result, trades: int) -> int:
    if result is Result.UNCHECKED:
        return max(0, trades - counts.total())
    return counts[int(result)]


def _projects(session: Session, wanted: Iterable[UUID]) -> dict[UUID, Project]:
    rows = session.scalars(select(Project).where(Project.id.in_(list(wanted))))
    return {row.id: row for row in rows}


def _bodies(session: Session, projects: Iterable[Project]) -> dict[tuple[UUID, str], str]:
    """Return the names of who answers in these trades, by trade and `who`, where one alone can.

    The centre is named where the platform knows of one, a department where one is competent.
    """
    wanted = list(projects)
    centre = _only(session.scalars(
        select(Organisation.id).where(Organisation.kind == Party.CENTRE.value)
    ))  # fmt: skip
    departments = _departments(session, [row.id for row in wanted])
    orgs = {
        (row.id, who): org
        for row in wanted
        for who, org in (
            ("owner", row.owner), ("agency", row.agency or row.owner), ("centre", centre),
            ("finance", centre), ("supervisor", _only(departments.get(row.id, ()))),
        )
        if org is not None
    }  # fmt: skip
    names = _names(session, set(orgs.values()))
    return {key: names[org] for key, org in orgs.items()}


def _departments(session: Session, projects: list[UUID]) -> dict[UUID, set[UUID]]:
    rows = session.execute(
        select(Standing.project, Standing.org)
        .where(Standing.project.in_(projects), Standing.role == Role.DEPARTMENT.value)
    )  # fmt: skip
    found: dict[UUID, set[UUID]] = {}
    for row in rows:
        found.setdefault(row.project, set()).add(row.org)
    return found


def _only(found: Iterable[UUID]) -> UUID | None:
    """Return the one that there is; None where there are more, or none."""
    told = list(found)
    return told[0] if len(told) == 1 else None


def _booked(bodies: Mapping[tuple[UUID, str], str], project: UUID, who: str) -> str:
    return bodies.get((project, who)) or {"finance": "centre"}.get(who, who)


def _names(session: Session, orgs: Iterable[UUID]) -> dict[UUID, str]:
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(list(orgs))))
    return {row.id: row.name for row in rows}
