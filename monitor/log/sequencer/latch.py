"""The checkpoint store: one signed checkpoint, kept outside the data folder, moved only forward.

It is never part of a backup: a database restored to an earlier day is then behind it, and the
sequencer refuses to start rather than fork the log (reference: Sunlight's lock backend).
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LatchMoved(Exception):
    """The stored checkpoint is not the one that was expected: somebody else moved it."""


class Latch:
    """A compare-and-swap cell in a file of its own folder."""

    def __init__(self, folder: Path) -> None:
        """Use the folder; it is made, readable by its owner only, when it is not there."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = folder / "checkpoint"
        self._lock = folder / "lock"

    def read(self) -> str | None:
        """Return the stored signed checkpoint, or None before the first."""
        return self._file.read_text("utf-8") if self._file.exists() else None

    def swap(self, expected: str | None, new: str) -> None:
        """Replace `expected` by `new`; raises LatchMoved, having changed nothing, otherwise."""
        with self._held():
            if self.read() not in (expected, new):
                raise LatchMoved("the stored checkpoint is not the expected one")
            draft = self._file.with_suffix(".new")
            with draft.open("w", encoding="utf-8") as out:
                out.write(new)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(self._file)
            directory = os.open(self._file.parent, os.O_RDONLY)
            os.fsync(directory)
            os.close(directory)

    @contextmanager
    def _held(self) -> Iterator[None]:
        with self._lock.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
