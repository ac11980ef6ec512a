"""The one reader of time. Nothing else in the project asks what time it is.

Every action reads the clock once, after it holds its project's lock, so that time order equals
chain order. All moments are aware UTC; law counts days in Asia/Shanghai (see monitor/law).
"""

from __future__ import annotations

import ctypes
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

STEP_BACK_TOLERATED = timedelta(seconds=2)
UNSYNCHRONISED = 5  # TIME_ERROR of adjtimex(2)


class ClockWentBackError(Exception):
    """A fault: time stepped back by more than two seconds; the platform stops rather than guess."""


class Clock(Protocol):
    """The seam: a source of now."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        ...

    def wait(self, duration: timedelta) -> None:
        """Let the duration pass."""
        ...


class SystemClock:
    """The machine's own clock, for a real folder."""

    def now(self) -> datetime:
        """Return the machine's time, aware UTC."""
        return datetime.now(UTC)

    def wait(self, duration: timedelta) -> None:
        """Sleep."""
        time.sleep(duration.total_seconds())


@dataclass(slots=True)
class MovableClock:
    """A clock that stands still until it is moved: tests and the in-memory half of the seam."""

    moment: datetime

    def now(self) -> datetime:
        """Return the moment it stands at."""
        return self.moment

    def wait(self, duration: timedelta) -> None:
        """Move on by the duration."""
        self.moment += duration


@dataclass(slots=True)
class DemoClock:
    """A demo folder's clock: a row that every process honours, moved only by `clock.advance`.

    Within one demo moment it ticks by a microsecond a reading, so that records keep their order.
    """

    read_row: Callable[[], datetime]
    _last: datetime = field(default=datetime.min.replace(tzinfo=UTC))

    def now(self) -> datetime:
        """Return the demo row's moment, a microsecond later than the last reading if need be."""
        self._last = max(self.read_row(), self._last + timedelta(microseconds=1))
        return self._last

    def wait(self, duration: timedelta) -> None:
        """Nothing to wait for: demo time passes only when it is advanced."""


def time_text(moment: datetime) -> str:
    """Write an aware moment as every record and document does: RFC 3339, UTC, microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def settle(clock: Clock, not_before: datetime) -> datetime:
    """Read now; wait out a step back of up to 2 s against `not_before`.

    Raises ClockWentBackError when time is further behind than that.
    """
    now = clock.now()
    behind = not_before - now
    if behind <= timedelta(0):
        return now
    if behind > STEP_BACK_TOLERATED:
        raise ClockWentBackError(f"now is {behind} before the last record of this chain")
    clock.wait(behind)
    return max(clock.now(), not_before)


@dataclass(frozen=True, slots=True)
class Discipline:
    """Whether the machine's clock is held to standard time, and the largest error it may have."""

    is_held: bool
    error: timedelta


def discipline() -> Discipline | None:
    """Return what the kernel says of its clock; None where none tells (adjtimex(2), Linux)."""
    ask = getattr(ctypes.CDLL(None), "adjtimex", None)
    told = ctypes.create_string_buffer(512)  # struct timex; no mode is set: it is only read
    state = ask(told) if ask else -1
    if state < 0:
        return None
    *_, error = struct.unpack_from("@Illl", told)
    return Discipline(state != UNSYNCHRONISED, timedelta(microseconds=error))
