"""Signs of life: each program says that it is there, in Valkey; so pages can say which is away.

A stand-in (trustee, agent, witness, draw service, rivals) is a program of its own that talks HTTP
only: its signed-in requests are its signs. Nothing here is a fact; all of it may be lost.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import cast

import redis

from monitor.clock import Clock, SystemClock
from monitor.runtime.folder import socket_folder
from monitor.runtime.settings import Settings
from monitor.runtime.valkey import connect, valkey_url

KEY = "batong:seen"
HINTS = "batong:due"
OFTEN = 2.0  # seconds between two signs
FRESH = 1.0  # seconds for which an answer is good
OWN_LIMIT = timedelta(seconds=10)
STAND_IN_LIMIT = timedelta(minutes=1)
FORGOTTEN = timedelta(days=1)
"""A stand-in that was last seen longer ago is no longer missed: it was stopped for good."""


class Program(StrEnum):
    """The programs that a page may miss."""

    VALKEY = "valkey"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    SEQUENCER = "sequencer"
    TRUSTEE = "trustee"
    AGENT = "agent"
    WITNESS = "witness"
    DRAW = "draw"
    RIVALS = "rivals"


OWN = (Program.WORKER, Program.SCHEDULER, Program.SEQUENCER)
"""The platform's own children: missed from the start."""


@dataclass(frozen=True, slots=True)
class Away:
    """A program that is away; `since` is None where it was never seen."""

    name: str
    since: datetime | None

    @property
    def what_to_do(self) -> str:
        """Return the key of the text that says what to do."""
        return f"away.{self.name}.do"


class Signs:
    """Signs of life, given and read; without Valkey only that is known."""

    def __init__(
        self,
        client: redis.Redis,
        wall: Clock,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._wall, self._ticks = client, wall, ticks
        self._given: dict[str, float] = {}
        self._answer: tuple[float, list[Away]] | None = None
        self._gone: datetime | None = None

    @classmethod
    def at(cls, redis_url: str) -> Signs:
        """Return the signs kept in that Valkey, by the machine's clock."""
        return cls(connect(redis_url), SystemClock())

    @classmethod
    def of(cls, settings: Settings) -> Signs:
        """Return the signs of a data folder, in its own Valkey or the one that is given."""
        own = valkey_url(settings.data, socket_folder(settings.data))
        return cls.at(settings.redis_url or own)

    def give(self, name: str) -> None:
        """Say that a program is there; no more often than every two seconds."""
        now = self._ticks()
        if now - self._given.get(name, -OFTEN) < OFTEN:
            return
        self._given[name] = now
        try:
            self._client.hset(KEY, name, repr(self._wall.now().timestamp()))
        except redis.RedisError:
            self._given.pop(name)

    def seen(self, name: str, after: datetime) -> bool:
        """Tell whether a program gave a sign after that moment of the wall's clock."""
        try:
            told = cast("bytes | None", self._client.hget(KEY, name))
        except redis.RedisError:
            return False
        return told is not None and _moment(told) > after

    def away(self, expected: Iterable[str] = OWN) -> list[Away]:
        """Return who is away now: of the expected, and of whoever was there within a day."""
        now = self._ticks()
        if self._answer is None or now - self._answer[0] > FRESH:
            self._answer = now, self._look(tuple(expected))
        return self._answer[1]

    def hasten(self) -> None:
        """Hint to the scheduler that something may be due; without it, it looks every second."""
        with suppress(redis.RedisError):
            self._client.publish(HINTS, 1)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _look(self, expected: tuple[str, ...]) -> list[Away]:
        now = self._wall.now()
        try:
            rows = cast("dict[bytes, bytes]", self._client.hgetall(KEY))
        except redis.RedisError:
            self._gone = self._gone or now
            return [Away(Program.VALKEY.value, self._gone)]
        self._gone = None
        seen = {name.decode(): _moment(told) for name, told in rows.items()}
        others = [name for name, at in seen.items() if now - at < FORGOTTEN]
        missed = dict.fromkeys((*expected, *sorted(set(others) & set(Program))))
        return [
            Away(str(name), seen.get(name))
            for name in missed
            if name not in seen or now - seen[name] > _limit(name)
        ]


def _limit(name: str) -> timedelta:
    return OWN_LIMIT if name in OWN else STAND_IN_LIMIT


def _moment(told: bytes) -> datetime:
    return datetime.fromtimestamp(float(told), UTC)


@contextmanager
def beating(signs: Signs, name: str) -> Iterator[None]:
    """Give signs from a thread of its own, for a program that may be busy for long."""
    ending = threading.Event()

    def beat() -> None:
        signs.give(name)
        while not ending.wait(OFTEN):
            signs.give(name)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
