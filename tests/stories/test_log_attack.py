"""Attacks on the log by those who own the machine: what each tries, and what catches it.

The table of all of them, with the tests elsewhere, is docs/log.md.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint, sign_checkpoint
from monitor.log.note import Kind, NoteError, SigningKey, add_signatures
from monitor.log.note import Signature as Line
from monitor.log.sequencer.asking import Witnessing
from monitor.log.sequencer.halt import BatchDiffers, BehindWitness
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import MissingTile, TileStore
from monitor.log.tree import root_from
from monitor.log.verify.export import verify_export
from monitor.log.witness.witness import Inconsistent, Witness
from monitor.record.action import Visibility
from monitor.record.audit.walk import audit
from monitor.role import SYSTEM
from monitor.runtime.database import create_database, libpq
from tests.conftest import Server
from tests.flip import flip
from tests.stories.sequenced import ORIGIN, WITNESS, Log, Silent, a_log
from trading.registration.party import enrol
from webui.serve.sequencing import BEAT, Beat

HEADS = text("SELECT size, at FROM head ORDER BY size")
LEAF = text("SELECT commitment FROM leaf ORDER BY idx")


@pytest.fixture
def log(migrated: Server, tmp_path: Path) -> Iterator[Log]:
    with a_log(migrated, tmp_path) as made:
        yield made


@contextmanager
def owner(log: Log) -> Iterator[psycopg.Connection]:
    """Whoever owns the database, its triggers and keys off."""
    url = libpq(log.server.addresses(log.name).superuser_url)
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def head_of(folder: Path, policy: Policy) -> Checkpoint:
    return open_checkpoint(TileStore(folder).read_checkpoint(), policy).checkpoint


@contextmanager
def earlier(log: Log, *kept: str) -> Iterator[Log]:
    """A copy of the log as it is now: the database, and these of its folders; the rest is shared."""
    log.platform.engine.dispose()
    name = f"{log.name}_old"
    create_database(log.server.superuser_url, name, log.name)
    folder = log.folder / "old"
    for each in ("latch", "log"):
        if each in kept:
            shutil.copytree(log.folder / each, folder / each)
    try:
        yield replace(log, name=name, folder=folder)
    finally:
        log.server.drop(name)


def test_a_record_dropped_before_it_is_sequenced_is_named(log: Log) -> None:
    """The only moment at which nothing is signed yet; the chain and the wait give it away."""
    log.act(2)
    with owner(log) as connection:
        connection.execute("DELETE FROM pending")
    log.run()
    with log.platform.read() as session:
        found = {
            each.what
            for each in audit(session, head_of(log.folder / "log", log.policy), log.policy)
        }
    assert found == {"record is in no leaf and waits for none"}


def test_a_record_dropped_with_its_leaf_does_not_fit_what_was_cosigned(log: Log) -> None:
    log.act(2)
    log.run()
    trusted = head_of(log.folder / "log", log.policy)
    with owner(log) as connection:
        row = connection.execute("SELECT max(idx) FROM leaf WHERE record_id IS NOT NULL").fetchone()
        assert row is not None
        for table in ("opening WHERE record_id =", "record WHERE id ="):
            connection.execute(
                f"DELETE FROM {table} (SELECT record_id FROM leaf WHERE idx = %s)".encode(), row
            )
        connection.execute("UPDATE leaf SET record_id = NULL, pad_salt = '' WHERE idx = %s", row)
    with log.platform.read() as session:
        found = [str(each) for each in audit(session, trusted, log.policy)]
    assert any("padding does not open" in each for each in found), (
        "no record says that it came back"
    )


def test_an_edited_tile_is_found_by_whoever_reads_it_and_stops_the_next_batch(log: Log) -> None:
    size = log.run()
    tiles = TileStore(log.folder / "log")
    path = max((log.folder / "log" / "tile" / "0").rglob("*.p/*"), key=lambda each: int(each.name))
    sound = path.read_bytes()
    flip(path, 3)
    note = open_checkpoint(tiles.read_checkpoint(), log.policy).checkpoint
    assert root_from(tiles.hash_reader(size), size) != note.root
    (log.folder / "log" / "openings.jsonl").write_bytes(b"")
    report = verify_export(log.folder / "log", str(log.policy.log))
    assert "leaf 0" in {each.place for each in report.findings}
    log.act(1)
    with pytest.raises(BatchDiffers, match="tiles are not"):
        log.run()
    assert head_of(log.folder / "log", log.policy) == note, "nothing was signed on top of it"
    for spoil in (lambda: path.write_bytes(sound[:-1]), path.unlink):
        spoil()
        with pytest.raises(BatchDiffers, match="missing or damaged"):
            log.run()
    path.write_bytes(sound)
    assert log.run() > size


def test_a_database_rewound_with_its_store_and_tiles_meets_its_witness(log: Log) -> None:
    """The whole machine rolled back, the checkpoint store outside too: the backup as an attack."""
    with earlier(log, "latch", "log") as old:
        log.act(1)
        size = log.run()
        with pytest.raises(BehindWitness, match=f"< {size}"):
            old.run()
        with pytest.raises(MissingTile):
            TileStore(old.folder / "log").hash_reader(size)(0, size - 1)


def test_a_forged_history_gets_no_cosignature_and_halts_the_log_that_tries(log: Log) -> None:
    """The owner has the log's key and rewrites a leaf: all of ours fits, the witness's does not."""
    log.act(1)
    size = log.run()
    with earlier(log) as forged:
        with owner(forged) as connection:
            connection.execute("DELETE FROM cosignature")
            connection.execute("DELETE FROM head")
            connection.execute("DELETE FROM leaf")
            connection.execute("DELETE FROM pending")
        with pytest.raises(NoteError, match="0 witnesses, needs 1"):
            forged.run(halting(forged))
        with pytest.raises(BehindWitness):
            forged.run()
    note = log.witness.latest(ORIGIN)
    assert note is not None
    assert open_checkpoint(note, log.policy).checkpoint.size == size


def halting(log: Log) -> Sequencer:
    """A sequencer of a forger, who passes over what the witness remembers."""
    made = log.sequencer(witness=Deaf(log.witness))
    made._asking.doubt = False
    return made


class Deaf:
    """A witness whose answers a forger does not want to hear."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness

    def add_checkpoint(self, *words: Any) -> str:
        raise Inconsistent("not asked")

    def latest(self, _origin: str, /) -> str | None:
        return None


