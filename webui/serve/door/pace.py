"""How long a peer is waited for: what it gives or takes earns it time, up to a grace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

_T = TypeVar("_T")


class Slow(Exception):
    """A peer that was waited for long enough."""


class Pace:
    """A grace in seconds, and the least rate in bytes a second that renews it."""

    def __init__(self, grace: float, rate: int) -> None:
        self._grace, self._rate, self._left = grace, rate, grace

    async def keep(self, waiting: Awaitable[_T]) -> _T:
        """Wait for a peer; raises Slow when its time is over."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            async with asyncio.timeout(self._left):
                return await waiting
        except TimeoutError:
            raise Slow from None
        finally:
            self._left -= loop.time() - begun

    def earn(self, count: int) -> None:
        """Give time for bytes that moved."""
        self._left = min(self._grace, self._left + count / self._rate)
