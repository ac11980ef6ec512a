"""How a program of our own goes on until it is told to end. For its main thread."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

from monitor.runtime.discretion import begin_log

BOTH = (signal.SIGTERM, signal.SIGINT)
"""A supervisor's farewell, and a person's Ctrl-C."""


def ending(*told: signal.Signals) -> threading.Event:
    """Return an event that any of the signals sets, from now on."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in told:
        signal.signal(number, end)
    return ended


def go_on(look: Callable[[float], float], pause: float) -> None:
    """Look again and again until SIGTERM or Ctrl-C, and say on stderr what happens.

    `look` is given the seconds that were waited for it, and returns those until the next.
    """
    begin_log(logging.INFO, "%(asctime)s %(message)s")
    ended = ending(*BOTH)
    while not ended.wait(pause):
        pause = look(pause)
