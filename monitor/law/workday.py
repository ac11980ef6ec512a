"""Days as the law counts them: Shanghai dates, first day excluded, a last day off moves on.

财政部令第87号 85, 民法典 201-203. A year without a State Council notice is counted by the plain
week and the answer says so: `provisional`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path

# China has kept UTC+8 without summer time since 1991: a fixed offset needs no zone files.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
HOLIDAYS = Path(__file__).with_name("holidays.toml")
ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_NONE: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Year:
    """One State Council notice: its title, number, address, days off and make-up days."""

    notice: str
    number: str
    address: str
    off: frozenset[date]
    work: frozenset[date]


@dataclass(frozen=True, slots=True)
class Counted:
    """The last day of a period; `floor` is the earliest it can be under any calendar."""

    day: date
    floor: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class Calendar:
    """The published years; days outside them follow the plain week and count as provisional."""

    years: dict[int, Year]
    _off: frozenset[date] = field(init=False)
    _work: frozenset[date] = field(init=False)

    def __post_init__(self) -> None:
        notices = self.years.values()
        object.__setattr__(self, "_off", frozenset().union(*(year.off for year in notices)))
        object.__setattr__(self, "_work", frozenset().union(*(year.work for year in notices)))

    def is_known(self, day: date) -> bool:
        """Is the day settled? The last week of December also waits for the next year's notice."""
        if day.month == 12 and day.day >= 25:
            return day.year in self.years and day.year + 1 in self.years
        return day.year in self.years

    def is_working(self, day: date) -> bool:
        """Is it a working day, by the notice or, where there is none, by the plain week?"""
        if day in self._work:
            return True
        return day not in self._off and day.weekday() < _SATURDAY

    def add_days(self, start: date, days: int, paused: AbstractSet[date] = _NONE) -> Counted:
        """Last of `days` calendar days after `start`, moved past days off (民法典 201, 203)."""
        plain = _step(start, days, paused)
        last = plain
        provisional = not self.is_known(last)
        while not self.is_working(last):
            last += ONE_DAY
            provisional = provisional or not self.is_known(last)
        return Counted(last, plain if provisional else last, provisional)

    def add_working_days(
        self, start: date, days: int, paused: AbstractSet[date] = _NONE
    ) -> Counted:
        """Last of `days` working days after `start`; `paused` days are not counted."""
        last = start
        left = days
        provisional = False
        while left:
            last += ONE_DAY
            provisional = provisional or not self.is_known(last)
            left -= self.is_working(last) and last not in paused
        return Counted(last, self._floor(start, days, paused), provisional)

    def _floor(self, start: date, days: int, paused: AbstractSet[date]) -> date:
        last = start
        left = days
        while left:
            last += ONE_DAY
            could_work = self.is_working(last) or not self.is_known(last)
            left -= could_work and last not in paused
        return last


def _step(start: date, days: int, paused: AbstractSet[date]) -> date:
    last = start
    left = days
    while left:
        last += ONE_DAY
        left -= last not in paused
    return last


@cache
def load(path: Path = HOLIDAYS) -> Calendar:
    """Read the table of published years."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Calendar({int(year): _year(entry) for year, entry in table.items()})


def _year(entry: dict[str, object]) -> Year:
    off = frozenset(day for span in _texts(entry, "off") for day in _span(span))
    work = frozenset(date.fromisoformat(day) for day in _texts(entry, "work"))
    return Year(str(entry["notice"]), str(entry["number"]), str(entry["address"]), off, work)


def _texts(entry: dict[str, object], key: str) -> list[str]:
    value = entry[key]
    return [str(item) for item in value] if isinstance(value, list) else []


def _span(text: str) -> list[date]:
    first, last = (date.fromisoformat(day) for day in text.split("/"))
    return [first + ONE_DAY * index for index in range((last - first).days + 1)]


def local_date(instant: datetime) -> date:
    """The date of an aware instant in Asia/Shanghai."""
    return instant.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """The first instant of a Shanghai date, in UTC."""
    return datetime.combine(day, time(), SHANGHAI).astimezone(UTC)
