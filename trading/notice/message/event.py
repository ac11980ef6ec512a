"""Events: which acts tell people, and whom; the table is data (event.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from monitor.law.workday import local_date
from monitor.record.moment import Done

TABLE = Path(__file__).with_name("event.toml")


@dataclass(frozen=True, slots=True)
class Event:
    """An act that tells people: whom, and under which conditions."""

    action: str
    to: tuple[str, ...]
    sealed: bool = False
    after_close: bool = False
    once: bool = False
    quiet: bool = False


@cache
def events() -> dict[str, Event]:
    """Return every act that tells people, by its name."""
    raw = tomllib.loads(TABLE.read_text("utf-8"))
    return {
        name: Event(
            name,
            tuple(row["to"]),
            row.get("sealed", False),
            row.get("after_close", False),
            row.get("once", False),
            row.get("quiet", False),
        )
        for name, row in raw.items()
    }


def telling(acts: Iterable[Done], *, closed: bool) -> list[tuple[Done, Event]]:
    """Return the acts that tell people now: those that wait for CLOSE are left out before it."""
    told: set[object] = set()
    found = []
    for act in acts:
        event = events().get(act.body["action"])
        if event is None or (event.after_close and not closed):
            continue
        if event.once and (name := _name(act)) in told:
            continue
        if event.once:
            told.add(name)
        found.append((act, event))
    return found


def _name(act: Done) -> object:
    """Name what is told once: a card of one colour under one rule on one day."""
    day = local_date(datetime.fromisoformat(act.body["time"]))
    return act.body["action"], act.body["facts"].get("rule"), day
