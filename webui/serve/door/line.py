"""The line for threads: each address waits in its own, and they are served in turn."""

from __future__ import annotations

import asyncio
from collections import deque

from webui.serve.door.share import Share


class Line:
    """So many may be inside; who finds no place, or has their share, waits their turn."""

    def __init__(self, places: int) -> None:
        self.inside = Share(places)
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def enter(self, who: str) -> None:
        """Come in, at once or in turn."""
        if who not in self._waiting and self.inside.take(who):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was let in at the very moment when it went
                self.leave(who)
            raise

    def leave(self, who: str) -> None:
        """Go out, and let in whoever is next."""
        self.inside.give(who)
        for each in list(self._waiting):
            if self.inside.taken >= self.inside.most:
                return
            self._admit(each)

    def _admit(self, who: str) -> None:
        """Let one of an address in, if it may; then that address waits behind all others."""
        turns = self._waiting.pop(who)
        while turns and turns[0].done():  # gone while it waited
            turns.popleft()
        if turns and self.inside.take(who):
            turns.popleft().set_result(None)
        if turns:
            self._waiting[who] = turns
