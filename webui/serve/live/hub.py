"""The hub: one watcher of the log a process; a frame is made once for all who see the same."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass

from redis import RedisError
from redis.asyncio import Redis

from monitor.record.disclosure import Disclosed
from webui.page.source import Head, Source
from webui.serve.live.choice import Choice
from webui.serve.live.seat import Seats
from webui.serve.live.watching import Viewers
from webui.serve.sequencing import CHANNEL

log = logging.getLogger("batong.live")
LOOK = 1.0  # seconds: Valkey only hastens; the checkpoint itself is looked at this often
PACE = 0.3  # seconds between two heads for a thousand viewers: frames × viewers is the cost
KEPT = 256  # frames


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as JSON; `is_look`: it shows somebody else's records that the public may not see."""

    data: bytes
    is_look: bool


NOTHING = Frame(b"", is_look=False)
_Key = tuple[Viewers, Choice, int, int]


class Hub:
    """Knows the last published head, wakes who waits for it, keeps the frames last made."""

    def __init__(self, source: Source, redis_url: str) -> None:
        self._source = source
        self._redis = Redis.from_url(redis_url, socket_timeout=5)
        self._frames: OrderedDict[_Key, asyncio.Task[Frame]] = OrderedDict()
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.head: Head | None = None
        self.seats = Seats()

    @property
    def viewers(self) -> int:
        """Return how many streams are open."""
        return self.seats.taken

    def start(self) -> None:
        """Begin to watch; call it inside the running loop."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """End the watch."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._redis.aclose()

    async def beyond(self, size: int, patience: float) -> Head | None:
        """Wait for a head larger than `size`; None when none came within `patience` seconds."""
        try:
            async with asyncio.timeout(patience):
                while self.head is None or self.head.size <= size:
                    await self._moved.wait()
        except TimeoutError:
            return None
        return self.head

    async def frame(self, viewers: Viewers, choice: Choice, start: int, head: Head) -> Frame:
        """Return the frame (start, head.size] for these viewers as JSON, made once for all."""
        key = (viewers, choice, start, head.size)
        task = self._frames.get(key)
        if task is None or (task.done() and task.exception() is not None):
            task = asyncio.create_task(asyncio.to_thread(self._make, viewers, choice, start, head))
            self._frames[key] = task
            while len(self._frames) > KEPT:
                self._frames.popitem(last=False)
        if task.done():
            return task.result()
        return await asyncio.shield(task)

    def _make(self, viewers: Viewers, choice: Choice, start: int, head: Head) -> Frame:
        seen: list[Disclosed] = []
        frame = self._source.frames(
            dict(viewers), start, head, keeps=choice.keeps, shows=seen.extend
        )
        data = json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode()
        return Frame(data, any(each.is_anothers for each in seen))

    async def _watch(self) -> None:
        pubsub = self._redis.pubsub(ignore_subscribe_messages=True)
        subscribed = False
        while True:
            if await self._look():
                await asyncio.sleep(PACE * min(1.0, self.viewers / 1000))
            try:
                if not subscribed:
                    await pubsub.subscribe(CHANNEL)
                    subscribed = True
                await pubsub.get_message(timeout=LOOK)
            except (RedisError, OSError):
                subscribed = False
                await asyncio.sleep(LOOK)

    async def _look(self) -> bool:
        """Take the published head; tell whether it is a new one."""
        try:
            head = await asyncio.to_thread(self._source.head)
        except Exception:
            log.exception("the published checkpoint cannot be read")
            return False
        if head is None or (self.head is not None and head.size < self.head.size):
            return False
        if self.head is not None and head.size == self.head.size:
            self.head = head  # it may have been cosigned once more
            return False
        # Whoever waits is woken by the event of this head; the next is waited for by another.
        self.head, moved, self._moved = head, self._moved, asyncio.Event()
        moved.set()
        return True
