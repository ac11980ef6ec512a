"""An opening as the public follows it: its steps, told from the records that it sees (pure).

Who has released its key stays the bidders' and the hosts' until all is shown: nothing here counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from bidding.envelope.capsule import Kind
from webui.course.hall import Line

FEW = ("close", "fail")
"""The steps of a section that is not opened."""


def steps(told: Mapping[str, Any], needed: int, deadline: datetime) -> list[Line]:
    """Return the steps of an opening by its transcript; the first that is not done is the present.

    needed: answers of trustees that open.
    """
    if told["fail"] and not told["reveal"]:
        return [_by(name, told[name]) for name in FEW]
    lines = [
        replace(_by("close", told["close"]), at=_at(told["close"]) or deadline),
        _answers("names", told, Kind.NOTE, needed),
        _by("seals_lapsed", told["lapse"]) if told["lapse"] else _by("seals", _last(told["seals"])),
        _answers("shares", told, Kind.BID, needed),
        _by("unlock", told["unlock"]),
        _by("reveal", told["reveal"]),
        _by("end", told["end"]),
    ]
    over = max((n for n, line in enumerate(lines) if line.state == "done"), default=-1)
    lines = [replace(line, state="done") if n < over else line for n, line in enumerate(lines)]
    if over + 1 < len(lines):
        lines[over + 1] = replace(lines[over + 1], state="now")
    return lines


def at_rest(lines: list[Line]) -> list[Line]:
    """Return the steps of an opening that does not go on: none of them is the present one."""
    return [replace(line, state="todo") if line.state == "now" else line for line in lines]


def _answers(key: str, told: Mapping[str, Any], kind: Kind, needed: int) -> Line:
    found = [each for each in told["shares"] if each["facts"]["kind"] == kind.value]
    values = {"answers": len(found), "needed": needed}
    if len(found) < needed:
        return Line(key, "todo", values)
    return Line(key, "done", values, _at(found[needed - 1]), UUID(found[needed - 1]["record"]))


def _by(key: str, done: Mapping[str, Any] | None) -> Line:
    if done is None:
        return Line(key, "todo")
    return Line(key, "done", at=_at(done), record=UUID(done["record"]))


def _last(found: list[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    return found[-1] if found else None


def _at(done: Mapping[str, Any] | None) -> datetime | None:
    return datetime.fromisoformat(done["at"]) if done else None