def test_one_witness_rolled_back_cosigns_a_fork_and_two_of_three_still_refuse_it(
    tmp_path: Path, log: Log
) -> None:
    """A stale witness: its memory is from before it had seen this log, and it signs a fork."""
    keys = [SigningKey.generate(f"w{n}.test", Kind.COSIGNATURE) for n in range(3)]
    folders = [tmp_path / f"w{n}" for n in range(3)]
    bodies = [
        Witness.create(folder, key, [log.key.verifier])
        for folder, key in zip(folders, keys, strict=True)
    ]
    policy = Policy(log.key.verifier, tuple(key.verifier for key in keys), 2)
    first = Checkpoint(ORIGIN, 1, b"\1" * 32)
    for body in bodies:
        body.add_checkpoint(0, [], sign_checkpoint(first, log.key), log.clock.now())
    signed = sign_checkpoint(Checkpoint(ORIGIN, 1, b"\7" * 32), log.key)
    for path in folders[0].rglob("checkpoint"):
        path.unlink()
    lines = [bodies[0].add_checkpoint(0, [], signed, log.clock.now())]
    for body in bodies[1:]:
        with pytest.raises(Inconsistent):
            body.add_checkpoint(1, [], signed, log.clock.now())
    forged = add_signatures(signed, [Line.parse(line) for line in lines])
    with pytest.raises(NoteError, match="needs 2"):
        open_checkpoint(forged, policy)


def test_a_witness_that_is_merely_behind_catches_up_and_stops_nothing(log: Log) -> None:
    late = SigningKey.generate("late.test", Kind.COSIGNATURE)
    body = Witness.create(log.folder / "late", late, [log.key.verifier])
    both: dict[str, Witnessing] = {WITNESS: log.witness, "late.test": body}
    policy = Policy(log.key.verifier, (*log.policy.witnesses, late.verifier), 2)
    for _ in range(3):
        log.act(1)
        log.run()
    sequencer = log.sequencer()
    sequencer.witnesses.update(both)
    log.act(1)
    size = log.run(sequencer)
    signed = open_checkpoint(TileStore(log.folder / "log").read_checkpoint(), policy)
    assert signed.checkpoint.size == size
    assert len(signed.cosignatures) == 2


def a_night(log: Log, bids: dict[int, int]) -> list[tuple[int, Any]]:
    """Fifteen beats of a night; at some of them bids come in secret. Every head's size and time."""
    now, sequencer = [0.0], log.sequencer()
    valkey: Any = Silent()
    beat = Beat(sequencer, log.clock, valkey, lambda: now[0])
    try:
        for look in range(60):
            for number in range(bids.get(look, 0)):
                log.platform.perform(enrol, SYSTEM, None, name=f"投标人{number}")
            beat.look()
            now[0] += BEAT / 4
            log.clock.moment = log.clock.moment.replace(hour=2, minute=look)
    finally:
        sequencer.close()
    with log.platform.read() as session:
        return [tuple(row) for row in session.execute(HEADS)]


def test_a_night_with_bids_looks_like_one_without(migrated: Server, tmp_path: Path) -> None:
    """Who counts leaves, or times heads, or looks at the bytes of leaves, learns of no bid."""
    assert enrol.visibility is Visibility.SECRET
    nights, ones = [], []
    for number, bids in enumerate(({}, {3: 1, 17: 5, 18: 2, 40: 15, 41: 1, 59: 3})):
        with a_log(migrated, tmp_path / str(number)) as log:
            nights.append(a_night(log, bids))
            with log.platform.read() as session:
                leaves = b"".join(session.scalars(LEAF))
            ones.append(sum(map(int.bit_count, leaves)) / (8 * len(leaves)))
    assert nights[0] == nights[1]
    assert len(nights[0]) > 15
    assert all(abs(share - 0.5) < 0.02 for share in ones), "a leaf is a hash, padding or not"
