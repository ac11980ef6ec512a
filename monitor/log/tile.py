"""Tiles: the tree as immutable files of 256 hashes, its entries in bundles (C2SP tlog-tiles).

A file is written once: the same bytes again are accepted, other bytes never. Serve the folder as
it is; the checkpoint beside it says how much of it is signed.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from monitor.log.tree import HASH_BYTES, HashReader, leaf_hashes, parents, root

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF
CHECKPOINT = "checkpoint"
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[0-9]{1,3}))?"
)


class BadTile(ValueError):
    """An address or the bytes of a tile do not follow C2SP tlog-tiles."""


class MissingTile(LookupError):
    """A tile that the tree needs is not in the folder."""


class TileConflict(RuntimeError):
    """A tile is already published with other bytes: somebody is forking the log."""


@dataclass(frozen=True, slots=True)
class Address:
    """Which tile: level (None = entry bundle), index in the level, width (256 = full)."""

    level: int | None
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not 0 <= (self.level or 0) <= MAX_LEVEL or self.index < 0:
            raise BadTile(f"tile: level {self.level} and index {self.index} are out of range")
        if not 1 <= self.width <= WIDTH:
            raise BadTile(f"tile: {self.width} values wide, must be 1 to {WIDTH}")

    def path(self) -> str:
        """Return tile/<L>/<N>[.p/<W>] with N in groups of three digits."""
        digits = f"{self.index:d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level is None else str(self.level)
        return f"tile/{level}/{name}" + ("" if self.width == WIDTH else f".p/{self.width}")

    @classmethod
    def parse(cls, path: str) -> Self:
        """Read a path in its one spelling; raises BadTile."""
        match = _PATH.fullmatch(path)
        if match is None:
            raise BadTile("tile path: must be tile/<L>/<N>[.p/<W>]")
        level = None if match["level"] == "entries" else int(match["level"])
        index = int(match["index"].replace("x", "").replace("/", ""))
        address = cls(level, index, int(match["width"] or WIDTH))
        if address.path() != path:
            raise BadTile("tile path: not the canonical spelling")
        return address

    def full(self) -> "Address":
        """Return the address of the tile once it is full."""
        return Address(self.level, self.index)


def addresses(size: int) -> Iterator[Address]:
    """Give every tile and bundle of a tree, bundles first, then level by level."""
    yield from level_addresses(None, size)
    level = 0
    while size:
        yield from level_addresses(level, size)
        level, size = level + 1, size >> HEIGHT


def level_addresses(level: int | None, count: int) -> Iterator[Address]:
    """Give the tiles of one level that holds `count` values (None = the entry bundles)."""
    full, rest = divmod(count, WIDTH)
    yield from (Address(level, index) for index in range(full))
    if rest:
        yield Address(level, full, rest)


def pack(level: int | None, values: Sequence[bytes]) -> bytes:
    """Return the bytes of a tile, or of a bundle with uint16 lengths; raises BadTile."""
    if level is not None:
        if not set(map(len, values)) <= {HASH_BYTES}:
            raise BadTile(f"tile: every hash must be {HASH_BYTES} bytes")
        return b"".join(values)
    if max(map(len, values), default=0) > MAX_ENTRY:
        raise BadTile(f"bundle: an entry is longer than {MAX_ENTRY} bytes")
    return b"".join(len(value).to_bytes(2) + value for value in values)


def unpack(level: int | None, data: bytes) -> list[bytes]:
    """Cut the bytes of a tile or bundle into its values; raises BadTile."""
    if level is not None:
        if len(data) % HASH_BYTES:
            raise BadTile(f"tile: {len(data)} bytes are not a whole number of hashes")
        return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
    if commitments := _of_one_length(data, HASH_BYTES):
        return commitments
    values, at = [], 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start])
        values.append(data[start:at])
    if at != len(data):
        raise BadTile("bundle: ends inside an entry")
    return values


def _of_one_length(data: bytes, length: int) -> list[bytes]:
    """Cut a bundle all of whose entries are that long; none where one is not. Ours are of 32."""
    step = 2 + length
    count, rest = divmod(len(data), step)
    high, low = length.to_bytes(2)
    if rest or data[::step] != bytes([high]) * count or data[1::step] != bytes([low]) * count:
        return []
    return [data[at + 2 : at + step] for at in range(0, len(data), step)]


def write_durably(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk before returning."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably; one that exists is left alone."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


class TileStore:
    """The tiles, bundles and checkpoint of one log in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, address: Address, values: Sequence[bytes]) -> None:
        """Publish a tile for ever; raises BadTile, and TileConflict when it differs."""
        if len(values) != address.width:
            raise BadTile(f"{address.path()}: {len(values)} values given")
        path, data = self.folder / address.path(), pack(address.level, values)
        if (there := _file(path)) is None:
            make_folder(path.parent)
            write_durably(path, data)
        elif there != data:
            raise TileConflict(f"{address.path()}: already published with other bytes")

    def read(self, address: Address) -> list[bytes]:
        """Return the values of a tile, cut from the full one when the partial is gone.

        Raises MissingTile, and BadTile when the file is not what its name says.
        """
        for candidate in (address, address.full()):
            if (data := _file(self.folder / candidate.path())) is None:
                continue
            values = unpack(address.level, data)
            if len(values) != candidate.width:
                raise BadTile(f"{candidate.path()}: holds {len(values)} values")
            return values[: address.width]
        raise MissingTile(address.path())

    def holds(self, address: Address, values: Sequence[bytes]) -> bool:
        """Tell whether a tile of just these values lies under that very address."""
        return _file(self.folder / address.path()) == pack(address.level, values)

    def append(self, size: int, entries: Sequence[bytes]) -> int:
        """Write all that entries after a tree of `size` add, and return the new size.

        Repeating it after a crash is harmless; raises TileConflict on another continuation.
        """
        self._extend(None, size, entries)
        level, count, hashes = 0, size, leaf_hashes(entries)
        while hashes:
            hashes = [root(tile) for tile in self._extend(level, count, hashes)]
            level, count = level + 1, count >> HEIGHT
        return size + len(entries)

    def root_with(self, size: int, entries: Sequence[bytes]) -> bytes:
        """Return the root of a tree of `size` with these entries more; writes nothing."""
        edges, count, hashes = list[list[bytes]](), size, leaf_hashes(entries)
        while count or hashes:
            first, kept = divmod(count, WIDTH)
            row = self.read(Address(len(edges), first, kept)) if kept else []
            tiles = _cut([*row, *hashes])
            edges.append(tiles.pop() if tiles and len(tiles[-1]) < WIDTH else [])
            count, hashes = first, [root(tile) for tile in tiles]
        return edge_root(edges)

    def hash_reader(self, size: int) -> HashReader:
        """Return a reader of perfect subtrees of the published tree; 64 tiles are kept in mind."""

        @lru_cache(maxsize=64)
        def pyramid(level: int, index: int) -> list[list[bytes]]:
            width = min(WIDTH, (size >> HEIGHT * level) - index * WIDTH)
            rows = [self.read(Address(level, index, width))]
            while len(rows[-1]) > 1:
                rows.append(parents(rows[-1]))
            return rows

        def read(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, HEIGHT)
            tile, offset = divmod(index << height, WIDTH)
            return pyramid(tile_level, tile)[height][offset >> height]

        return read

    def write_checkpoint(self, note: str) -> None:
        """Publish a signed checkpoint in place of the last; call it after append."""
        make_folder(self.folder)
        write_durably(self.folder / CHECKPOINT, note.encode())

    def read_checkpoint(self) -> bytes:
        """Return the published checkpoint, unverified; raises MissingTile."""
        if (note := _file(self.folder / CHECKPOINT)) is None:
            raise MissingTile(CHECKPOINT)
        return note

    def export(self, size: int, target: Path) -> None:
        """Copy exactly the tiles and bundles of the tree of `size` into another folder."""
        copy = TileStore(target)
        for address in addresses(size):
            copy.write(address, self.read(address))

    def prune(self, size: int) -> int:
        """Remove partial tiles whose full tile exists; return how many folders went."""
        removed = 0
        for address in addresses(size):
            partial = self.folder / f"{address.full().path()}.p"
            if (self.folder / address.full().path()).is_file() and partial.is_dir():
                shutil.rmtree(partial)
                removed += 1
        return removed

    def _extend(self, level: int | None, count: int, values: Sequence[bytes]) -> list[list[bytes]]:
        first, kept = divmod(count, WIDTH)
        before = self.read(Address(level, first, kept)) if kept else []
        tiles = _cut([*before, *values])
        for offset, tile in enumerate(tiles):
            self.write(Address(level, first + offset, len(tile)), tile)
        return [tile for tile in tiles if len(tile) == WIDTH]


def edge_root(edges: Iterable[list[bytes]]) -> bytes:
    """Fold the unfinished tile of each level, lowest first, into the root of the tree."""
    node: list[bytes] = []
    for edge in edges:
        row = [*edge, *node]
        node = [root(row)] if row else []
    return root(node)


def _cut(values: Sequence[bytes]) -> list[list[bytes]]:
    return [list(values[at : at + WIDTH]) for at in range(0, len(values), WIDTH)]


def _file(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
