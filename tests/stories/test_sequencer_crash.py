"""The sequencer stopped at every point, restored, doubled: it takes up one tree, or refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, text

from monitor.clock import MovableClock
from monitor.log.checkpoint import Policy, open_checkpoint
from monitor.log.note import Kind, SigningKey
from monitor.log.sequencer.latch import Latch, LatchMoved
from monitor.log.sequencer.sequencer import (
    BehindLatch,
    NotLeader,
    Sequencer,
    Witnessing,
)
from monitor.log.tile import Address, TileStore
from monitor.log.tree import leaf_hash, root, root_from
from monitor.log.witness.witness import Witness
from monitor.record.audit.walk import audit
from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import SYSTEM
from monitor.runtime.database import create_database, libpq
from tests.conftest import Server
from trading.registration.party import enrol

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
ORIGIN, WITNESS = "crash.batong.test/log/2026", "witness.test"
LEAVES = text("SELECT idx, commitment FROM leaf ORDER BY idx")
TWICE = text("SELECT count(*) - count(DISTINCT record_id) FROM leaf WHERE record_id IS NOT NULL")
WAITING = text("SELECT count(*) FROM pending")
IN_ORDER = text(
    "SELECT l.idx FROM leaf l JOIN record r ON r.id = l.record_id WHERE l.idx >= :size ORDER BY r.id"
)


class Stopped(Exception):
    """The process ends here."""


class StoppingLatch(Latch):
    """A latch at whose n-th move the process ends, before it or just after it."""

    def __init__(self, folder: Path, at: int, *, moved: bool) -> None:
        super().__init__(folder)
        self.left, self.moved = at, moved

    def swap(self, expected: str | None, new: str) -> None:
        self.left -= 1
        if self.left == 0 and not self.moved:
            raise Stopped
        super().swap(expected, new)
        if self.left == 0:
            raise Stopped


class StoppingTiles(TileStore):
    """Tiles where the process ends at the n-th tile, or at the n-th checkpoint."""

    def __init__(self, folder: Path, *, tile: int = 0, checkpoint: int = 0) -> None:
        super().__init__(folder)
        self.tile, self.checkpoint = tile, checkpoint

    def write(self, address: Address, values: Sequence[bytes]) -> None:
        self.tile -= 1
        if self.tile == 0:
            raise Stopped
        super().write(address, values)

    def write_checkpoint(self, note: str) -> None:
        self.checkpoint -= 1
        if self.checkpoint == 0:
            raise Stopped
        super().write_checkpoint(note)


class StoppingWitness:
    """The process ends while it asks the witness: before it was asked, or before its answer."""

    def __init__(self, witness: Witness, *, asked: bool) -> None:
        self.witness, self.asked = witness, asked

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str, now: datetime, /) -> str:
        if self.asked:
            self.witness.add_checkpoint(old, proof, note, now)
        raise Stopped


class StoppingBeforeSigning(Sequencer):
    """The process ends when the batch is committed and nothing of it is signed."""

    def _read_back(self, start: int, head: Any) -> list[bytes]:
        raise Stopped


def stop(_: int) -> bytes:
    raise Stopped


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


@pytest.fixture
def log(migrated: Server, tmp_path: Path) -> Iterator[Log]:
    name = make_url(migrated.clone().owner_url).database
    assert name is not None
    clock = MovableClock(START)
    platform = Platform(migrated.addresses(name).app_url, clock)
    key = SigningKey.generate(ORIGIN, Kind.ED25519)
    other = SigningKey.generate(WITNESS, Kind.COSIGNATURE)
    witness = Witness.create(tmp_path / "witness", other, [key.verifier])
    policy = Policy(key.verifier, (other.verifier,), 1)
    made = Log(migrated, name, tmp_path, platform, clock, key, witness, policy)
    made.act()
    made.run()
    yield made
    platform.close()
    migrated.drop(name)


def missing(sequencer: Sequencer) -> Sequencer:
    """The same, as if its witness had been away the last time: it publishes first, then asks."""
    sequencer.absent[WITNESS] = "away"
    return sequencer


Stopping = Callable[[Log], Sequencer]
POINTS: dict[str, Stopping] = {
    "inside T": lambda log: log.sequencer(entropy=stop),
    "after T": lambda log: log.sequencer(kind=StoppingBeforeSigning),
    "after signing": lambda log: log.sequencer(
        latch=StoppingLatch(log.folder / "latch", 1, moved=False)
    ),
    "after the latch": lambda log: log.sequencer(
        latch=StoppingLatch(log.folder / "latch", 1, moved=True)
    ),
    "amid the tiles": lambda log: log.sequencer(tiles=StoppingTiles(log.folder / "log", tile=2)),
    "after the tiles": lambda log: log.sequencer(
        tiles=StoppingTiles(log.folder / "log", checkpoint=1)
    ),
    "before the witness": lambda log: log.sequencer(
        witness=StoppingWitness(log.witness, asked=False)
    ),
    "after the witness": lambda log: log.sequencer(
        witness=StoppingWitness(log.witness, asked=True)
    ),
    "before the cosigned checkpoint": lambda log: missing(
        log.sequencer(tiles=StoppingTiles(log.folder / "log", checkpoint=2))
    ),
    "before the latch's cosignature": lambda log: log.sequencer(
        latch=StoppingLatch(log.folder / "latch", 2, moved=False)
    ),
}


@pytest.mark.parametrize("point", POINTS)
def test_a_stop_anywhere_is_taken_up_into_one_and_the_same_tree(log: Log, point: str) -> None:
    log.act()
    with pytest.raises(Stopped):
        log.run(POINTS[point](log))
    with log.platform.read() as session:
        committed = session.execute(LEAVES).all()
    log.act()
    size = log.run()
    with log.platform.read() as session:
        leaves = session.execute(LEAVES).all()
        tree = root([leaf_hash(row.commitment) for row in leaves])
        note = TileStore(log.folder / "log").read_checkpoint().decode()
        trusted = open_checkpoint(note, log.policy).checkpoint
        assert audit(session, trusted, log.policy) == []
    assert leaves[: len(committed)] == committed
    assert (trusted.size, trusted.root) == (size, tree)
    assert root_from(TileStore(log.folder / "log").hash_reader(size), size) == tree
    assert [log.scalar(query) for query in (TWICE, WAITING)] == [0, 0]


def test_stopping_again_and_again_does_not_change_what_comes_out(log: Log) -> None:
    for stopping in POINTS.values():
        log.act(1)
        with pytest.raises(Stopped):
            log.run(stopping(log))
    size = log.run()
    with log.platform.read() as session:
        leaves = session.execute(LEAVES).all()
    assert root_from(TileStore(log.folder / "log").hash_reader(size), size) == root(
        [leaf_hash(row.commitment) for row in leaves]
    )
    assert [log.scalar(query) for query in (TWICE, WAITING)] == [0, 0]


def frozen(log: Log) -> dict[str, bytes]:
    """The latch and everything published, by file."""
    files = [*(log.folder / "latch").rglob("checkpoint"), *(log.folder / "log").rglob("*")]
    return {str(path): path.read_bytes() for path in files if path.is_file()}


def test_a_database_restored_to_an_earlier_day_refuses_to_start(log: Log) -> None:
    log.platform.engine.dispose()
    create_database(log.server.superuser_url, f"{log.name}_old", log.name)
    try:
        log.act()
        log.run()
        before = frozen(log)
        with pytest.raises(BehindLatch):
            log.run(log.sequencer(name=f"{log.name}_old"))
        assert frozen(log) == before
    finally:
        log.server.drop(f"{log.name}_old")


def test_an_empty_database_refuses_to_start_under_a_latch_that_has_seen_a_tree(log: Log) -> None:
    name = make_url(log.server.clone().owner_url).database
    assert name is not None
    before = frozen(log)
    try:
        with pytest.raises(BehindLatch):
            log.run(log.sequencer(name=name))
        assert frozen(log) == before
    finally:
        log.server.drop(name)


class SlowWitness:
    """A witness that takes its time, so that somebody else may try to come in."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.asked, self.go_on = threading.Event(), threading.Event()

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str, now: datetime, /) -> str:
        self.asked.set()
        assert self.go_on.wait(20)
        return self.witness.add_checkpoint(old, proof, note, now)


