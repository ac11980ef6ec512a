"""The sealed objects of a bid: named byte sources, measured in flow, padded to hide sizes."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bidding.envelope.age.flow import Sink, Source
from bidding.envelope.document import EnvelopeError

Objects = Mapping[str, Callable[[], BinaryIO]]
"""Object name -> opener; a folder, a file store with random names, or memory."""

Progress = Callable[[int], None]
"""Called with the number of bytes just done."""

PART = 8 * 1024 * 1024
SMALLEST = 64 * 1024
LETTER, CAPSULE, MANIFEST, SIGNATURE = "letter.age", "capsule.json", "manifest.json", "manifest.sig"
AUTHORITY = "manifest.p7s"
"""A CA's signature of the manifest; there or not, as the bidder likes."""
DOCUMENTS = (MANIFEST, SIGNATURE, AUTHORITY)
"""What names the bidder, and therefore lies sealed from the first moment."""
LONGEST_DOCUMENT = 4 * 1024 * 1024


class ObjectError(EnvelopeError):
    """An object is missing or too long to be what its name says."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Size in bytes, SHA-256, and SHA-256 of each 8 MiB part, in hexadecimal."""

    size: int
    sha256: str
    parts: tuple[str, ...]


class Meter:
    """A sink that measures what it passes on to another."""

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink = sink
        self._whole, self._part = hashlib.sha256(), hashlib.sha256()
        self._size, self._parts = 0, list[str]()

    def write(self, data: bytes, /) -> int:
        """Pass on and measure."""
        if self._sink is not None:
            self._sink.write(data)
        self._whole.update(data)
        for piece in self._cut(memoryview(data)):
            self._part.update(piece)
            self._size += len(piece)
            if self._size % PART == 0:
                self._end_part()
        return len(data)

    def measured(self) -> Measured:
        """Return the measure of everything written; call once, at the end."""
        if self._size % PART or not self._parts:
            self._end_part()
        return Measured(self._size, self._whole.hexdigest(), tuple(self._parts))

    def _cut(self, data: memoryview) -> list[memoryview]:
        room = PART - self._size % PART
        return [piece for piece in (data[:room], data[room:]) if piece]

    def _end_part(self) -> None:
        self._parts.append(self._part.hexdigest())
        self._part = hashlib.sha256()


class Metered:
    """A source that measures what is read from another."""

    def __init__(self, source: Source) -> None:
        self._source, self._meter = source, Meter()

    def read(self, size: int, /) -> bytes:
        """Read and measure."""
        data = self._source.read(size)
        self._meter.write(data)
        return data

    def readline(self, size: int, /) -> bytes:
        """Read a line and measure it."""
        data = self._source.readline(size)
        self._meter.write(data)
        return data

    def measured(self) -> Measured:
        """Read what is left, and return the measure of the whole source."""
        while self.read(1 << 20):
            pass
        return self._meter.measured()


class Padded:
    """A source that measures a plaintext and then adds zeros up to `padded_size`."""

    def __init__(self, source: Source, progress: Progress | None = None) -> None:
        self._source, self._progress, self._hash = source, progress, hashlib.sha256()
        self.size, self._left = 0, -1

    @property
    def sha256(self) -> str:
        """SHA-256 of the plaintext without padding, in hexadecimal."""
        return self._hash.hexdigest()

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes of plaintext, then of padding."""
        data = self._source.read(size) if self._left < 0 else b""
        if data:
            self._hash.update(data)
            self.size += len(data)
        else:
            data = self._zeros(size)
        if self._progress is not None:
            self._progress(len(data))
        return data

    def _zeros(self, size: int) -> bytes:
        if self._left < 0:
            self._left = padded_size(self.size) - self.size
        count = min(size, self._left)
        self._left -= count
        return bytes(count)


class Unpadded:
    """A sink that passes on the first `size` bytes, measures them, and wants zeros after them."""

    def __init__(self, sink: Sink, size: int, progress: Progress | None = None) -> None:
        self._sink, self._left, self._progress = sink, size, progress
        self._hash, self.total, self.clean = hashlib.sha256(), 0, True

    @property
    def sha256(self) -> str:
        """SHA-256 of what was passed on, in hexadecimal."""
        return self._hash.hexdigest()

    def write(self, data: bytes, /) -> int:
        """Pass on the plaintext part of `data`."""
        wanted, rest = data[: self._left], data[self._left :]
        if wanted:
            self._sink.write(wanted)
            self._hash.update(wanted)
            self._left -= len(wanted)
        self.clean = self.clean and not any(rest)
        self.total += len(data)
        if self._progress is not None:
            self._progress(len(data))
        return len(data)


def padded_size(size: int) -> int:
    """Return the Padmé size, at least 64 KiB: at most 12 % more, log log size leaks (PURBs §4)."""
    if size <= SMALLEST:
        return SMALLEST
    exponent = size.bit_length() - 1
    mask = (1 << exponent - exponent.bit_length()) - 1
    return (size + mask) & ~mask


def folder_objects(folder: Path) -> Objects:
    """Return the files of a folder; sub-folders and links to elsewhere are names that fail."""
    return {path.name: _opener(path) for path in sorted(folder.iterdir())}


def read_document(objects: Objects, name: str) -> bytes:
    """Read a small object whole; raises ObjectError if it is missing or longer than 4 MiB."""
    if name not in objects:
        raise ObjectError(f"{name}: 缺少 / missing")
    with objects[name]() as source:
        data = source.read(LONGEST_DOCUMENT + 1)
    if len(data) > LONGEST_DOCUMENT:
        raise ObjectError(f"{name}: 过长 / too long")
    return data


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")
