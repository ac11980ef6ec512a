"""Tiles on disk, read by tlog-scales too, and what write-once forbids."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader

from monitor.log.tile import (
    Address,
    BadTile,
    MissingTile,
    TileConflict,
    TileStore,
    addresses,
    pack,
    unpack,
)
from monitor.log.tree import (
    Frontier,
    consistency_path,
    inclusion_path,
    leaf_hash,
    root,
    root_from,
    verify_consistency,
    verify_inclusion,
)

SIZE = 256 * 256 + 300  # full tiles on level 1, partial ones on levels 0, 1 and 2
ENTRIES = [number.to_bytes(32) for number in range(SIZE)]
HASHES = [leaf_hash(entry) for entry in ENTRIES]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TileStore:
    store = TileStore(tmp_path_factory.mktemp("log"))
    assert store.append(0, ENTRIES) == SIZE
    return store


def test_paths_are_those_of_the_specification() -> None:
    assert Address(0, 1234067).path() == "tile/0/x001/x234/067"
    assert Address(None, 0, 112).path() == "tile/entries/000.p/112"
    assert Address(2, 1000, 255).path() == "tile/2/x001/000.p/255"


@given(st.one_of(st.none(), st.integers(0, 63)), st.integers(0, 10**12), st.integers(1, 256))
def test_a_path_is_read_back(level: int | None, index: int, width: int) -> None:
    address = Address(level, index, width)
    assert Address.parse(address.path()) == address


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000\n",
        "tile/0/../000",
        "/tile/0/000",
        "tile/entries/٠٠٠",
        "tile/data/000",
        "checkpoint",
    ],
)
def test_every_other_spelling_of_a_path_is_refused(path: str) -> None:
    with pytest.raises(BadTile):
        Address.parse(path)


def test_the_specifications_tree_of_seventy_thousand_has_its_tiles() -> None:
    tiles = [address for address in addresses(70_000) if address.level is not None]
    shape = {(tile.level, tile.width == 256): 0 for tile in tiles}
    for tile in tiles:
        shape[tile.level, tile.width == 256] += 1
    assert shape == {(0, True): 273, (0, False): 1, (1, True): 1, (1, False): 1, (2, False): 1}
    assert [tile.width for tile in tiles if tile.width < 256] == [112, 17, 1]
    assert [tile.path() for tile in addresses(256)] == [
        "tile/entries/000",
        "tile/0/000",
        "tile/1/000.p/1",
    ]
    assert list(addresses(0)) == []


def test_the_files_are_exactly_the_tiles_of_the_tree(store: TileStore) -> None:
    files = {
        path.relative_to(store.folder).as_posix()
        for path in (store.folder / "tile").rglob("*")
        if path.is_file()
    }
    assert files == {address.path() for address in addresses(SIZE)}


def test_the_root_read_from_tiles_is_the_root_of_the_leaves(store: TileStore) -> None:
    reader = store.hash_reader(SIZE)
    for size in [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE]:
        assert root_from(reader, size) == root(HASHES[:size])


def test_tlog_scales_reads_the_same_root_entries_and_proofs(store: TileStore) -> None:
    foreign = TilesReader(LocalBackend(store.folder))
    foreign.set_size(SIZE)
    assert foreign.calculate_root_hash() == root(HASHES)
    ours = store.hash_reader(SIZE)
    for index in [0, 255, 256, 40_000, 65_535, 65_536, SIZE - 1]:
        assert foreign.get_entry(index) == ENTRIES[index]
        expected = foreign.get_inclusion_proof(index, SIZE).node_hashes
        assert inclusion_path(ours, index, SIZE) == expected
    for old, new in pairwise([1, 255, 256, 257, 50_000, 65_536, 65_537, SIZE]):
        proof = foreign.get_consistency_proof(old, new)
        proof.check(root(HASHES[:old]), root(HASHES[:new]))
        assert consistency_path(ours, old, new) == proof.node_hashes


@pytest.mark.parametrize("old", [1, 256, 300, 65_535, 65_536, SIZE - 1])
def test_a_proof_opens_a_handful_of_tiles(
    store: TileStore, old: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Address] = []
    read = TileStore.read

    def counting(self: TileStore, address: Address) -> list[bytes]:
        opened.append(address)
        return read(self, address)

    monkeypatch.setattr(TileStore, "read", counting)
    path = inclusion_path(store.hash_reader(SIZE), old - 1, SIZE)
    assert len(opened) <= 6
    verify_inclusion(HASHES[old - 1], old - 1, SIZE, path, root(HASHES))
    opened.clear()
    path = consistency_path(store.hash_reader(SIZE), old, SIZE)
    assert len(opened) <= 6
    verify_consistency(old, SIZE, path, root(HASHES[:old]), root(HASHES))


def test_growing_in_steps_gives_the_same_tiles_and_pruning_keeps_the_tree(tmp_path: Path) -> None:
    stepwise, size = TileStore(tmp_path / "steps"), 0
    for step in [1, 0, 15, 240, 1, 300, 16, 600]:
        size = stepwise.append(size, ENTRIES[size : size + step])
    at_once = TileStore(tmp_path / "once")
    at_once.append(0, ENTRIES[:size])
    for address in addresses(size):
        assert stepwise.read(address) == at_once.read(address)
    assert (stepwise.folder / "tile/0/000.p/16").is_file()
    assert stepwise.prune(size) > 0
    assert not (stepwise.folder / "tile/0/000.p").exists()
    assert stepwise.prune(size) == 0
    assert root_from(stepwise.hash_reader(size), 300) == root(HASHES[:300])
    assert stepwise.read(Address(0, 0, 16)) == HASHES[:16]


def test_repeating_an_append_is_harmless_and_another_continuation_is_refused(
    tmp_path: Path,
) -> None:
    store = TileStore(tmp_path)
    store.append(0, ENTRIES[:20])
    store.append(20, ENTRIES[20:30])
    store.append(20, ENTRIES[20:30])
    with pytest.raises(TileConflict, match=r"tile/entries/000\.p/30"):
        store.append(20, ENTRIES[40:50])
    assert store.read(Address(None, 0, 30)) == ENTRIES[:30]


def test_no_temporary_file_is_left(tmp_path: Path) -> None:
    store = TileStore(tmp_path)
    store.append(0, ENTRIES[:300])
    store.write_checkpoint("one\n")
    store.write_checkpoint("two\n")
    assert store.read_checkpoint() == b"two\n"
    assert [path for path in tmp_path.rglob("*") if path.name.startswith(".")] == []


def test_a_tile_that_is_not_as_wide_as_its_name_is_refused(tmp_path: Path) -> None:
    store = TileStore(tmp_path)
    store.append(0, ENTRIES[:20])
    tile = tmp_path / "tile/0/000.p/20"
    tile.write_bytes(tile.read_bytes()[:-32])
    with pytest.raises(BadTile, match="19"):
        store.read(Address(0, 0, 20))
    with pytest.raises(BadTile, match="1 values"):
        store.write(Address(0, 5, 2), HASHES[:1])


def test_a_missing_tile_and_a_missing_checkpoint_are_named(tmp_path: Path) -> None:
    with pytest.raises(MissingTile, match="tile/0/007"):
        TileStore(tmp_path).read(Address(0, 7))
    with pytest.raises(MissingTile, match="checkpoint"):
        TileStore(tmp_path).read_checkpoint()


def test_an_export_holds_the_tree_of_its_size_and_nothing_later(
    store: TileStore, tmp_path: Path
) -> None:
    store.export(70, tmp_path)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*/*/*.p/*"))
    assert files == ["tile/0/000.p/70", "tile/entries/000.p/70"]
    assert root_from(TileStore(tmp_path).hash_reader(70), 70) == root(HASHES[:70])


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_bundles_are_read_back(entries: list[bytes]) -> None:
    assert unpack(None, pack(None, entries)) == entries


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x05abcd", b"\x00\x00\x01", b"\xff\xff"])
def test_a_bundle_that_ends_early_is_refused(data: bytes) -> None:
    with pytest.raises(BadTile, match="inside"):
        unpack(None, data)


def test_what_does_not_fit_a_tile_is_not_packed() -> None:
    with pytest.raises(BadTile, match="65535"):
        pack(None, [bytes(65_536)])
    with pytest.raises(BadTile, match="32"):
        pack(0, [bytes(31)])
    with pytest.raises(BadTile, match="whole"):
        unpack(0, bytes(33))


def test_a_frontier_and_the_tiles_agree_on_the_root(store: TileStore) -> None:
    assert Frontier().extend(HASHES).root() == root_from(store.hash_reader(SIZE), SIZE)
