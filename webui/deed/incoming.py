"""Uploads on their way: sealed objects in blocks, under a name that tells nothing, until handed in.

The name of an upload is made of the pseudonym by a secret: a listing of the folder shows neither
whose it is nor for which trade. Keys that must never leave a tenderer's machine are looked for.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from bidding.envelope.bid.object import CAPSULE, LETTER, PART, Objects
from monitor.refusal import Conflict, Invalid, Refusal

NAME = re.compile(rf"{re.escape(LETTER)}|{re.escape(CAPSULE)}|att-\d{{3}}\.age")
BLOCK = PART
MOST = 2 * 1024**3
"""Bytes of one upload."""
RESERVE = 1024**3
"""Bytes that stay free on the disk."""
KEPT = timedelta(days=1)
SECRETS = (b"AGE-SECRET-KEY-1", b"PRIVATE KEY-----")
LEAKS = (".identity.txt", ".pem", ".key")
RULE = "电子招标投标办法 26"


class Full(Refusal):
    """The disk has no room for this upload now."""

    code = "busy"


class Gap(Conflict):
    """A block that does not begin where what is held ends; `held` says where."""

    def __init__(self, held: int) -> None:
        super().__init__(f"应从第 {held} 字节继续 / go on from byte {held}", field="at")
        self.held = held


@dataclass(frozen=True, slots=True)
class Incoming:
    """The folder of uploads on their way; `upload` is a name of hexadecimal figures."""

    folder: Path

    def held(self, upload: str) -> dict[str, int]:
        """Return how many bytes of each object are here."""
        found = self._of(upload)
        return (
            {path.name: path.stat().st_size for path in found.iterdir()} if found.exists() else {}
        )

    def append(self, upload: str, name: str, at: int, block: bytes) -> int:
        """Add a block; return how many bytes of that object are held. The same block twice is one.

        Raises Invalid for what is no sealed object or too large, Gap, Full.
        """
        if not NAME.fullmatch(name):
            raise unknown(name)
        if at == 0:
            refuse_secrets(name, block)
        if sum(self.held(upload).values()) + len(block) > MOST:
            raise Invalid("files", f"一次投标不超过 {MOST >> 30} GiB / at most, of one bid")
        folder = self._of(upload)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < RESERVE + len(block):
            raise Full("存储空间暂时不足，请稍后重试 / no room just now: try again soon")
        return _written(folder / name, at, block)

    def objects(self, upload: str) -> dict[str, Callable[[], BinaryIO]]:
        """Return what is held, as a bid's objects."""
        folder = self._of(upload)
        return {name: _opener(folder / name) for name in self.held(upload)}

    def discard(self, upload: str) -> None:
        """Take an upload away; nothing happens when there is none."""
        shutil.rmtree(self._of(upload), ignore_errors=True)

    def sweep(self, now: datetime) -> None:
        """Take away what nobody went on with for a day."""
        if not self.folder.exists():
            return
        for path in self.folder.iterdir():
            last = max((each.stat().st_mtime for each in path.iterdir()), default=0.0)
            if last < (now - KEPT).timestamp():
                shutil.rmtree(path, ignore_errors=True)

    def _of(self, upload: str) -> Path:
        return self.folder / upload


def refuse_secrets(name: str, data: bytes) -> None:
    """Raise Invalid for a file that is, or holds, a private key: its owner alone may have it."""
    if name.lower().endswith(LEAKS) or any(mark in data for mark in SECRETS):
        raise Invalid(
            "files",
            f"{name[:80]}：这是私钥，不得上传，未保存 / a private key, never to be sent: not kept",
            rule=RULE,
        )


def refuse_secret_objects(objects: Objects) -> None:
    """Raise Invalid where one of several files is, or begins with, a private key."""
    for name, opener in objects.items():
        with opener() as source:
            refuse_secrets(name, source.read(BLOCK))


def unknown(name: str) -> Invalid:
    """Return the refusal of a file that no sealed bid has."""
    return Invalid(
        "files", f"{name[:80]}：不是密封投标的文件 / no file of a sealed bid", rule="batong-bid/1"
    )


def _written(path: Path, at: int, block: bytes) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        size = out.seek(0, os.SEEK_END)
        if at + len(block) == size and _same(out, at, block):
            return size  # its answer was lost on the way
        if at != size:
            raise Gap(size)
        out.seek(size)
        out.write(block)
    return size + len(block)


def _same(file: BinaryIO, at: int, block: bytes) -> bool:
    file.seek(at)
    return file.read(len(block)) == block


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")