def test_of_two_sequencers_one_leads_until_its_batch_is_published(log: Log) -> None:
    slow = SlowWitness(log.witness)
    first = threading.Thread(target=log.run, args=[log.sequencer(witness=slow)])
    log.act()
    first.start()
    try:
        assert slow.asked.wait(20)
        log.act()
        with pytest.raises(NotLeader):
            log.run()
    finally:
        slow.go_on.set()
        first.join()
    size = log.run()
    with log.platform.read() as session:
        assert len(session.execute(LEAVES).all()) == size
    assert [log.scalar(query) for query in (TWICE, WAITING)] == [0, 0]


class Held(Sequencer):
    """A sequencer that is held up after it has read its batch back, before it signs."""

    about, go_on = threading.Event(), threading.Event()

    def _read_back(self, start: int, head: Any) -> list[bytes]:
        entries = Sequencer._read_back(self, start, head)
        self.about.set()
        assert self.go_on.wait(20)
        return entries


def test_a_leader_that_lost_its_lock_unawares_never_moves_the_log_back(log: Log) -> None:
    stale, seen = log.sequencer(kind=Held), list[BaseException]()

    def run() -> None:
        try:
            stale.run_once(log.clock.now())
        except Exception as error:
            seen.append(error)

    log.act()
    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert Held.about.wait(20)
        depose(log)
        log.act()
        log.run()
        before = frozen(log)
    finally:
        Held.go_on.set()
        thread.join()
        stale.close()
    assert LatchMoved in chain(seen[0])
    assert frozen(log) == before


