"""Results of monitoring points: judged by the record as it moves, written down when they change.

A red result never turns green by itself: a department sets it back, with a reason (card.close), and
then it stays green until other records show a breach.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.point import Point, Result
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, WrongStage
from monitor.role import Role
from monitor.work.errand import Errand
from trading.notice.moment import required_project
from trading.registration.project import found_project
from trading.supervision.card.check import judge as judged
from trading.supervision.card.check import points
from trading.supervision.card.handling import MAX_TEXT, resolved, settled, shown
from trading.supervision.card.known import Found
from trading.supervision.card.sight import sight
from trading.supervision.wording import worded


class PointResult(Recorded):
    """How a point stands in a trade; `cleared` is the evidence that was set back to green."""

    __tablename__ = "point_result"
    __table_args__ = (
        UniqueConstraint("project", "point"),
        CheckConstraint("result BETWEEN 1 AND 3", name="result"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    point: Mapped[str]
    version: Mapped[str]
    result: Mapped[int]
    evidence: Mapped[list[Any]]
    cleared: Mapped[list[Any]]
    reason: Mapped[str | None]
    """Why it was set by a person, if it was."""
    judged_at: Mapped[datetime]


@action("point.judge", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def judge(act: Act) -> int:
    """Judge every automatic point by what is seen now; return how many results changed.

    Raises Conflict when none did.
    """
    project = found_project(act.session, act.project).id
    act.on_conflict("point_result_project_point_key", lambda _: Conflict("已判定 / judged already"))
    changed = list(_changes(act.session, project, results(act.session, project)))
    act.require(changed, Conflict("监察结果未变 / no result has changed", field="project"))
    for point, row, result, found in changed:
        kept = _written(act, point, row, result)
        kept.evidence, kept.reason = list(found.evidence), None
        _show(act, point, result, kept.evidence)
    act.note(
        subject=str(project), version=points().version,
        judged=[{"point": point.id, "result": int(result), "evidence": list(found.evidence)}
                for point, _, result, found in changed],
    )  # fmt: skip
    return len(changed)


@action("point.mark", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def mark(act: Act, *, point: str, result: Result, reason: str) -> None:
    """Write down what an inspector found of a manual point, and why; green ends its card.

    Raises Invalid, WrongStage.
    """
    project = required_project(act.project)
    act.require(point in points(), Invalid("point", "没有此监察点 / no such point"))
    known = points()[point]
    act.require(
        known.is_manual, WrongStage("此监察点自动判定 / this point is judged by the record")
    )
    act.require(
        Result.UNCHECKED < result <= known.level,
        Invalid("result", "此监察点没有这种结果 / not a result of this point"),
    )
    row = _written(act, known, results(act.session, project).get(point), result)
    row.reason, row.evidence = worded("reason", reason, MAX_TEXT), [str(act.record_id)]
    if result is Result.GREEN:
        settled(act, point, row.reason)
    _show(act, known, result, row.evidence)
    act.note(subject=str(row.id), point=point, result=int(result), reason=row.reason)


def clear(act: Act, point: str, reason: str) -> None:
    """Set a point back to green: what showed the breach shows it no more."""
    row = results(act.session, required_project(act.project))[point]
    row.cleared, row.result, row.reason = list(row.evidence), int(Result.GREEN), reason
    row.judged_at = act.now


def judging_due(session: Session, project: UUID) -> list[Errand]:
    """Return the judging of a trade whose points are not as they are written down."""
    moved = next(_changes(session, project, results(session, project)), None)
    return [] if moved is None else [Errand(judge, project)]


def results(session: Session, project: UUID) -> dict[str, PointResult]:
    """Return how the points of a trade stand as written down; what is not there is unchecked."""
    rows = session.scalars(select(PointResult).where(PointResult.project == project))
    return {row.point: row for row in rows}


def _changes(
    session: Session, project: UUID, rows: dict[str, PointResult]
) -> Iterator[tuple[Point, PointResult | None, Result, Found]]:
    seen = sight(session, project)
    for point in _automatic():
        row, found = rows.get(point.id), judged(seen, point)
        result = _standing(row, found)
        if _moved(row, result, found):
            yield point, row, result, found


def _automatic() -> Iterable[Point]:
    return (point for point in points() if not point.is_manual)


def _standing(row: PointResult | None, found: Found) -> Result:
    if row is None:
        return found.result
    if found.result >= Result.YELLOW and list(found.evidence) == row.cleared:
        return Result.GREEN
    return max(found.result, Result(row.result)) if _sticks(row, found) else found.result


def _sticks(row: PointResult, found: Found) -> bool:
    return row.result == Result.RED or found.result == Result.UNCHECKED


def _moved(row: PointResult | None, result: Result, found: Found) -> bool:
    if row is None:
        return result > Result.UNCHECKED
    fresh = result == found.result >= Result.YELLOW and list(found.evidence) != row.evidence
    return row.result != result or fresh


def _written(act: Act, point: Point, row: PointResult | None, result: Result) -> PointResult:
    if row is None:
        row = PointResult(
            id=new_id(act.now), project=act.project, point=point.id, evidence=[], cleared=[]
        )
        act.session.add(row)
    row.version, row.result, row.judged_at = points().version, int(result), act.now
    return row


def _show(act: Act, point: Point, result: Result, evidence: list[Any]) -> None:
    if result >= Result.YELLOW:
        shown(act, point.id, result, evidence)
    else:
        resolved(act, point.id)
