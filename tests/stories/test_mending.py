"""Damaged files of the log: rebuilt from rows that hash to what was signed, and from no others."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from monitor.clock import SystemClock
from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint
from monitor.log.sequencer.halt import BatchDiffers
from monitor.log.sequencer.mending import ASIDE, is_sound, mend, read_sound, tiles_of, walk
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import Address, BadTile, TileStore, addresses, unpack
from monitor.log.tree import leaf_hashes
from monitor.runtime.database import libpq
from monitor.runtime.settings import Settings, load
from tests.conftest import Server
from tests.flip import flip
from tests.stories.sequenced import Log, Silent, a_log
from webui.serve.log import Colour, Teller, read_log
from webui.serve.sequencing import Beat, Scrub, step

FULL = ("tile/entries/000", "tile/0/000")


@contextmanager
def a_grown_log(migrated: Server, folder: Path) -> Iterator[Log]:
    """A log of more than one full tile, so that a hash stands above it."""
    with a_log(migrated, folder) as made:
        for _ in range(17):
            made.act(1)
            made.run()
        yield made


@pytest.fixture(scope="module")
def grown(migrated: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    with a_grown_log(migrated, tmp_path_factory.mktemp("log")) as made:
        yield made


@pytest.fixture
def moving(migrated: Server, tmp_path: Path) -> Iterator[Log]:
    """One that goes on, so that no other test could use it after."""
    with a_grown_log(migrated, tmp_path / "moving") as made:
        yield made


@pytest.fixture
def log(grown: Log) -> Iterator[Log]:
    """One log for all that do not let it grow; what a test did to its files is undone."""
    kept = grown.folder / "kept"
    shutil.copytree(grown.folder / "log", kept)
    yield grown
    for each in ("log", ASIDE):
        shutil.rmtree(grown.folder / each, ignore_errors=True)
    kept.rename(grown.folder / "log")


@pytest.fixture
def sequencer(log: Log) -> Iterator[Sequencer]:
    made = log.sequencer()
    yield made
    made.close()


@pytest.fixture
def leader(moving: Log) -> Iterator[Sequencer]:
    made = moving.sequencer()
    yield made
    made.close()


def signed(log: Log) -> Checkpoint:
    note = TileStore(log.folder / "log").read_checkpoint()
    return open_checkpoint(note, Policy(log.policy.log)).checkpoint


def files(log: Log) -> dict[str, bytes]:
    """Every file of the signed tree."""
    return {
        each.path(): (log.folder / "log" / each.path()).read_bytes()
        for each in addresses(signed(log).size)
    }


def edited(path: Path) -> None:
    flip(path, 5)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def made_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


SPOILS = (edited, cut, emptied, Path.unlink, made_a_folder)


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
def test_each_file_that_is_damaged_is_found_by_the_signed_root_and_rebuilt(
    log: Log, sequencer: Sequencer, spoil: Any
) -> None:
    before, tiles = files(log), TileStore(log.folder / "log")
    assert len(before) > 4
    assert set(FULL) < set(before)
    assert mend(sequencer) == []
    assert set(walk(tiles, signed(log))) == {""}
    for path in before:
        spoil(log.folder / "log" / path)
        assert any(walk(tiles, signed(log))), path
        assert not is_sound(tiles, signed(log), Address.parse(path))
        assert mend(sequencer) == [path]
        assert files(log) == before
    assert set(walk(tiles, signed(log))) == {""}


def test_the_whole_folder_but_its_checkpoint_is_rebuilt(log: Log, sequencer: Sequencer) -> None:
    before = files(log)
    shutil.rmtree(log.folder / "log" / "tile")
    assert set(mend(sequencer)) == set(before)
    assert files(log) == before


def test_what_was_found_is_set_aside_for_people_to_look_at(log: Log, sequencer: Sequencer) -> None:
    path = log.folder / "log" / FULL[1]
    found = []
    for _ in range(2):
        edited(path)
        found.append(path.read_bytes())
        mend(sequencer)
    kept = sorted((log.folder / ASIDE / "tile" / "0").iterdir())
    assert [each.name for each in kept] == ["000.found-0", "000.found-1"]
    assert [each.read_bytes() for each in kept] == found


def superuser(log: Log) -> psycopg.Connection:
    connection = psycopg.connect(libpq(log.server.addresses(log.name).superuser_url))
    connection.execute("SET session_replication_role = replica")
    return connection


ACT = "(SELECT min(idx) FROM leaf WHERE record_id IS NOT NULL)"
EDIT = "SET commitment = decode(repeat('ab', 32), 'hex') WHERE"
OF_ACT = f"UPDATE record {EDIT} id = (SELECT record_id FROM leaf WHERE idx = {ACT})"
ROWS = {
    "a leaf and its record": (OF_ACT, f"UPDATE leaf {EDIT} idx = {ACT}"),
    "a record": (OF_ACT,),
    "a leaf": ("UPDATE leaf SET commitment = decode(repeat('ab', 32), 'hex') WHERE idx = 7",),
    "a leaf that is gone": ("DELETE FROM leaf WHERE idx = 7",),
    "the last leaf": ("DELETE FROM leaf WHERE idx = (SELECT max(idx) FROM leaf)",),
    "two that changed places": (
        "UPDATE leaf SET idx = 1000000 WHERE idx = 8", "UPDATE leaf SET idx = 8 WHERE idx = 9",
        "UPDATE leaf SET idx = 9 WHERE idx = 1000000",
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_with_a_row_edited_as_well_nothing_is_rebuilt_and_the_log_stands_still(
    moving: Log, leader: Sequencer, tmp_path: Path, row: str
) -> None:
    log, sequencer = moving, leader
    before, path = files(log), log.folder / "log" / FULL[0]
    with superuser(log) as connection:
        for statement in ROWS[row]:
            connection.execute(statement.encode())
    edited(path)
    found = path.read_bytes()
    with pytest.raises(BatchDiffers, match="nothing was rebuilt"):
        mend(sequencer)
    assert files(log) == before | {FULL[0]: found}
    settings, head = load({"BATONG_DATA": str(tmp_path)}), signed(log)
    beat, scrub, teller = live(log, sequencer, settings)
    for _ in range(20):
        log.act(1)
        if step(beat, log.policy, teller, SystemClock(), scrub) is None:
            break
    told = read_log(settings)
    assert told.colour is Colour.RED
    assert "nothing was rebuilt" in told.cause
    assert told.halted
    size = signed(log).size
    for _ in range(3):  # it stays so, whatever waits
        log.act(1)
        assert step(beat, log.policy, teller, SystemClock(), scrub) is None
    assert signed(log).size == size
    assert read_log(settings).colour is Colour.RED
    assert path.read_bytes() == found
    assert size >= head.size


def live(log: Log, sequencer: Sequencer, settings: Settings) -> tuple[Beat, Scrub, Teller]:
    """The sequencer's own loop, each look of which runs a batch and checks a round of files."""
    silent: Any = Silent()
    ticks = iter(range(0, 10**9, 1000))
    beat = Beat(sequencer, log.clock, silent, lambda: float(next(ticks)))
    return beat, Scrub(sequencer, lambda: float(next(ticks))), Teller(settings)


