"""Changes of an entry: what restricts acts at once, what relaxes waits for a snapshot and cooling.

The rule is one and kept by the facts themselves: a new fact has no `known` until a snapshot holds
it, and a new end has no `end_known` (experts/dossier.py, Span).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from experts.pool.expert import Expert, found_expert, stamp
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role


class Change(StrEnum):
    """What may change of an entry."""

    ADD_SPECIALTY = "add_specialty"
    DROP_SPECIALTY = "drop_specialty"
    MOVE = "move"
    NEW_JOB = "new_job"
    END_JOB = "end_job"


@action("expert.resume", by=(Role.CENTRE,), visibility=Visibility.SECRET, standing=False)
def resume(act: Act, *, uid: str, ground: str) -> int:
    """End an expert's suspensions from now on; return how many. It counts after the cooling.

    Raises NotFound, Invalid without a ground, Conflict when nothing is suspended.
    """
    act.require(ground.strip(), Invalid("ground", "须写明理由 / a ground is needed"))
    row, now = found_expert(act.session, uid), stamp(act.now)
    running = [fact for fact in row.suspensions if fact.get("end", now + 1) > now]
    act.require(running, Conflict("该专家未被暂停 / this expert is not suspended", field="uid"))
    row.suspensions = [_ended(fact, now) if fact in running else fact for fact in row.suspensions]
    act.note(subject=str(row.id), uid=uid, ground=ground.strip(), ended=len(running))
    return len(running)


@action("expert.amend", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def amend(act: Act, *, uid: str, change: Change, value: str, since: datetime) -> None:
    """Change one fact of an entry; `since`: from when a job began or ended, else it is now.

    Raises NotFound for no such expert or fact, Invalid, Conflict for a fact that holds already.
    """
    row, value = found_expert(act.session, uid), value.strip()
    act.require(value, Invalid("value", "请填写 / needed"))
    act.require(since <= act.now, Invalid("since", "不得晚于现在 / not after now"))
    _CHANGES[change](act, row, value, stamp(since))
    act.note(subject=str(row.id), uid=uid, change=change.value, value=value)


def _add_specialty(act: Act, row: Expert, value: str, _: int) -> None:
    act.require(
        not _open(row.specialties, value),
        Conflict("已有该专业 / has this specialty already", field="value"),
    )
    row.specialties = [*row.specialties, {"value": value, "start": stamp(act.now)}]


def _drop_specialty(act: Act, row: Expert, value: str, _: int) -> None:
    act.require(
        value != row.main_specialty,
        Invalid("value", "主专业不可撤销 / the main specialty stays"),
    )
    row.specialties = _closed(row.specialties, value, stamp(act.now))


def _move(act: Act, row: Expert, value: str, _: int) -> None:
    fits = value.isdecimal() and len(value) == 6
    act.require(fits, Invalid("value", "应为六位行政区划代码 / six figures", rule="GB/T 2260"))
    row.region = {"value": value, "start": stamp(act.now)}


def _new_job(_: Act, row: Expert, value: str, since: int) -> None:
    row.employers = [*row.employers, {"value": value, "start": since}]


def _end_job(_: Act, row: Expert, value: str, since: int) -> None:
    row.employers = _closed(row.employers, value, since)


_CHANGES = {
    Change.ADD_SPECIALTY: _add_specialty,
    Change.DROP_SPECIALTY: _drop_specialty,
    Change.MOVE: _move,
    Change.NEW_JOB: _new_job,
    Change.END_JOB: _end_job,
}


def _open(facts: list[Any], value: str) -> list[Any]:
    return [fact for fact in facts if fact["value"] == value and "end" not in fact]


def _closed(facts: list[Any], value: str, at: int) -> list[Any]:
    running = _open(facts, value)
    if not running:
        raise NotFound("没有此项 / no such fact", field="value")
    return [_ended(fact, at) if fact in running else fact for fact in facts]


def _ended(fact: dict[str, Any], at: int) -> dict[str, Any]:
    """Return the fact ended; whoever snapshots it next says since when that is known."""
    return {name: told for name, told in fact.items() if name != "end_known"} | {"end": at}
