"""Room for uploads: what was promised and has not come yet is counted against the disk.

Else a few who promise much would fill it between them, and stop who was let in before.
"""

from __future__ import annotations

import errno
import fcntl
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bidding.envelope.bid.object import LONGEST_DOCUMENT
from monitor.refusal import Refusal

PLAN = "plan"
RESERVE = 1024**3
"""Bytes that stay free on the disk."""
COPIES = 2
"""What is handed in is copied into the store before it is discarded here."""
Told = Mapping[str, Sequence[Any]]
"""What a manifest promises of each object: its length, and the digests of its parts."""


class Full(Refusal):
    """The disk has no room for this upload now."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__(
            "服务器存储空间暂时不够，不能开始或继续本次上传；已传的部分保留，已在上传的不受影响，"
            "请稍后重试或联系交易中心 / the server has no room for this upload just now; what came "
            "is kept and uploads that were let in go on: try again later, or ask the centre"
        )


@contextmanager
def room(uploads: Path, own: Path, told: Told) -> Iterator[None]:
    """Let a promise be written down that fits beside all others; one at a time, in any process.

    Raises Full.
    """
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    with uploads.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _require(uploads, _to_come(own, told), besides=own)
        yield


def require_room(uploads: Path, size: int) -> None:
    """Raise Full unless a form of that many bytes fits beside all promises, until it is kept."""
    uploads.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require(uploads, COPIES * size)


def _require(uploads: Path, size: int, besides: Path | None = None) -> None:
    paths = (path.parent for path in uploads.glob(f"*/*/{PLAN}"))
    others = sum(_to_come(path, plan_of(path)) for path in paths if path != besides)
    if shutil.disk_usage(uploads).free < RESERVE + others + size:
        raise Full


@contextmanager
def told_when_full() -> Iterator[None]:
    """Raise Full where the disk is full after all: others than uploads fill it too."""
    try:
        yield
    except OSError as fault:
        if fault.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise Full from fault


def plan_of(upload: Path) -> Told:
    """Return what an upload promises; nothing for one never begun, or handed in this moment."""
    try:
        told: Told = json.loads((upload / PLAN).read_text("ascii"))
    except FileNotFoundError:
        return {}
    return told


def _to_come(upload: Path, told: Told) -> int:
    """Return the bytes that an upload still needs until it stands in the store."""
    promised = sum(length or LONGEST_DOCUMENT for length, _ in told.values())
    return COPIES * promised - sum(_size(upload / name) for name in told)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
