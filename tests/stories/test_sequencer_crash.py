"""The sequencer stopped at every point, restored, doubled: it takes up one tree, or refuses."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, make_url, text

from monitor.log.checkpoint import open_checkpoint
from monitor.log.sequencer.halt import BatchDiffers, BehindLatch, BehindWitness
from monitor.log.sequencer.latch import Latch, LatchMoved
from monitor.log.sequencer.sequencer import NotLeader, Sequencer
from monitor.log.tile import Address, TileStore
from monitor.log.witness.witness import Witness
from monitor.record.audit.walk import audit
from monitor.refusal import Refusal
from monitor.role import SYSTEM
from monitor.runtime.database import create_database, libpq
from tests.conftest import Server
from tests.stories.sequenced import LEAVES, TWICE, WAITING, WITNESS, Log, a_log, require_one_tree
from trading.registration.party import enrol

IN_ORDER = text(
    "SELECT l.idx FROM leaf l JOIN record r ON r.id = l.record_id WHERE l.idx >= :size ORDER BY r.id"
)


class Stopped(Exception):
    """The process ends here."""


class Pen:
    """Counts every write of a release; at the n-th the process ends, before it is done.

    To end after a write is to end before the next one: nothing else durable lies between them.
    """

    def __init__(self, last: int) -> None:
        self.left, self.written = last, list[str]()

    def touch(self, what: str) -> None:
        self.left -= 1
        if self.left == 0:
            raise Stopped
        self.written.append(what)


class PennedLatch(Latch):
    def __init__(self, folder: Path, pen: Pen) -> None:
        super().__init__(folder)
        self.pen = pen

    def swap(self, expected: str | None, new: str) -> None:
        self.pen.touch("latch")
        super().swap(expected, new)


class PennedTiles(TileStore):
    def __init__(self, folder: Path, pen: Pen) -> None:
        super().__init__(folder)
        self.pen = pen

    def write(self, address: Address, values: Sequence[bytes]) -> None:
        self.pen.touch(address.path())
        super().write(address, values)

    def write_checkpoint(self, note: str) -> None:
        self.pen.touch("checkpoint")
        super().write_checkpoint(note)


class PennedWitness:
    """The process that asks ends before the witness has written, or before its answer came."""

    def __init__(self, witness: Witness, pen: Pen) -> None:
        self.witness, self.pen = witness, pen

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str, now: datetime, /) -> str:
        self.pen.touch("asked")
        line = self.witness.add_checkpoint(old, proof, note, now)
        self.pen.touch("answered")
        return line

    def latest(self, origin: str, /) -> str | None:
        return self.witness.latest(origin)


def stop(_: int) -> bytes:
    raise Stopped


@pytest.fixture
def log(migrated: Server, tmp_path: Path) -> Iterator[Log]:
    with a_log(migrated, tmp_path) as made:
        yield made


def penned(log: Log, pen: Pen) -> Sequencer:
    """A sequencer all of whose writes, its commits among them, go by the pen."""
    made = log.sequencer(
        tiles=PennedTiles(log.folder / "log", pen),
        latch=PennedLatch(log.folder / "latch", pen),
        witness=PennedWitness(log.witness, pen),
    )
    event.listen(made.engine, "commit", lambda _: pen.touch("commit"))
    return made


@pytest.mark.parametrize("away", [False, True], ids=["witnessed", "witness was away"])
def test_a_stop_before_any_write_is_taken_up_into_one_and_the_same_tree(
    log: Log, away: bool
) -> None:
    """Stop before the first write, before the second, … until none is left to stop at."""
    seen: list[str] = []
    for last in range(1, 40):
        pen = Pen(last)
        log.act(1)
        sequencer = penned(log, pen)
        if away:  # then it publishes first, and asks after
            sequencer.absent[WITNESS] = "away"
        try:
            log.run(sequencer)
        except Stopped:
            pass
        else:
            seen = pen.written
            break
        with log.platform.read() as session:
            committed = session.execute(LEAVES).all()
        log.act(1)
        require_one_tree(log, log.run())
        with log.platform.read() as session:
            assert session.execute(LEAVES).all()[: len(committed)] == committed
    tiles = [name for name in seen if name.startswith("tile/")]
    shown = [*(["checkpoint"] if away else []), "asked", "answered"]
    order = ["commit", "latch", *shown, "commit", "checkpoint", "latch", "commit"]
    assert [name for name, _ in groupby(name for name in seen if name not in tiles)] == order
    assert {name.split("/")[1] for name in tiles} >= {"entries", "0"}
    with log.platform.read() as session:
        trusted = open_checkpoint(TileStore(log.folder / "log").read_checkpoint(), log.policy)
        assert audit(session, trusted.checkpoint, log.policy) == []


def test_a_stop_inside_the_batch_leaves_everything_pending(log: Log) -> None:
    log.act()
    with pytest.raises(Stopped):
        log.run(log.sequencer(entropy=stop))
    assert log.scalar(WAITING) == 3
    require_one_tree(log, log.run())


def test_a_batch_that_reads_otherwise_than_it_was_written_is_never_signed(log: Log) -> None:
    """A bit that flips between the commit and the signature: the lesson of Yeti 2022."""
    log.act()
    with pytest.raises(Stopped):
        log.run(penned(log, Pen(4)))  # its signature
    before = frozen(log)
    with psycopg.connect(libpq(log.server.addresses(log.name).superuser_url)) as owner:
        owner.execute("SET session_replication_role = replica")
        flip = "UPDATE leaf SET commitment = set_byte(commitment, 3, get_byte(commitment, 3) # 1)"
        where = " WHERE idx = (SELECT max(idx) FROM leaf {})"
        owner.execute((flip + where.format("WHERE record_id IS NULL")).encode())
    with pytest.raises(BatchDiffers):
        log.run()
    assert frozen(log) == before
    with psycopg.connect(libpq(log.server.addresses(log.name).superuser_url)) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute((flip + where.format("WHERE record_id IS NULL")).encode())
    require_one_tree(log, log.run())


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


def test_a_database_behind_its_witness_refuses_to_start_even_if_the_latch_was_restored_too(
    log: Log,
) -> None:
    """Whoever restores the store outside as well still meets what the witness remembers."""
    log.platform.engine.dispose()
    create_database(log.server.superuser_url, f"{log.name}_old", log.name)
    for kept in ("latch", "log"):
        shutil.copytree(log.folder / kept, log.folder / "old" / kept)
    try:
        log.act()
        log.run()
        old = log.sequencer(
            name=f"{log.name}_old",
            tiles=TileStore(log.folder / "old" / "log"),
            latch=Latch(log.folder / "old" / "latch"),
        )
        with pytest.raises(BehindWitness, match=WITNESS):
            log.run(old)
    finally:
        log.server.drop(f"{log.name}_old")


class SlowWitness:
    """A witness that takes its time, so that somebody else may try to come in."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.asked, self.go_on = threading.Event(), threading.Event()

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str, now: datetime, /) -> str:
        self.asked.set()
        assert self.go_on.wait(20)
        return self.witness.add_checkpoint(old, proof, note, now)

    def latest(self, origin: str, /) -> str | None:
        return self.witness.latest(origin)


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
    """End the connection that holds the leader's lock, as a broken network would.

    `pg_locks` covers the whole server, and a table has one oid in all clones of the template.
    """
    query = (
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database "
        "WHERE l.relation = 'leader'::regclass AND d.datname = current_database()"
    )
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
