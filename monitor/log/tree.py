"""Merkle tree over leaf hashes: roots, compact frontier, inclusion and consistency (RFC 6962 §2.1).

Proofs are built from a HashReader, which gives the hash of any perfect subtree; it may read memory
(`memory_reader`) or stored tiles (`monitor.log.tile`), so that a proof touches O(log n) of them.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

HashReader = Callable[[int, int], bytes]
"""(level, index) -> hash of the 2**level leaves that begin at leaf index * 2**level."""


class BadTree(ValueError):
    """A size, an index or a hash does not describe a tree of 32-byte hashes."""


class BadProof(ValueError):
    """A proof does not lead to the root that it was given for."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962 §2.1: prefix 0x00)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the leaf hash of each entry."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962 §2.1: prefix 0x01)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def parents(hashes: Sequence[bytes]) -> list[bytes]:
    """Return the hashes one level up; an odd last hash has no parent yet and is left out."""
    sha256, each = hashlib.sha256, iter(hashes)
    pairs = zip(each, each, strict=False)  # the one iterator gives them two by two
    return [sha256(b"\x01" + left + right).digest() for left, right in pairs]


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root of a tree; of no leaves it is sha256("") (RFC 6962 §2.1)."""
    _require_hashes(leaf_hashes)
    level = leaf_hashes
    while len(level) > 1:
        above = parents(level)
        if len(level) & 1:
            above.append(level[-1])  # an odd last node rises unchanged
        level = above
    return level[0] if level else EMPTY_ROOT


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: its size and the roots of its perfect subtrees, left to right."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise BadTree(f"frontier: {len(self.peaks)} peaks do not fit a size of {self.size}")
        _require_hashes(self.peaks)

    def append(self, leaf_hash: bytes) -> "Frontier":
        """Return the frontier with one leaf hash more; raises BadTree."""
        return self.extend((leaf_hash,))

    def extend(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """Return the frontier with these leaf hashes more; raises BadTree."""
        fresh = list(leaf_hashes)
        _require_hashes(fresh)
        peaks, size = list(self.peaks), self.size
        for leaf in fresh:
            node, carry = leaf, size
            while carry & 1:
                node, carry = node_hash(peaks.pop(), node), carry >> 1
            peaks.append(node)
            size += 1
        return Frontier(size, tuple(peaks))

    def root(self) -> bytes:
        """Return the root of the whole tree."""
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node

    def to_bytes(self) -> bytes:
        """Return uint64 size, big-endian, then the peaks."""
        return self.size.to_bytes(8) + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what to_bytes wrote; raises BadTree."""
        if len(data) < 8:
            raise BadTree(f"frontier: {len(data)} bytes, must be 8 and the peaks")
        return cls(int.from_bytes(data[:8]), split_hashes(data[8:]))


def split_hashes(data: bytes) -> tuple[bytes, ...]:
    """Cut bytes into 32-byte hashes; raises BadTree when they do not divide."""
    if len(data) % HASH_BYTES:
        raise BadTree(f"{len(data)} bytes are not a whole number of hashes")
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


def memory_reader(leaf_hashes: Sequence[bytes]) -> HashReader:
    """Return a reader over leaf hashes held in memory; raises BadTree."""
    _require_hashes(leaf_hashes)
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        levels.append(parents(levels[-1]))
    return lambda level, index: levels[level][index]


def root_from(reader: HashReader, size: int) -> bytes:
    """Return the root of the first `size` leaves, read from perfect subtrees."""
    return _range_root(reader, 0, size) if size else EMPTY_ROOT


def inclusion_path(reader: HashReader, index: int, size: int) -> list[bytes]:
    """Return the proof that leaf `index` is in the tree of `size` (RFC 6962 §2.1.1)."""
    _require_index(index, size)
    start, end, path = 0, size, list[bytes]()
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            path.append(_range_root(reader, middle, end))
            end = middle
        else:
            path.append(_range_root(reader, start, middle))
            start = middle
    return path[::-1]