@pytest.mark.parametrize("path", [*FULL, "edge"])
def test_the_live_sequencer_rebuilds_a_damaged_file_and_goes_on(
    moving: Log, leader: Sequencer, tmp_path: Path, path: str
) -> None:
    log, sequencer = moving, leader
    before, settings = files(log), load({"BATONG_DATA": str(tmp_path)})
    path = path if path in before else max(each for each in before if each.startswith("tile/0/001"))
    edited(log.folder / "log" / path)
    beat, scrub, teller = live(log, sequencer, settings)
    size = signed(log).size
    for _ in range(12):
        log.act(1)
        assert step(beat, log.policy, teller, SystemClock(), scrub) is not None
    assert (log.folder / "log" / path).read_bytes() == before[path]
    assert read_log(settings).colour is Colour.GREEN
    assert signed(log).size > size
    assert set(walk(TileStore(log.folder / "log"), signed(log))) == {""}


def test_an_edited_tile_that_fits_an_edited_one_above_it_is_found_at_the_root(
    log: Log, sequencer: Sequencer
) -> None:
    """Bundle, tile and the hash above all made to fit: only the signature does not."""
    tiles, before = TileStore(log.folder / "log"), files(log)
    entries = [
        value
        for path, data in before.items()
        if path.startswith("tile/entries")
        for value in unpack(None, data)
    ]
    entries[0] = bytes(32)
    for address, values in tiles_of(iter(entries)):
        tiles_file = log.folder / "log" / address.path()
        tiles_file.write_bytes(
            b"".join(values) if address.level is not None
            else b"".join(len(value).to_bytes(2) + value for value in values)
        )  # fmt: skip
    assert leaf_hashes([bytes(32)])[0] == tiles.read(Address(0, 0))[0]
    assert not is_sound(tiles, signed(log), Address(None, 0))
    assert any(walk(tiles, signed(log)))
    assert len(mend(sequencer)) >= 3
    assert files(log) == before


def test_a_narrower_tile_is_cut_from_the_sound_one_and_never_read_from_its_own_file(
    log: Log,
) -> None:
    tiles, head = TileStore(log.folder / "log"), signed(log)
    narrow = Address(0, 0, 16)
    path = log.folder / "log" / narrow.path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(16 * 32))
    assert read_sound(tiles, head, narrow) == tiles.read(Address(0, 0))[:16]
    edited(log.folder / "log" / FULL[1])
    with pytest.raises(BadTile):
        read_sound(tiles, head, narrow)