def chain(error: BaseException | None) -> list[type[BaseException]]:
    """The error and what it came upon: its dead connection may have the last word."""
    return [] if error is None else [type(error), *chain(error.__context__)]


def depose(log: Log) -> None:
    """End the connection that holds the leader's lock, as a broken network would."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'leader'::regclass"
    url = libpq(log.server.addresses(log.name).superuser_url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(query)


def test_nobody_else_can_hold_the_leaders_lock(log: Log) -> None:
    """With the app's password one could once stand in for a leader, and the log stood still."""
    with psycopg.connect(libpq(log.server.addresses(log.name).app_url)) as thief:
        for mode in ("ACCESS SHARE", "ROW EXCLUSIVE", "SHARE ROW EXCLUSIVE"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), thief.transaction():
                thief.execute(f"LOCK TABLE leader IN {mode} MODE".encode())
        log.run()


def test_a_refused_act_is_sequenced_like_any_other(log: Log) -> None:
    with pytest.raises(Refusal) as refused:
        log.platform.perform(enrol, SYSTEM, None, name="")
    assert refused.value.record is not None
    log.run()
    mine = log.sequencer()
    try:
        assert mine.proof(refused.value.record) is not None
    finally:
        mine.close()


def test_ones_own_place_in_a_batch_tells_nothing_of_the_acts_before_it(log: Log) -> None:
    """A rival's one act in the same ten seconds must not count what was done in secret."""
    log.run()
    with log.platform.read() as session:
        size = len(session.execute(LEAVES).all())
    log.act(40)
    log.run()
    with log.platform.read() as session:
        placed = session.scalars(IN_ORDER, {"size": size}).all()
    assert len(placed) == 40
    assert list(placed) != sorted(placed), "in order of commit"
    assert max(placed) >= size + 40, "the padding stands among them, not after them"