def consistency_path(reader: HashReader, old_size: int, size: int) -> list[bytes]:
    """Return the proof that the tree of `size` extends that of `old_size` (RFC 6962 §2.1.2)."""
    _require_sizes(old_size, size)
    start, end, path = 0, size, list[bytes]()
    while old_size != end:
        middle = _split(start, end)
        if old_size <= middle:
            path.append(_range_root(reader, middle, end))
            end = middle
        else:
            path.append(_range_root(reader, start, middle))
            start = middle
    if start:  # the verifier holds this node itself only when it is the whole old tree
        path.append(_range_root(reader, start, end))
    return path[::-1]


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int, size: int) -> list[bytes]:
    """Return inclusion_path over leaf hashes in memory; raises BadTree."""
    return inclusion_path(memory_reader(leaf_hashes[:size]), index, size)


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int, size: int) -> list[bytes]:
    """Return consistency_path over leaf hashes in memory; raises BadTree."""
    return consistency_path(memory_reader(leaf_hashes[:size]), old_size, size)


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Check an inclusion proof (RFC 9162 §2.1.3.2); raises BadTree or BadProof."""
    _require_index(index, size)
    _require_hashes((leaf_hash, root, *path))
    node, first, last = leaf_hash, index, size - 1
    for sibling in path:
        if last == 0:
            raise BadProof("inclusion: the proof is longer than the tree is high")
        if first & 1 or first == last:
            node = node_hash(sibling, node)
            first, last = _skip_left_edge(first, last)
        else:
            node = node_hash(node, sibling)
        first, last = first >> 1, last >> 1
    if last != 0 or node != root:
        raise BadProof(f"inclusion: leaf {index} of {size} does not lead to the root")


def verify_consistency(
    old_size: int, size: int, path: Sequence[bytes], old_root: bytes, root: bytes
) -> None:
    """Check a consistency proof (RFC 9162 §2.1.4.2), sizes from 1; raises BadTree or BadProof."""
    _require_sizes(old_size, size)
    _require_hashes((old_root, root, *path))
    if old_size == size:
        if path or old_root != root:
            raise BadProof(f"consistency: two different trees of size {size}")
        return
    if not path:
        raise BadProof("consistency: the proof is empty")
    if (old_root, root) != _walk_consistency(old_size, size, path, old_root):
        raise BadProof(f"consistency: the tree of {size} does not extend that of {old_size}")


def _walk_consistency(
    old_size: int, size: int, path: Sequence[bytes], old_root: bytes
) -> tuple[bytes, bytes]:
    steps = [old_root, *path] if old_size & (old_size - 1) == 0 else list(path)
    first, last = old_size - 1, size - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_node = new_node = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            raise BadProof("consistency: the proof is longer than the tree is high")
        if first & 1 or first == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            first, last = _skip_left_edge(first, last)
        else:
            new_node = node_hash(new_node, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise BadProof("consistency: the proof is shorter than the tree is high")
    return old_node, new_node


def _skip_left_edge(first: int, last: int) -> tuple[int, int]:
    while first and not first & 1:
        first, last = first >> 1, last >> 1
    return first, last


def _split(start: int, end: int) -> int:
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _range_root(reader: HashReader, start: int, end: int) -> bytes:
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return reader(level, start >> level)
    middle = _split(start, end)
    return node_hash(_range_root(reader, start, middle), _range_root(reader, middle, end))


def _require_hashes(hashes: Iterable[bytes]) -> None:
    lengths = set(map(len, hashes))
    if not lengths <= {HASH_BYTES}:
        raise BadTree(f"hash: lengths {sorted(lengths)}, must be {HASH_BYTES} bytes")


def _require_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise BadTree(f"index: {index} is not a leaf of a tree of {size}")


def _require_sizes(old_size: int, size: int) -> None:
    if not 0 < old_size <= size:
        raise BadTree(f"sizes: {old_size} and {size}, must be 0 < old <= new")
