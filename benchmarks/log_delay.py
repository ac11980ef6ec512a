"""From commit to signed, cosigned, published head, in milliseconds, at a steady rate.

Run `python -m benchmarks.log_delay [RATE [SECONDS]]` (default 100 acts a second for 20 s).

The sequencer is a process of its own, as `serve` runs it: woken by hints over Valkey, a batch every
100 ms at most, fewer where one takes long, its witness beside it. Eight writers commit at the rate;
an act counts from the return of `perform` until a published checkpoint covers it. Secret acts wait
for the next beat by design and are not in it. Beside it the median time of `perform` itself, and
what one record takes in the database, indexes included.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg

from monitor.clock import SystemClock
from monitor.log.checkpoint import Policy, open_checkpoint
from monitor.log.note import Kind, SigningKey
from monitor.log.sequencer.latch import Latch
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import MissingTile, TileStore
from monitor.log.witness.witness import Witness
from monitor.migrations.schema import migrate
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.platform import Platform
from monitor.record.standing import Standing
from monitor.role import SYSTEM, Role
from monitor.runtime.database import libpq
from monitor.runtime.folder import socket_folder
from monitor.runtime.postgres import EmbeddedPostgres
from monitor.runtime.valkey import EmbeddedValkey, connect
from monitor.work.hint import ACT, Hints
from webui.serve.sequencing import LOOK, Beat, pause

WRITERS, TABLES = 8, ("record", "opening", "change", "leaf")
LOG = SigningKey("bench.example/log/2026", Kind.ED25519, b"b" * 32)
WITNESS = SigningKey("witness.example", Kind.COSIGNATURE, b"w" * 32)
Done = list[tuple[UUID, float, float]]


def assign(act: Act, *, project: UUID) -> UUID:
    act.session.add(Standing(id=uuid4(), project=project, org=uuid4(), role="agency"))
    return act.record_id


ASSIGN: Action[Any, UUID] = Action(
    "standing.assign", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, assign
)


def lead(url: str, redis_url: str, folder: Path, ended: Any) -> None:
    witness = Witness.create(folder / "witness", WITNESS, [LOG.verifier])
    tiles, latch = TileStore(folder / "log"), Latch(folder / "latch")
    log = Sequencer(url, LOG, tiles, latch, {WITNESS.name: witness})
    beat, hints = Beat(log, SystemClock(), connect(redis_url)), Hints(redis_url, ACT)
    while not ended.is_set():
        begun = time.monotonic()
        if beat.look() is not None:
            time.sleep(pause(time.monotonic() - begun))
        hints.wait(LOOK)


class Watch(threading.Thread):
    """Notes when each published checkpoint was first there."""

    def __init__(self, tiles: TileStore) -> None:
        super().__init__(daemon=True)
        self.tiles, self.policy = tiles, Policy(LOG.verifier, (WITNESS.verifier,), 1)
        self.over, self.seen = threading.Event(), list[tuple[int, float]]()

    def run(self) -> None:
        last = b""
        while not self.over.wait(0.002):
            try:
                note = self.tiles.read_checkpoint()
            except MissingTile:
                continue
            if note != last:
                last = note
                size = open_checkpoint(note, self.policy).checkpoint.size
                self.seen.append((size, time.monotonic()))


def write(app_url: str, redis_url: str, rate: float, seconds: float, done: Done) -> None:
    """One writer at its share of the rate: each act's record, its end, how long it took."""
    platform = Platform(app_url, SystemClock(), published=Hints(redis_url, ACT).give)
    project, begun, count = uuid4(), time.monotonic(), 0
    while (at := time.monotonic()) - begun < seconds:
        record = platform.perform(ASSIGN, SYSTEM, project, project=project)
        end = time.monotonic()
        done.append((record, end, end - at))
        count += 1
        time.sleep(max(0.0, begun + count * WRITERS / rate - time.monotonic()))
    platform.close()


def measure(app_url: str, redis_url: str, watch: Watch, rate: float, seconds: float) -> Done:
    done: Done = []
    writers = [
        threading.Thread(target=write, args=(app_url, redis_url, rate, seconds, done))
        for _ in range(WRITERS)
    ]
    watch.start()
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    time.sleep(3 * LOOK + 1)
    watch.over.set()
    watch.join()
    return done


def show(done: Done, watch: Watch, superuser_url: str, seconds: float) -> None:
    with psycopg.connect(libpq(superuser_url)) as connection:
        places = dict(connection.execute("SELECT record_id, idx FROM leaf").fetchall())
        sizes = {
            name: connection.execute("SELECT pg_total_relation_size(%s)", [name]).fetchone()
            for name in TABLES
        }
    delays = sorted(
        next(at for size, at in watch.seen if size > places[record]) - end
        for record, end, _ in done
    )
    took = statistics.median(each for _, _, each in done)
    leaves = watch.seen[-1][0]
    p50, p99 = delays[len(delays) // 2] * 1000, delays[len(delays) * 99 // 100] * 1000
    print(f"{len(done) / seconds:.0f} acts/s, {len(watch.seen)} heads, {leaves} leaves at the end")
    print(f"commit to published head: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    print(f"perform itself: median {took * 1000:.0f} ms")
    told = ", ".join(f"{name} {size[0] / len(done):.0f}" for name, size in sizes.items() if size)
    print(f"bytes a record in PostgreSQL (padding in leaf): {told}")


def main() -> None:
    rate, seconds = map(float, [*sys.argv[1:3], *("100", "20")[len(sys.argv) - 1 :]])
    here = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sockets = socket_folder(folder)
        postgres = stack.enter_context(EmbeddedPostgres(folder, sockets))
        valkey = stack.enter_context(EmbeddedValkey(folder, sockets))
        addresses, ended = postgres.addresses("batong"), here.Event()
        migrate(addresses.owner_url)
        told = (addresses.sequencer_url, valkey.url, folder, ended)
        leader = here.Process(target=lead, args=told)
        leader.start()
        watch = Watch(TileStore(folder / "log"))
        while not (folder / "log" / "checkpoint").exists():
            time.sleep(0.05)
        done = measure(addresses.app_url, valkey.url, watch, rate, seconds)
        show(done, watch, addresses.superuser_url, seconds)
        ended.set()
        leader.join()


if __name__ == "__main__":
    main()
