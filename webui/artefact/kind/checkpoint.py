"""A checkpoint by itself, as a state of a log, and one against another; a stretch of a log."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from monitor.log.checkpoint import Checkpoint, open_checkpoint, parse_decimal
from monitor.log.commitment import Opening
from monitor.log.tile import TileStore
from monitor.log.tree import root_from
from monitor.log.verify.export import OPENINGS
from monitor.log.verify.stretch import entries_between, require_extends, require_stretch
from webui.artefact.book import Log
from webui.artefact.keys import Keys
from webui.artefact.line import Line, failed, passed, unchecked
from webui.artefact.trust import Trust

MARK = b"\n\n\xe2\x80\x94 "
"""What a signed note has and no other artefact: an empty line, then `— ` and a key's name."""
SMALL = 1 << 16
"""Bytes of the largest checkpoint."""


def check_checkpoint(
    name: str, data: bytes, keys: Keys, trust: Trust, beside: Log | None
) -> Iterator[Line]:
    """Check its signatures; then that it is a state of the log that is given or lies beside it."""
    signed = open_checkpoint(data, keys.policy)
    head = signed.checkpoint
    trust.heads.append((name, head))
    yield passed(
        name,
        f"{head.origin} 共 {head.size} 条，见证签名 {len(signed.cosignatures)} / "
        f"{head.size} leaves, cosigned by {len(signed.cosignatures)} witnesses",
    )
    if trust.log is not None:
        yield _state(name, head, trust.log, keys)
    elif beside is not None:
        fault = beside.fault(head.size, head.root)
        yield failed(name, fault) if fault else passed(name, _same(beside.head.size))


def check_growth(trust: Trust) -> Iterator[Line]:
    """Check that of several checkpoints each extends the one before it."""
    size = _size(trust.log) if trust.log and len(trust.heads) > 1 else 0
    heads = sorted(trust.heads, key=lambda each: each[1].size)
    for (old, one), (new, other) in itertools.pairwise(heads):
        item = f"{old} → {new}"
        if one.size == other.size and one.root != other.root:
            yield failed(item, "条数相同而根不同：日志分叉 / two trees of one size: a fork")
        elif one == other:
            yield passed(item, "同一状态 / the same state")
        elif trust.log is None:
            yield unchecked(item, "请用 --log 给出日志 / give the log: --log FOLDER or its address")
        else:
            require_extends(trust.log, size, one, other)
            yield passed(item, f"{other.size} 条延续 {one.size} 条 / the later extends the earlier")


def check_stretch(
    name: str,
    store: TileStore,
    keys: Keys,
    between: tuple[int, int | None],
    progress: Callable[[int, int], None],
) -> Iterator[Line]:
    """Check leaves [start, end) of a log, and what is opened of them; the rest is not read."""
    head = open_checkpoint(store.read_checkpoint(), keys.policy).checkpoint
    start, end = between[0], head.size if between[1] is None else between[1]
    if not 0 <= start < end <= head.size:
        yield failed(name, f"日志只有 {head.size} 条 / {start}:{end} is beyond {head.size}")
        return
    entries = entries_between(store, start, end, head.size, progress)
    require_stretch(store, start, entries, head)
    yield passed(
        name, f"第 {start} 至 {end} 条在 {head.size} 条的日志中 / leaves {start}-{end} fit"
    )
    yield from _openings(name, store, start, entries)


def _openings(name: str, store: TileStore, start: int, entries: Sequence[bytes]) -> Iterator[Line]:
    path, count = store.folder / OPENINGS, 0
    if not path.is_file():
        yield unchecked(name, f"没有 {OPENINGS}，叶上只有承诺 / leaves hold commitments alone")
        return
    with path.open("rb") as lines:
        for opening in map(Opening.parse, lines):
            at = opening.index - start
            if 0 <= at < len(entries):
                count += 1
                if not opening.opens(entries[at]):
                    yield failed(f"leaf {opening.index}", "披露内容与承诺不符 / does not open it")
    yield passed(name, f"其中 {count} 条开示 / {count} of them opened")


def _state(name: str, head: Checkpoint, store: TileStore, keys: Keys) -> Line:
    last = open_checkpoint(store.read_checkpoint(), keys.policy).checkpoint
    if head.size > last.size:
        return failed(name, f"日志只有 {last.size} 条 / the log given has {last.size} leaves only")
    if root_from(store.hash_reader(last.size), last.size) != last.root:
        return failed(name, "日志的分块与其检查点不符 / the log's tiles are not its checkpoint's")
    if root_from(store.hash_reader(last.size), head.size) != head.root:
        return failed(name, "与日志不是同一棵树：分叉 / of another tree than the log: a fork")
    return passed(name, _same(last.size))


def _size(store: TileStore) -> int:
    """Return how many leaves a log says it has; its tiles are checked by the roots they lead to."""
    _, size, *_ = store.read_checkpoint().decode().split("\n")
    return parse_decimal(size)


def _same(size: int) -> str:
    return f"是 {size} 条日志的较早状态 / is an earlier state of the log of {size} leaves"
