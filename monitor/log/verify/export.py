"""Verify: checks an exported log from its files alone, offline, and names what differs.

Everything is derived again: leaf hashes from the entries, every tile from the level below, the root
from the tiles, and each disclosed record from its opening; the same walk as an outsider's fsck.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from monitor.log.canonical import NotCanonical, parse
from monitor.log.checkpoint import Checkpoint, Cosignature, Policy, open_checkpoint
from monitor.log.commitment import COMMITMENT_BYTES, Opening
from monitor.log.note import NoteError
from monitor.log.tile import (
    HEIGHT,
    WIDTH,
    Address,
    BadTile,
    MissingTile,
    TileStore,
    addresses,
    edge_root,
    level_addresses,
)
from monitor.log.tree import leaf_hashes, root

OPENINGS = "openings.jsonl"
MAX_FINDINGS = 100  # an export that is wrong everywhere need not be listed to its end


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference: where (a file, or a leaf by its index), and what, Chinese first."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked and what differs; without a trusted checkpoint nothing else is checked."""

    checkpoint: Checkpoint | None
    cosignatures: tuple[Cosignature, ...]
    openings: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not self.findings


def verify_export(
    folder: Path,
    log_vkey: str,
    witness_vkeys: Iterable[str] = (),
    quorum: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Check an export folder: checkpoint, tile/…, openings.jsonl.

    `progress` is told how many leaves of how many are done. Raises only MalformedKey, for keys or a
    quorum that make no policy; all that is wrong with the export stands in the report.
    """
    store, policy = TileStore(folder), Policy.of(log_vkey, witness_vkeys, quorum)
    try:
        signed = open_checkpoint(store.read_checkpoint(), policy)
    except (NoteError, MissingTile) as error:
        refused = Finding("checkpoint", f"检查点不可信 / not trusted: {error}")
        return Report(None, (), 0, (refused,))
    walk = _Walk(store, signed.checkpoint, progress)
    walk.run()
    return Report(signed.checkpoint, signed.cosignatures, walk.openings, tuple(walk.findings))


class _EnoughError(Exception):
    """The list of findings is full."""


class _Walk:
    def __init__(
        self, store: TileStore, head: Checkpoint, progress: Callable[[int, int], None]
    ) -> None:
        self.store, self.head, self.progress = store, head, progress
        self.findings: list[Finding] = []
        self.openings = 0

    def run(self) -> None:
        try:
            self._check_tree()
            self._check_openings()
            self._check_strays()
        except _EnoughError:
            return

    def _report(self, place: str, what: str) -> None:
        self.findings.append(Finding(place, what))
        if len(self.findings) == MAX_FINDINGS:
            raise _EnoughError

    def _read(self, address: Address) -> list[bytes]:
        try:
            return self.store.read(address)
        except MissingTile:
            self._report(address.path(), "缺失 / missing")
        except BadTile as error:
            self._report(address.path(), f"损坏 / damaged: {error}")
        return []

    def _check_tree(self) -> None:
        above, edge = self._check_leaves()
        edges, level = [edge], 1
        while above:
            tiles = [above[at : at + WIDTH] for at in range(0, len(above), WIDTH)]
            for index, tile in enumerate(tiles):
                self._compare(Address(level, index, len(tile)), tile)
            edges.append([] if len(tiles[-1]) == WIDTH else tiles[-1])
            above = [root(tile) for tile in tiles if len(tile) == WIDTH]
            level += 1
        if edge_root(edges) != self.head.root:
            self._report("checkpoint", "根与重算不符 / the signed root differs from the recomputed")

    def _check_leaves(self) -> tuple[list[bytes], list[bytes]]:
        above, edge = list[bytes](), list[bytes]()
        for address in level_addresses(None, self.head.size):
            hashes = self._check_bundle(address)
            if address.width == WIDTH:
                above.append(root(hashes))
            else:
                edge = hashes
            self.progress(address.index * WIDTH + address.width, self.head.size)
        return above, edge

    def _check_bundle(self, address: Address) -> list[bytes]:
        entries = self._read(address)
        start, odd = address.index * WIDTH, set(map(len, entries)) != {COMMITMENT_BYTES}
        for offset, length in enumerate(map(len, entries) if odd else ()):
            if length != COMMITMENT_BYTES:
                self._report(f"leaf {start + offset}", "不是32字节承诺 / not a 32-byte commitment")
        hashes = leaf_hashes(entries)
        tile = Address(0, address.index, address.width)
        if hashes:
            self._compare(tile, hashes)
            return hashes
        return self._read(tile)

    def _compare(self, address: Address, expected: Sequence[bytes]) -> None:
        if self.store.holds(address, expected):
            return
        found = self._read(address)
        if not found or found == expected:
            return
        for offset, (one, other) in enumerate(zip_longest(found, expected)):
            if one != other:
                self._report(*_difference(address, offset))

    def _check_openings(self) -> None:
        path = self.store.folder / OPENINGS
        if not path.is_file():
            self._report(OPENINGS, "缺失 / missing")
            return
        bundle = lru_cache(maxsize=8)(self._bundle)
        last = -1
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                opening = self._parse_opening(number, line, last)
                if opening is not None:
                    last = opening.index
                    self._check_opening(opening, bundle(last // WIDTH))

    def _bundle(self, index: int) -> list[bytes]:
        width = min(WIDTH, self.head.size - index * WIDTH)
        try:
            return self.store.read(Address(None, index, width))
        except (BadTile, MissingTile):
            return []  # already reported by the walk over the bundles

    def _parse_opening(self, number: int, line: bytes, last: int) -> Opening | None:
        place = f"{OPENINGS} line {number}"
        try:
            opening = Opening.parse(line)
        except NotCanonical as error:
            self._report(place, f"格式不符 / malformed: {error}")
            return None
        if not last < opening.index < self.head.size:
            self._report(place, "序号重复、乱序或超出 / index repeated, out of order or beyond")
            return None
        return opening

    def _check_opening(self, opening: Opening, entries: Sequence[bytes]) -> None:
        self.openings += 1
        place, offset = f"leaf {opening.index}", opening.index % WIDTH
        if offset >= len(entries) or not opening.opens(entries[offset]):
            self._report(place, "披露内容与承诺不符 / the opening does not match the leaf")
        try:
            parse(opening.body)
        except NotCanonical as error:
            self._report(place, f"记录不是规范形式 / the record is not canonical: {error}")

    def _check_strays(self) -> None:
        expected = {address.path() for address in addresses(self.head.size)}
        there = set(files_below(self.store.folder, "tile"))
        for name in sorted(there - expected):
            try:
                self._check_stray(Address.parse(name))
            except BadTile:
                self._report(name, "多余文件 / unexpected file")

    def _check_stray(self, address: Address) -> None:
        count = self.head.size >> HEIGHT * (address.level or 0)
        width = min(WIDTH, count - address.index * WIDTH)
        if address.width > width:
            self._report(address.path(), "超出检查点 / beyond the checkpoint")
        elif address.width < width and self._is_altered(address, width):
            self._report(address.path(), "旧分块与现分块不符 / differs from the later tile")

    def _is_altered(self, address: Address, width: int) -> bool:
        """An older partial tile may lie beside its successor, but only as its beginning."""
        try:
            current = self.store.read(Address(address.level, address.index, width))
            return self.store.read(address) != current[: address.width]
        except (BadTile, MissingTile):
            return True


def files_below(folder: Path, name: str) -> Iterator[str]:
    """Give the paths of all files in a part of a folder, if it is there, that part's name first."""
    if not (folder / name).is_dir():
        return
    with os.scandir(folder / name) as found:
        entries = list(found)
    for entry in entries:
        path = f"{name}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            yield from files_below(folder, path)
        else:
            yield path


def _difference(address: Address, offset: int) -> tuple[str, str]:
    if address.level == 0:
        leaf = address.index * WIDTH + offset
        return f"leaf {leaf}", f"条目与 {address.path()} 不符 / entry and tile differ"
    return address.path(), f"第 {offset} 个散列不符 / hash {offset} differs"
