"""Damaged tiles and bundles: found by the hashes of the signed tree, rebuilt from the rows.

A file that is missing or edited is known by the root that was signed, without the database. It is
rebuilt only where all rows hash to that very root: whoever edits a row as well has damaged what
cannot be made again, and the log halts. What was found is set aside for people to look at.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import text

from monitor.log.checkpoint import Checkpoint
from monitor.log.sequencer.halt import BatchDiffers
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import (
    HEIGHT,
    WIDTH,
    Address,
    BadTile,
    MissingTile,
    TileStore,
    edge_root,
    make_folder,
    pack,
    write_durably,
)
from monitor.log.tree import leaf_hashes, root

ROWS = text("""
SELECT l.idx, l.commitment, r.commitment AS recorded
FROM leaf l LEFT JOIN record r ON r.id = l.record_id WHERE l.idx < :size ORDER BY l.idx
""")
ASIDE = "log-damaged"
"""The folder beside the log's own that keeps what was found instead of a tile."""
READ = 5_000
"""Rows that are held in memory at once."""

Tile = tuple[Address, list[bytes]]


def mend(log: Sequencer) -> list[str]:
    """Rebuild every damaged file of the published tree; return their paths, none where all is well.

    Raises NotLeader where another leads, BatchDiffers where the rows are not what was signed: then
    nothing was written.
    """
    with log.leading():
        note = log.published()
        if note is None:
            return []
        signed = log.opened(note)
        asked = ROWS.execution_options(yield_per=READ), {"size": signed.size}
        with log.transaction() as connection, connection.execute(*asked) as rows:
            damaged = _damaged(log.tiles, signed, _entries(rows))
        for address, values in damaged:
            _put_aside(log.tiles.folder, address)
            _replace(log.tiles, address, values)
    return [address.path() for address, _ in damaged]


def _entries(rows: Iterable[Any]) -> Iterator[bytes]:
    for index, (place, commitment, recorded) in enumerate(rows):
        if place != index or recorded not in (None, commitment):
            raise _differs()
        yield commitment


def _damaged(tiles: TileStore, signed: Checkpoint, entries: Iterator[bytes]) -> list[Tile]:
    found, made_again, last = list[Tile](), tiles_of(entries), 0
    while True:
        try:
            address, values = next(made_again)
        except StopIteration as made:
            if (last, made.value) != (signed.size, signed.root):
                raise _differs() from None
            return found
        if address.level is None:
            last += len(values)
        if not tiles.holds(address, values):
            found.append((address, values))


def _differs() -> BatchDiffers:
    return BatchDiffers(
        "分块损坏，且数据行与已签名的树不符，未作重建 / "
        "a tile is damaged, and the rows are not the signed tree: nothing was rebuilt"
    )


def tiles_of(entries: Iterator[bytes]) -> Generator[Tile, None, bytes]:
    """Give every bundle and tile of the tree of these entries; return its root at the end."""
    rows, full, bundles = list[list[bytes]](), list[int](), 0
    while bundle := list(islice(entries, WIDTH)):
        yield Address(None, bundles, len(bundle)), bundle
        bundles, level, risen = bundles + 1, 0, leaf_hashes(bundle)
        while risen:
            if level == len(rows):
                rows.append([])
                full.append(0)
            rows[level] += risen
            risen = []
            if len(rows[level]) == WIDTH:
                yield Address(level, full[level]), rows[level]
                risen, rows[level] = [root(rows[level])], []
                full[level] += 1
            level += 1
    for level, row in enumerate(rows):
        if row:
            yield Address(level, full[level], len(row)), row
    return edge_root(rows)


def lies_within(address: Address, size: int) -> bool:
    """Tell whether a tile or bundle is of the tree of that size, whole."""
    return (address.index << HEIGHT) + address.width <= size >> HEIGHT * (address.level or 0)


def read_sound(tiles: TileStore, signed: Checkpoint, address: Address) -> list[bytes]:
    """Return the values of a file as the signed tree has them, by the hashes above and no row.

    A narrower one is cut from what is there now. What lies beyond the signed tree is nobody's to
    judge yet. Raises BadTile, MissingTile for what is not as it was signed.
    """
    level, index, size = address.level or 0, address.index, signed.size
    if not lies_within(address, size):
        return tiles.read(address)
    read = tiles.read(_now(address.level, index, size))
    values = read if address.level is not None else leaf_hashes(read)
    if address.level is None and tiles.read(_now(0, index, size)) != values:
        raise _damage(address)
    while (index + 1) << HEIGHT <= size >> HEIGHT * level:
        above = tiles.read(_now(level + 1, index >> HEIGHT, size))
        if above[index % WIDTH] != root(values):
            raise _damage(address)
        level, index, values = level + 1, index >> HEIGHT, above
    if _edge(tiles, size) != signed.root:
        raise _damage(address)
    return read[: address.width]


def _damage(address: Address) -> BadTile:
    return BadTile(f"{address.path()}: not as it was signed")


def is_sound(tiles: TileStore, signed: Checkpoint, address: Address) -> bool:
    """Tell whether a file is what the signed tree says."""
    try:
        read_sound(tiles, signed, address)
    except (BadTile, MissingTile):
        return False
    return True


def walk(tiles: TileStore, signed: Checkpoint) -> Iterator[str]:
    """Go through the files of a signed tree, from the top down; "" for each that is sound.

    Else the path of what is not. It is done in steps, so that who goes on with it can rest.
    """
    level = max(signed.size.bit_length() - 1, 0) // HEIGHT
    for each in (*range(level, -1, -1), None):
        for index in range(-(-(signed.size >> HEIGHT * (each or 0)) // WIDTH)):
            address = _now(each, index, signed.size)
            yield "" if is_sound(tiles, signed, address) else address.path()


def _now(level: int | None, index: int, size: int) -> Address:
    """Return the address of a tile as wide as it is in a tree of that size."""
    return Address(level, index, min(WIDTH, (size >> HEIGHT * (level or 0)) - (index << HEIGHT)))


def _edge(tiles: TileStore, size: int) -> bytes:
    """Return the root by the unfinished tile of each level."""
    edges, level = list[list[bytes]](), 0
    while count := size >> HEIGHT * level:
        first, kept = divmod(count, WIDTH)
        edges.append(tiles.read(Address(level, first, kept)) if kept else [])
        level += 1
    return edge_root(edges)


def _replace(tiles: TileStore, address: Address, values: list[bytes]) -> None:
    path = tiles.folder / address.path()
    make_folder(path.parent)
    write_durably(path, pack(address.level, values))


def _put_aside(folder: Path, address: Address) -> None:
    """Keep what lies there instead of a tile; a later find of the same place beside it."""
    found, kept = folder / address.path(), folder.with_name(ASIDE) / address.path()
    if not found.exists():
        return
    make_folder(kept.parent)
    number = sum(1 for _ in kept.parent.glob(f"{kept.name}.found-*"))
    shutil.move(found, kept.with_name(f"{kept.name}.found-{number}"))
