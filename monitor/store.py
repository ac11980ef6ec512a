"""The file store: the seam between the platform and wherever its bytes lie.

Names are random, so that a listing tells neither whose a file is nor what it holds. A file is
written once, whole, and never changed.
"""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import UUID

from monitor.record.identity import secret_id


class FileStore(Protocol):
    """The seam: keep bytes, give them back, take them away."""

    def put(self, data: bytes | BinaryIO) -> UUID:
        """Keep the bytes, or what a stream still holds, under a new random name; return the name.

        They are kept durably when this returns; a stream is never held in memory as a whole.
        """
        ...

    def get(self, name: UUID) -> bytes:
        """Return the bytes; raises KeyError when there are none of that name."""
        ...

    def open(self, name: UUID) -> BinaryIO:
        """Return the bytes as a stream, never in memory as a whole; raises KeyError."""
        ...

    def discard(self, name: UUID) -> None:
        """Take the file away; nothing happens when there is none."""
        ...


class MemoryStore:
    """The in-memory half of the seam."""

    def __init__(self) -> None:
        self._files: dict[UUID, bytes] = {}

    def put(self, data: bytes | BinaryIO) -> UUID:
        """Keep the bytes."""
        name = secret_id()
        self._files[name] = _stream(data).read()
        return name

    def get(self, name: UUID) -> bytes:
        """Return the bytes; raises KeyError."""
        return self._files[name]

    def open(self, name: UUID) -> BinaryIO:
        """Return the bytes as a stream; raises KeyError."""
        return io.BytesIO(self._files[name])

    def discard(self, name: UUID) -> None:
        """Forget the bytes."""
        self._files.pop(name, None)


class FolderStore:
    """A local folder: 256 subfolders, files written whole (temp, fsync, rename), mode 0600."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes | BinaryIO) -> UUID:
        """Keep the bytes; they and their name are on disk when this returns."""
        name = secret_id()
        path = self._path(name)
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(self._folder)
        draft = path.with_suffix(".new")
        try:
            _write(draft, data)
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)
        _sync(path.parent)
        return name

    def get(self, name: UUID) -> bytes:
        """Return the bytes; raises KeyError."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise KeyError(name) from None

    def open(self, name: UUID) -> BinaryIO:
        """Return the file, to be closed by its reader; raises KeyError."""
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            raise KeyError(name) from None

    def discard(self, name: UUID) -> None:
        """Remove the file."""
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: UUID) -> Path:
        return self._folder / name.hex[:2] / name.hex


def _stream(data: bytes | BinaryIO) -> BinaryIO:
    return io.BytesIO(data) if isinstance(data, bytes) else data


def _write(path: Path, data: bytes | BinaryIO) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        shutil.copyfileobj(_stream(data), out)
        out.flush()
        os.fsync(out.fileno())


def _sync(folder: Path) -> None:
    """Have the folder's own list of names on disk: a rename outlives a power cut only then."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
