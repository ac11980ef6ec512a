"""A log of its own for a test: database, latch, tiles, witness; its sequencer started anew at will."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text

from monitor.clock import MovableClock
from monitor.log.checkpoint import Policy, open_checkpoint
from monitor.log.note import Kind, SigningKey
from monitor.log.sequencer.asking import Witnessing
from monitor.log.sequencer.latch import Latch
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import TileStore
from monitor.log.tree import leaf_hash, root, root_from
from monitor.log.witness.witness import Witness
from monitor.record.platform import Platform
from monitor.role import SYSTEM
from tests.conftest import Server
from trading.registration.party import enrol

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
ORIGIN, WITNESS = "crash.batong.test/log/2026", "witness.test"
LEAVES = text("SELECT idx, commitment FROM leaf ORDER BY idx")
TWICE = text("SELECT count(*) - count(DISTINCT record_id) FROM leaf WHERE record_id IS NOT NULL")
WAITING = text("SELECT count(*) FROM pending")


class Silent:
    """Valkey for a beat that tells nobody of heads."""

    def publish(self, *_: object) -> None:
        pass


@dataclass(slots=True)
class Log:
    """One log whose sequencer can be started anew, whole or stopping somewhere."""

    server: Server
    name: str
    folder: Path
    platform: Platform
    clock: MovableClock
    key: SigningKey
    witness: Witness
    policy: Policy

    def sequencer(
        self,
        *,
        kind: type[Sequencer] = Sequencer,
        tiles: TileStore | None = None,
        latch: Latch | None = None,
        witness: Witnessing | None = None,
        name: str = "",
        **more: Any,
    ) -> Sequencer:
        return kind(
            self.server.addresses(name or self.name).sequencer_url,
            self.key,
            tiles or TileStore(self.folder / "log"),
            latch or Latch(self.folder / "latch"),
            {WITNESS: witness or self.witness},
            **more,
        )

    def act(self, count: int = 3) -> None:
        for number in range(count):
            self.clock.wait(timedelta(seconds=1))
            self.platform.perform(enrol, SYSTEM, None, name=f"测试人{number}")

    def run(self, sequencer: Sequencer | None = None) -> int:
        """Sequence once, in a process of its own; the size of the published, cosigned tree."""
        self.clock.wait(timedelta(seconds=10))
        mine = sequencer or self.sequencer()
        try:
            mine.run_once(self.clock.now())
            note = mine.published()
        finally:
            mine.close()
        assert note is not None
        return open_checkpoint(note, self.policy).checkpoint.size

    def scalar(self, query: Any) -> Any:
        with self.platform.read() as session:
            return session.execute(query).scalar()


@contextmanager
def a_log(migrated: Server, folder: Path) -> Iterator[Log]:
    """A log in a database of its own, with a first batch."""
    name = make_url(migrated.clone().owner_url).database
    assert name is not None
    clock = MovableClock(START)
    platform = Platform(migrated.addresses(name).app_url, clock)
    key = SigningKey.generate(ORIGIN, Kind.ED25519)
    other = SigningKey.generate(WITNESS, Kind.COSIGNATURE)
    witness = Witness.create(folder / "witness", other, [key.verifier])
    policy = Policy(key.verifier, (other.verifier,), 1)
    made = Log(migrated, name, folder, platform, clock, key, witness, policy)
    made.act()
    made.run()
    try:
        yield made
    finally:
        platform.close()
        migrated.drop(name)


def require_one_tree(log: Log, size: int) -> None:
    """Rows, tiles, checkpoint and latch are of one tree, and everything committed is in it once."""
    with log.platform.read() as session:
        leaves = session.execute(LEAVES).all()
    tree = root([leaf_hash(row.commitment) for row in leaves])
    store, latch = TileStore(log.folder / "log"), Latch(log.folder / "latch").read()
    note = store.read_checkpoint().decode()
    head = open_checkpoint(note, log.policy).checkpoint
    assert (head.size, head.root, latch) == (size, tree, note)
    assert root_from(store.hash_reader(size), size) == tree
    assert [log.scalar(query) for query in (TWICE, WAITING)] == [0, 0]
