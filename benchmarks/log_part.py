"""What each part of logging costs an act: one writer, then a batch of all that it wrote.

Run `python -m benchmarks.log_part [--flush 2]`; log_rate.py prints it too. Each part is timed where
it is done. What the database does inside one statement is one part: the insert of a record with its
hashes. The rows' change lines are made by the trigger of the act's own writes: they are in the rest
of a logged act, which an unlogged one lacks.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from benchmarks.log_ground import Unlogged, a_database, a_log, an_action
from monitor.clock import SystemClock
from monitor.log.sequencer.sequencer import Sequencer
from monitor.record import platform as performing
from monitor.record.action import Action, Visibility
from monitor.record.platform import Platform
from monitor.role import SYSTEM

ACTS = 400
FORM, LOCK, INSERT, FLUSH = "canonical form", "lock", "insert and hash", "flush (commit)"
TREE = "tree (sequencer)"
INSIDE = (FORM, LOCK, INSERT, FLUSH)
"""The parts of the act itself; the tree grows after it."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds an act: each part, a whole logged act, the same act unlogged."""

    parts: Mapping[str, float]
    logged: float
    unlogged: float

    def lines(self) -> list[str]:
        """Return a line for each part, with its share of a logged act, and one for each whole."""
        told = [
            f"  {part:<22}{self.parts[part]:>6.3f} ms {self.parts[part] / self.logged:>5.0%}"
            for part in (*INSIDE, TREE)
        ]
        wholes = (("an act, logged", self.logged), ("an act, unlogged", self.unlogged))
        return told + [f"  {name:<22}{each:>6.3f} ms" for name, each in wholes]


@contextmanager
def timed(place: Any, name: str, taken: dict[str, float], part: str) -> Iterator[None]:
    """Add what each call of a function takes to a part, in seconds, while it is held."""
    real: Callable[..., Any] = getattr(place, name)

    def counted(*args: Any, **named: Any) -> Any:
        begun = time.perf_counter()
        try:
            return real(*args, **named)
        finally:
            taken[part] += time.perf_counter() - begun

    setattr(place, name, counted)
    try:
        yield
    finally:
        setattr(place, name, real)


def cost(
    app: Platform, bare: Platform, log: Sequencer, action: Action[Any, None], count: int = ACTS
) -> Cost:
    """Return what the parts cost over so many acts. bare: the same transaction without logging."""
    taken: dict[str, float] = defaultdict(float)
    project = uuid4()
    unlogged = acts(bare, action, project, count)
    acts(app, action, project, count)
    log.run_once(app.clock.now())
    dialect, act = app.engine.dialect, performing._Performance
    with (
        timed(performing, "compose", taken, FORM), timed(performing, "encode", taken, FORM),
        timed(act, "_enter", taken, LOCK), timed(act, "_append", taken, INSERT),
        timed(dialect, "do_commit", taken, FLUSH),
    ):  # fmt: skip
        whole = acts(app, action, project, count)
    taken[INSERT] -= taken[FORM]  # composed and encoded inside the appending
    begun = time.perf_counter()
    log.run_once(app.clock.now())
    taken[TREE] = time.perf_counter() - begun
    parts = {part: each / count * 1000 for part, each in taken.items()}
    return Cost(parts, whole, unlogged)


def acts(platform: Platform, action: Action[Any, None], project: UUID, count: int) -> float:
    """Do so many acts; return milliseconds an act."""
    begun = time.perf_counter()
    for _ in range(count):
        platform.perform(action, SYSTEM, project, project=project)
    return (time.perf_counter() - begun) / count * 1000


def show_parts(flush_ms: float) -> None:
    """Say what each part of logging costs, in a database with a log of its own."""
    with a_database(flush_ms) as (addresses, folder):
        app = Platform(addresses.app_url, SystemClock())
        bare = Unlogged(addresses.superuser_url, ())
        log = a_log(addresses, folder)
        print(f"what each part costs, one writer, {ACTS} secret acts")
        print("\n".join(cost(app, bare, log, an_action(Visibility.SECRET)).lines()))
        for each in (log, app, bare):
            each.close()


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("--flush", type=float, default=0.0, help="milliseconds that a flush takes")
    show_parts(asked.parse_args().flush)
