"""The wall's series of the last hour: acts a minute, and how old the last witnessed head was."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.record.disclosure import Disclosed
from monitor.record.identity import moment_of

MINUTES = 60
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Series:
    """A value for each of the last sixty minutes, the present one last; None where none is known.

    `first` is when the first of them began.
    """

    first: datetime
    values: tuple[int | None, ...]

    @property
    def most(self) -> int:
        """The largest value."""
        return max((each for each in self.values if each is not None), default=0)

    @property
    def data(self) -> str:
        """What script draws: when it begins (POSIX seconds), and the values."""
        return json.dumps({"from": int(self.first.timestamp()), "values": self.values})


def by_minute(records: Iterable[Sequence[Disclosed]], now: datetime) -> Series:
    """Return how many acts each minute brought, of what the viewer may see."""
    begin = begun(now)
    made = (moment_of(each.record_id) for found in records for each in found)
    counts = Counter((at - begin) // MINUTE for at in made if at >= begin)
    return Series(begin, tuple(counts[minute] for minute in range(MINUTES)))


def ages(heads: Sequence[datetime], now: datetime) -> Series:
    """Return how old the last witnessed checkpoint was at the end of each minute, in seconds."""
    begin = begun(now)
    found: list[int | None] = []
    for minute in range(1, MINUTES + 1):
        end = min(begin + minute * MINUTE, now)
        at = bisect_right(heads, end)
        found.append(int((end - heads[at - 1]).total_seconds()) if at else None)
    return Series(begin, tuple(found))


def begun(now: datetime) -> datetime:
    """Return when the first of the sixty minutes began."""
    return now.replace(second=0, microsecond=0) - (MINUTES - 1) * MINUTE
