"""Tiles: the tree as immutable files of 256 hashes, its entries in bundles (C2SP tlog-tiles).

A file is written once: the same bytes again are accepted, other bytes never. Serve the folder as
it is; the checkpoint beside it says how much of it is signed.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
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
        if any(len(value) != HASH_BYTES for value in values):
            raise BadTile(f"tile: every hash must be {HASH_BYTES} bytes")
        return b"".join(values)
    if any(len(value) > MAX_ENTRY for value in values):
        raise BadTile(f"bundle: an entry is longer than {MAX_ENTRY} bytes")
    return b"".join(len(value).to_bytes(2) + value for value in values)


def unpack(level: int | None, data: bytes) -> list[bytes]:
    """Cut the bytes of a tile or bundle into its values; raises BadTile."""
    if level is not None:
        if len(data) % HASH_BYTES:
            raise BadTile(f"tile: {len(data)} bytes are not a whole number of hashes")
        return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
    values, at = [], 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start])
        values.append(data[start:at])
    if at != len(data):
        raise BadTile("bundle: ends inside an entry")
    return values


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
        if path.exists():
            if path.read_bytes() != data:
                raise TileConflict(f"{address.path()}: already published with other bytes")
            return
        make_folder(path.parent)
        write_durably(path, data)

    def read(self, address: Address) -> list[bytes]:
        """Return the values of a tile, cut from the full one when the partial is gone.

        Raises MissingTile, and BadTile when the file is not what its name says.
        """
        for candidate in (address, address.full()):
            path = self.folder / candidate.path()
            if not path.is_file():
                continue
            values = unpack(address.level, path.read_bytes())
            if len(values) != candidate.width:
                raise BadTile(f"{candidate.path()}: holds {len(values)} values")
            return values[: address.width]
        raise MissingTile(address.path())

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

    def hash_reader(self, size: int) -> HashReader:
        """Return a reader of perfect subtrees of the published tree of `size`.

        It keeps the 64 tiles last used; a proof touches at most two tiles a level.
        """

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
        try:
            return (self.folder / CHECKPOINT).read_bytes()
        except FileNotFoundError as error:
            raise MissingTile(CHECKPOINT) from error

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
        row = [*before, *values]
        tiles = [row[at : at + WIDTH] for at in range(0, len(row), WIDTH)]
        for offset, tile in enumerate(tiles):
            self.write(Address(level, first + offset, len(tile)), tile)
        return [tile for tile in tiles if len(tile) == WIDTH]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
