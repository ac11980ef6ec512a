"""Hints over Valkey: "look now" from one process to another. All of them may be lost.

Who waits for hints also looks by itself, only later.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import redis

from monitor.runtime.valkey import connect

ACT = "batong:act"
"""An act that is public at once was committed; of secret acts nothing is ever told here."""


class Hints:
    """One channel of hints, at either end."""

    def __init__(self, redis_url: str, channel: str) -> None:
        """Open nothing yet."""
        self._client: Any = connect(redis_url)
        self._channel = channel
        self._heard: Any = None

    def give(self) -> None:
        """Tell whoever waits to look; where Valkey is away nobody is told."""
        with suppress(redis.RedisError):
            self._client.publish(self._channel, 1)

    def wait(self, seconds: float) -> bool:
        """Wait for a hint, no longer than that; tell whether one came. Many are as good as one."""
        begun = time.monotonic()
        try:
            heard = self._listening()
            if heard.get_message(timeout=seconds) is None:
                return False
            while heard.get_message(timeout=0) is not None:
                pass
        except redis.RedisError:
            self._heard = None
            time.sleep(max(0.0, seconds - (time.monotonic() - begun)))
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        if self._heard is not None:
            self._heard.close()
        self._client.close()

    def _listening(self) -> Any:
        if self._heard is None:
            self._heard = self._client.pubsub(ignore_subscribe_messages=True)
            self._heard.subscribe(self._channel)
        return self._heard
