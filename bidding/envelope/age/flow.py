"""What age needs of a file: reading with lines, or writing; files, pipes and meters all serve."""

from typing import Protocol


class Flow(Protocol):
    """Bytes to read; `read` may give less than asked for, and gives b"" at the end only."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes."""
        ...


class Source(Flow, Protocol):
    """Bytes to read that begin with lines."""

    def readline(self, size: int, /) -> bytes:
        """Return up to and including the next line end, at most `size` bytes."""
        ...


class Sink(Protocol):
    """Bytes to write."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`."""
        ...
