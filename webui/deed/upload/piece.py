"""Pieces of a sealed object: written as they come, each whole part held to what was promised."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from bidding.envelope.age.header import VERSION_LINE
from bidding.envelope.bid.object import PART
from monitor.refusal import Conflict, Invalid
from webui.deed.upload.leak import RULE, refuse_secrets

PIECE = 256 * 1024
"""Bytes that are held in memory at a time."""
FORM = "batong-bid/1"


class Changed(Conflict):
    """What came is not what was promised: it was dropped, `held` bytes are good."""

    def __init__(self, held: int) -> None:
        told = f"校验不符，请从第 {held} 字节重传 / a wrong digest: send again from byte {held}"
        super().__init__(told, field="checksum")
        self.held = held


class Stream(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""
        ...


class Digest(Protocol):
    """A running digest."""

    def update(self, data: bytes, /) -> None:
        """Take in more."""
        ...

    def digest(self) -> bytes:
        """Return it."""
        ...


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a sender says of one piece: a running digest, and what it must come to."""

    running: Digest
    expected: bytes


@dataclass(frozen=True, slots=True)
class Promise:
    """What the manifest says of one object; `length` is 0 where it does not say."""

    length: int
    parts: tuple[str, ...]


def unknown(name: str) -> Invalid:
    """Return the refusal of a file that no sealed bid has."""
    return Invalid("files", f"{name[:80]}：不是密封投标的文件 / no file of a sealed bid", rule=FORM)


def copy(out: BinaryIO, source: Stream, name: str, room: int, checksum: Checksum | None) -> None:
    """Write a stream to its end; nothing that looks like a key is ever written."""
    last = b""
    while data := source.read(PIECE):
        if len(data) > room:
            raise Invalid("length", f"{name}：超过所报长度 / more than was promised", rule=FORM)
        refuse_secrets(name, last + data)
        if not out.tell() and name.endswith(".age") and not _begins_sealed(data):
            raise Invalid("files", f"{name}：文件未加密，拒收 / not sealed: refused", rule=RULE)
        out.write(data)
        room, last = room - len(data), (last + data)[-64:]
        if checksum is not None:
            checksum.running.update(data)


def _begins_sealed(data: bytes) -> bool:
    size = min(len(data), len(VERSION_LINE))
    return data[:size] == VERSION_LINE[:size]


def held_to(out: BinaryIO, promise: Promise, before: int) -> int:
    """Check every part that is whole now against the manifest; return how many bytes are held."""
    size = out.seek(0, os.SEEK_END)
    ends = min(size, promise.length)
    for number in range(before // PART, len(promise.parts)):
        start, end = number * PART, min((number + 1) * PART, promise.length)
        if end > ends:
            break
        if _digest(out, start, end) != promise.parts[number]:
            out.truncate(start)
            raise Changed(start)
    return size


def _digest(file: BinaryIO, start: int, end: int) -> str:
    running, left = hashlib.sha256(), end - start
    file.seek(start)
    while left and (data := file.read(min(PIECE, left))):
        running.update(data)
        left -= len(data)
    return running.hexdigest()
