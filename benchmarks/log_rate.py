"""Acts per second with every one logged, beside the same transaction without logging, in one run.

Run `python -m benchmarks.log_rate [ROUNDS [SECONDS]]`, a second time with `--flush 2` for a disk
that takes 2 ms to flush (by commit_delay: the leader of a group commit sleeps so long).

Eight writers, each a process; secret acts, which share their project's lock, on eight projects and
on one. A round runs every way once, in turn; a ratio is that of one round's rates, and the median
of the rounds is shown with their range. `logged` is `Platform.perform` as it is, the sequencer
live beside it as `serve` runs it: for public acts up to ten batches a second, fewer where one takes
long, for secret ones the beat of ten seconds, so a round should last longer (`7 11`). `unlogged` is
the same code on the same tables, its triggers off and nothing appended. `outbox` adds one insert to
that; `global lock`, `hash chain` and `NOTIFY` are what other logs do in the transaction, on top of
the outbox.

Beside each rate stands what one act takes of the processor, the sequencer and all of PostgreSQL
included, and the ratio of that: where others use the machine too it tells more than the rate. At
the end stands what each part of logging costs (log_part.py).
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from benchmarks.log_ground import Unlogged, a_database, a_log, an_action
from benchmarks.log_part import show_parts
from monitor.clock import SystemClock
from monitor.record.action import Visibility
from monitor.record.platform import Platform
from monitor.role import SYSTEM
from monitor.runtime.database import Addresses, libpq
from webui.serve.sequencing import Beat, pause

WRITERS = 8
OUTBOX = "INSERT INTO bench_outbox (body) VALUES (:body)"
STEPS: dict[str, tuple[str, ...]] = {
    "unlogged": (),
    "outbox": (OUTBOX,),
    "global lock": ("SELECT pg_advisory_xact_lock(1)", OUTBOX),
    "hash chain": (OUTBOX, "UPDATE bench_chain SET head = sha256(head || CAST(:body AS bytea))"),
    "NOTIFY": (OUTBOX, "SELECT pg_notify('bench', '')"),
}
LOGGED, ALONE = "logged", "logged, no sequencer"
WAYS = (*STEPS, ALONE, LOGGED)


@dataclass(frozen=True)
class Order:
    """What writers do next: which way, on how many projects, for how long."""

    way: str
    visibility: Visibility
    projects: tuple[UUID, ...]
    seconds: float


def write(number: int, addresses: Addresses, pipe: Pipe) -> None:
    """One writer: does what it is told until it is told nothing."""
    app = Platform(addresses.app_url, SystemClock())
    ways: dict[str, Platform] = dict.fromkeys((LOGGED, ALONE), app)
    while (order := pipe.recv()) is not None:
        if order.way not in ways:
            ways[order.way] = Unlogged(addresses.superuser_url, STEPS[order.way])
        platform, action = ways[order.way], an_action(order.visibility)
        project = order.projects[number % len(order.projects)]
        platform.perform(action, SYSTEM, project, project=project)
        pipe.send("ready")
        pipe.recv()
        count, end = 0, time.monotonic() + order.seconds
        while time.monotonic() < end:
            platform.perform(action, SYSTEM, project, project=project)
            count += 1
        pipe.send(count)


class Silent:
    """Nobody is told of heads here."""

    def publish(self, *_: object) -> None:
        pass


def lead(addresses: Addresses, folder: Path, going: Any, ended: Any) -> None:
    """The sequencer, live while it is told to go."""
    log = a_log(addresses, folder)
    valkey: Any = Silent()
    beat = Beat(log, SystemClock(), valkey)
    while not ended.is_set():
        if not going.wait(0.2):
            continue
        begun = time.monotonic()
        beat.look()
        time.sleep(pause(time.monotonic() - begun))
    log.close()


def processor(parents: Sequence[int]) -> float:
    """Seconds that these processes and their children have used."""
    ticks, total = os.sysconf("SC_CLK_TCK"), 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            told = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(entry.name) in parents or int(told[1]) in parents:
            total += int(told[11]) + int(told[12])
    return total / ticks


class Field:
    """The writers and the sequencer over one PostgreSQL."""

    def __init__(self, addresses: Addresses, folder: Path) -> None:
        here = multiprocessing.get_context("spawn")
        self.addresses, self.going, self.ended = addresses, here.Event(), here.Event()
        ends = [here.Pipe() for _ in range(WRITERS)]
        self.pipes = [end for end, _ in ends]
        self.all = [
            here.Process(target=write, args=(number, addresses, there))
            for number, (_, there) in enumerate(ends)
        ]
        self.all.append(here.Process(target=lead, args=(addresses, folder, self.going, self.ended)))
        for each in self.all:
            each.start()
        postmaster = int((folder / "postgres" / "postmaster.pid").read_text().split("\n")[0])
        self.parents = [postmaster, *(each.pid or 0 for each in self.all)]

    def rate(self, order: Order) -> tuple[float, float]:
        """Return acts a second of all writers together, and processor milliseconds an act."""
        if order.way == LOGGED:
            self.going.set()
        for pipe in self.pipes:
            pipe.send(order)
        for pipe in self.pipes:
            pipe.recv()
        used = processor(self.parents)
        for pipe in self.pipes:
            pipe.send("go")
        total = sum(pipe.recv() for pipe in self.pipes)
        used = processor(self.parents) - used
        self.going.clear()
        self._drain()
        return float(total) / order.seconds, used / total * 1000

    def _drain(self) -> None:
        """What a way without sequencer left is nobody's to sequence in a later one."""
        with psycopg.connect(libpq(self.addresses.superuser_url)) as connection:
            connection.execute("DELETE FROM pending")

    def close(self) -> None:
        for pipe in self.pipes:
            pipe.send(None)
        self.ended.set()
        for each in self.all:
            each.join()


