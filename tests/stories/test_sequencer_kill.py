"""SIGKILL of sequencers and writers under load: 0 lost, 0 doubled, 0 gaps, one tree at all times.

Two sequencers, one standing by; writers that note what was acknowledged to them. The victim and the
moment are random. Every checkpoint that ever lay in the folder is kept and compared.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from monitor.clock import SystemClock
from monitor.log.checkpoint import Policy, open_checkpoint
from monitor.log.note import Kind, SigningKey
from monitor.log.sequencer.latch import Latch
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import MissingTile, TileStore
from monitor.log.tree import consistency_path, root_from, verify_consistency
from monitor.log.witness.witness import Witness
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.platform import Platform
from monitor.record.standing import Standing
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses
from tests.stories.sequenced import Silent
from webui.serve.sequencing import Beat

SEQUENCERS, WRITERS = 2, 3
PROJECTS = tuple(uuid4() for _ in range(2))
LEAVES = "SELECT record_id FROM leaf WHERE record_id IS NOT NULL"
DENSE = "SELECT count(*) = max(idx) + 1 AND min(idx) = 0 FROM leaf"
RECORDS = "SELECT count(*) FROM record"
LOG = SigningKey("kill.example/log/2026", Kind.ED25519, b"k" * 32)
WITNESS = SigningKey("w.example", Kind.COSIGNATURE, b"w" * 32)
POLICY = Policy(LOG.verifier, (WITNESS.verifier,), 1)
HERE = multiprocessing.get_context("forkserver")
HERE.set_forkserver_preload([__name__, "tests.stories.test_sequencer_kill"])


def seat(act: Act, *, project: UUID) -> UUID:
    act.session.add(Standing(id=uuid4(), project=project, org=uuid4(), role="agency"))
    return act.record_id


SECRET: Action[Any, UUID] = Action(
    "standing.assign", frozenset({Role.SYSTEM}), Visibility.SECRET, False, seat
)
PUBLIC = replace(SECRET, visibility=Visibility.PUBLIC)


def open_sequencer(addresses: Addresses, folder: Path) -> Sequencer:
    witness = Witness(folder / "witness", WITNESS, [LOG.verifier])
    tiles, latch = TileStore(folder / "log"), Latch(folder / "latch")
    return Sequencer(addresses.sequencer_url, LOG, tiles, latch, {WITNESS.name: witness})


def lead(addresses: Addresses, folder: Path) -> None:
    """A sequencer until it is killed; what halts it is written down."""
    valkey: Any = Silent()
    beat = Beat(open_sequencer(addresses, folder), SystemClock(), valkey)
    while True:
        try:
            beat.look()
        except Exception as fault:
            (folder / f"halted-{os.getpid()}").write_text(repr(fault))
            raise
        time.sleep(0.02)


def write(addresses: Addresses, folder: Path, ended: Any) -> None:
    """A writer until it is killed or told to end; each acknowledged record on a line of its own."""
    platform = Platform(addresses.app_url, SystemClock())
    told = os.open(folder / f"acknowledged-{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for action, project in itertools.cycle(itertools.product((PUBLIC, SECRET), PROJECTS)):
        if ended.is_set():
            break
        record = platform.perform(action, SYSTEM, project, project=project)
        os.write(told, f"{record}\n".encode())
        time.sleep(0.005)
    platform.close()


@dataclass
class Field:
    """Who runs, who was killed, and every checkpoint that was seen."""

    addresses: Addresses
    folder: Path
    ended: Any = field(default_factory=HERE.Event)
    seen: dict[int, set[bytes]] = field(default_factory=dict)
    running: dict[str, BaseProcess] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def start(self, name: str) -> None:
        told: tuple[Any, ...] = (self.addresses, self.folder)
        work: Callable[..., None] = lead
        if name.startswith("writer"):
            work, told = write, (*told, self.ended)
        self.running[name] = HERE.Process(target=work, args=told, daemon=True)
        self.running[name].start()

    def kill(self) -> None:
        name = secrets.choice(list(self.running))
        self.running[name].kill()
        self.running[name].join()
        self.start(name)

    def watch(self) -> None:
        """Keep every checkpoint that is published, as a reader who never sleeps."""
        tiles = TileStore(self.folder / "log")
        while not self.over.wait(0.01):
            try:
                head = open_checkpoint(tiles.read_checkpoint(), Policy(LOG.verifier)).checkpoint
            except MissingTile:
                continue
            self.seen.setdefault(head.size, set()).add(head.root)

    def acknowledged(self) -> Iterator[UUID]:
        for path in self.folder.glob("acknowledged-*"):
            lines = path.read_text().split("\n")
            yield from (UUID(line) for line in lines if len(line) == 36)


@pytest.fixture(scope="module")
def fallen(database: Addresses, tmp_path_factory: pytest.TempPathFactory, campaign: bool) -> Field:
    made = Field(database, tmp_path_factory.mktemp("kill"))
    Witness.create(made.folder / "witness", WITNESS, [LOG.verifier])
    watch = threading.Thread(target=made.watch)
    watch.start()
    for number in range(SEQUENCERS):
        made.start(f"sequencer {number}")
    for number in range(WRITERS):
        made.start(f"writer {number}")
    kills, end = (120 if campaign else 10), time.monotonic() + 600
    while not any(made.acknowledged()) or not made.seen:
        assert time.monotonic() < end
        time.sleep(0.05)
    for _ in range(kills):
        time.sleep(0.2 + secrets.randbelow(1500 if campaign else 400) / 1000)
        made.kill()
    made.ended.set()
    for name, each in made.running.items():
        if name.startswith("writer"):
            each.join()
        else:
            each.kill()
            each.join()
    sequencer = open_sequencer(database, made.folder)
    sequencer.run_once(SystemClock().now())
    sequencer.close()
    time.sleep(0.05)
    made.over.set()
    watch.join()
    return made


def rows(addresses: Addresses, query: str) -> list[Any]:
    platform = Platform(addresses.app_url, SystemClock())
    with platform.read() as session:
        found = list(session.scalars(text(query)))
    platform.close()
    return found


def test_nothing_acknowledged_is_lost_or_doubled_and_no_place_is_empty(
    fallen: Field, request: pytest.FixtureRequest
) -> None:
    told, placed = list(fallen.acknowledged()), rows(fallen.addresses, LEAVES)
    show = f"{len(told)} acknowledged, {len(placed)} placed, {len(fallen.seen)} checkpoints"
    request.config.get_terminal_writer().line(f"\n{show}")
    assert len(told) > 20
    assert set(told) <= set(placed), "lost"
    assert len(placed) == len(set(placed)), "doubled"
    assert rows(fallen.addresses, RECORDS) == [len(placed)], "committed and without a place"
    assert rows(fallen.addresses, DENSE) == [True], "a gap"
    assert rows(fallen.addresses, "SELECT record_id FROM pending") == []


def test_every_pair_of_checkpoints_that_were_ever_seen_is_consistent(fallen: Field) -> None:
    assert len(fallen.seen) > 2
    assert {len(roots) for roots in fallen.seen.values()} == {1}, "two trees of one size"
    last = max(fallen.seen)
    reader = TileStore(fallen.folder / "log").hash_reader(last)
    roots = {size: next(iter(found)) for size, found in fallen.seen.items()}
    assert {size: root_from(reader, size) for size in roots} == roots
    for old, new in itertools.pairwise(sorted(roots)):
        path = consistency_path(reader, old, new)
        verify_consistency(old, new, path, roots[old], roots[new])


def test_no_sequencer_halted(fallen: Field) -> None:
    assert [path.read_text() for path in fallen.folder.glob("halted-*")] == []
