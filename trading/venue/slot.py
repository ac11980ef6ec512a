"""Free times: the nearest spans of a wanted length that no booking and no night stands in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from monitor.law.workday import ONE_DAY, SHANGHAI, Calendar, load, local_date

OPENS, SHUTS = time(8, 30), time(18, 0)
STEP = timedelta(minutes=30)
HORIZON = 30 * ONE_DAY


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open span of time; instants are aware."""

    start: datetime
    end: datetime

    def meets(self, other: Span) -> bool:
        """Do the two share a moment?"""
        return self.start < other.end and other.start < self.end


def nearest_free(
    busy: Sequence[Span], wanted: Span, not_before: datetime, count: int = 3,
    calendar: Calendar | None = None,
) -> list[Span]:  # fmt: skip
    """Return up to `count` free spans of the wanted length, nearest to the wanted start first.

    They lie in the centre's hours of working days (Asia/Shanghai), within thirty days, and start
    on the half hour.
    """
    free = [
        span
        for span in _candidates(wanted, calendar or load())
        if span.start >= not_before and not any(span.meets(taken) for taken in busy)
    ]
    return sorted(free, key=lambda span: (abs(span.start - wanted.start), span.start))[:count]


def _candidates(wanted: Span, calendar: Calendar) -> Iterator[Span]:
    first, last = local_date(wanted.start - HORIZON), local_date(wanted.start + HORIZON)
    length = wanted.end - wanted.start
    for day in _days(first, last):
        if calendar.is_working(day):
            yield from _on(day, length)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + ONE_DAY * index for index in range((last - first).days + 1))


def _on(day: date, length: timedelta) -> Iterator[Span]:
    start = datetime.combine(day, OPENS, SHANGHAI)
    shuts = datetime.combine(day, SHUTS, SHANGHAI)
    while start + length <= shuts:
        yield Span(start, start + length)
        start += STEP
