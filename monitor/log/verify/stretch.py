"""A stretch of a log: its leaves against a checkpoint, and one checkpoint against an earlier one.

Only the tiles beside the stretch are read: the root is folded from its own entries and the perfect
subtrees around them (RFC 6962 §2.1.1 for more than one leaf).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitor.log.checkpoint import Checkpoint
from monitor.log.tile import WIDTH, Address, TileStore
from monitor.log.tree import EMPTY_ROOT, BadProof, leaf_hashes, node_hash, parents, root_from


def entries_between(
    store: TileStore,
    start: int,
    end: int,
    size: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[bytes]:
    """Return the entries of leaves [start, end) of a log of `size`, unverified.

    Raises BadTile, MissingTile.
    """
    found: list[bytes] = []
    for index in range(start // WIDTH, -(-end // WIDTH)):
        first = index * WIDTH
        bundle = store.read(Address(None, index, min(WIDTH, size - first)))
        found += bundle[max(0, start - first) : end - first]
        progress(min(end, first + WIDTH) - start, end - start)
    return found


def root_over(store: TileStore, start: int, entries: Sequence[bytes], size: int) -> bytes:
    """Return the root of the log of `size` with these entries from leaf `start` on.

    What lies beside them is read from the tiles; raises BadTile, MissingTile.
    """
    reader, end = store.hash_reader(size), start + len(entries)
    rows = [(start, leaf_hashes(entries))]

    def inside(level: int, index: int) -> bytes | None:
        """The hash of a perfect subtree that lies in the stretch, rows made as they are needed."""
        first, last = index << level, (index + 1) << level
        if first < start or last > end:
            return None
        while len(rows) <= level:
            rows.append(_above(*rows[-1]))
        offset, row = rows[level]
        return row[index - offset]

    def over(level: int, index: int) -> bytes:
        found = inside(level, index)
        if found is not None:
            return found
        first, last = index << level, (index + 1) << level
        if last <= start or first >= end:
            return reader(level, index)
        return node_hash(over(level - 1, 2 * index), over(level - 1, 2 * index + 1))

    return root_from(over, size) if size else EMPTY_ROOT


def require_stretch(
    store: TileStore, start: int, entries: Sequence[bytes], head: Checkpoint
) -> None:
    """Check that these are the log's leaves from `start` on, all of them; raises BadProof.

    Raises BadTile, MissingTile for what must be read beside them.
    """
    if not 0 <= start <= start + len(entries) <= head.size:
        raise BadProof(f"stretch: {start} + {len(entries)} is beyond {head.size}")
    if root_over(store, start, entries, head.size) != head.root:
        raise BadProof(
            f"leaves {start} to {start + len(entries)} are not those of the tree of {head.size}"
        )


def require_extends(store: TileStore, size: int, old: Checkpoint, new: Checkpoint) -> None:
    """Check by the tiles of a log of `size` that one checkpoint extends another; raises BadProof.

    Both roots come out of the same perfect subtrees, so one tree begins with the other.
    """
    if old.origin != new.origin or old.size > new.size:
        raise BadProof(f"consistency: {old.origin} {old.size} does not come before {new.size}")
    reader = store.hash_reader(size)
    for head in (old, new):
        if root_from(reader, head.size) != head.root:
            raise BadProof(f"consistency: the tiles' tree of {head.size} has another root")


def _above(start: int, row: list[bytes]) -> tuple[int, list[bytes]]:
    """Return the parents of a row of nodes that begins at index `start`, and where they begin."""
    odd = start & 1
    return (start + odd) >> 1, parents(row[odd:])