@contextmanager
def a_field(flush_ms: float) -> Iterator[Field]:
    with a_database(flush_ms) as (addresses, folder):
        field = Field(addresses, folder)
        try:
            yield field
        finally:
            field.close()


def shown(name: str, rows: list[tuple[float, float]], base: list[tuple[float, float]]) -> str:
    rates = sorted(row / one for (row, _), (one, _) in zip(rows, base, strict=True))
    costs = sorted(one / row for (_, row), (_, one) in zip(rows, base, strict=True))
    return (
        f"  {name:<22}{statistics.median(row for row, _ in rows):>6.0f}/s "
        f"{statistics.median(rates):.2f} [{rates[0]:.2f}-{rates[-1]:.2f}]   "
        f"{statistics.median(cost for _, cost in rows):>5.2f} ms "
        f"{statistics.median(costs):.2f} [{costs[0]:.2f}-{costs[-1]:.2f}]"
    )


def compare(
    field: Field, what: str, make: Callable[[str], Order], ways: tuple[str, ...], rounds: int
) -> None:
    found: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for number in range(rounds):
        for way in ways if number % 2 else reversed(ways):
            found[way].append(field.rate(make(way)))
    print(f"{what}, {WRITERS} writers, {rounds} paired rounds; ratio to unlogged")
    for way in ways:
        print(shown(way, found[way], found["unlogged"]))


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("rounds", nargs="?", type=int, default=7)
    asked.add_argument("seconds", nargs="?", type=float, default=2.0)
    asked.add_argument("--flush", type=float, default=0.0, help="milliseconds that a flush takes")
    told = asked.parse_args()
    eight = tuple(uuid4() for _ in range(WRITERS))
    print(f"flush: {f'{told.flush} ms (commit_delay)' if told.flush else 'as the disk does'}")
    kinds = (
        ("secret acts on eight projects", Visibility.SECRET, eight, WAYS),
        ("secret acts on one project", Visibility.SECRET, eight[:1], ("unlogged", LOGGED)),
        ("public acts on eight projects", Visibility.PUBLIC, eight, ("unlogged", LOGGED)),
    )
    with a_field(told.flush) as field:
        for what, visibility, projects, ways in kinds:
            make = partial(Order, visibility=visibility, projects=projects, seconds=told.seconds)
            compare(field, what, make, ways, told.rounds)
    show_parts(told.flush)


if __name__ == "__main__":
    main()
