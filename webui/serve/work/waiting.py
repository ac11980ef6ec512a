"""The wait between two looks of the scheduler; a hint in Valkey ends it early."""

from __future__ import annotations

import threading
from typing import Any, cast

import redis

from webui.serve.sequencing import CHANNEL
from webui.serve.state import HINTS

LOOK = 1.0  # seconds
SHORTEST = 0.25  # seconds between two looks, however many hints come


class Waiting:
    """Waits between two looks, on two channels: an act that is due, a new head of the log."""

    def __init__(self, client: redis.Redis, ending: threading.Event) -> None:
        self._pubsub = cast("Any", client).pubsub(ignore_subscribe_messages=True)
        self._ending = ending
        self._subscribed = False

    def wait(self) -> bool:
        """Wait for a second or a hint; return whether to go on."""
        try:
            if not self._subscribed:
                self._pubsub.subscribe(HINTS, CHANNEL)
                self._subscribed = True
            self._pubsub.get_message(timeout=LOOK)
            self._ending.wait(SHORTEST)
        except (redis.RedisError, OSError):
            self._subscribed = False
            self._ending.wait(LOOK)
        return not self._ending.is_set()
