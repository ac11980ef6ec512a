"""The seats of those who watch: counted before anything is waited for, so they never run out.

Each address has its fair share of them. Some are kept for who is signed in: whoever takes all that
visitors may have shuts no party of a trade out of its opening.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from webui.serve.door.share import Share

SEATS, KEPT = 4000, 1000


class Full(Exception):
    """No seat, or no more for that address."""


class Seats:
    """The seats for anybody, and those for who is signed in."""

    def __init__(self, seats: int = SEATS, kept: int = KEPT) -> None:
        self._open, self._kept = Share(seats), Share(kept)

    @property
    def taken(self) -> int:
        """Return how many watch, or are being let in."""
        return self._open.taken + self._kept.taken

    @asynccontextmanager
    async def seated(self, who: str, known: Callable[[], Awaitable[bool]]) -> AsyncIterator[None]:
        """Hold a seat; `known` tells, where only kept ones are left, whether one may be had.

        Raises Full.
        """
        share = self._open if self._open.fits(who, 1) else self._kept
        if not share.take(who):
            raise Full
        try:
            if share is self._kept and not await known():
                raise Full
            yield
        finally:
            share.give(who)
