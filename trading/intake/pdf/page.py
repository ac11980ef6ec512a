"""What the child hands back, checked on arrival: pages with words and tables at their places."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

FURTHEST = 1_000_000.0


class NotAReading(ValueError):
    """What the child wrote is not a reading: it is believed in nothing."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page, in points from its upper left corner; `page` counts from 1."""

    page: int
    left: float
    top: float
    right: float
    bottom: float

    def around(self, other: Box) -> Box:
        """Return the smallest box around both; they are on one page."""
        return Box(
            self.page,
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    @property
    def height(self) -> float:
        """Return its height in points."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Word:
    """A run of signs without white space, and its place."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table, and the words whose middle stands in it."""

    box: Box
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A ruled table: its cells by row; None where a merged neighbour covers the cell."""

    box: Box
    rows: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was read, its size in points; `words` are those outside of tables."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    tables: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as read: how many pages it has, those that were read, how many have no text."""

    count: int
    pages: tuple[Page, ...]
    blank: int


def reading(told: Any) -> Reading:
    """Return the reading that decoded JSON tells; raises NotAReading."""
    try:
        pages = tuple(_page(one) for one in told["pages"])
        return Reading(_whole(told["count"]), pages, _whole(told["blank"]))
    except (KeyError, TypeError, ValueError, IndexError) as fault:
        raise NotAReading(type(fault).__name__) from fault


def _page(told: Any) -> Page:
    number = _whole(told["number"])
    return Page(
        number,
        _length(told["width"]),
        _length(told["height"]),
        _words(number, told["words"]),
        tuple(_table(number, one) for one in told["tables"]),
    )


def _words(page: int, told: Any) -> tuple[Word, ...]:
    return tuple(Word(_text(text), _box(page, place)) for text, *place in told)


def _table(page: int, told: Any) -> Table:
    rows = tuple(tuple(_cell(page, cell) for cell in row) for row in told["rows"])
    return Table(_box(page, told["box"]), rows)


def _cell(page: int, told: Any) -> Cell | None:
    return None if told is None else Cell(_box(page, told["box"]), _words(page, told["words"]))


def _box(page: int, told: Any) -> Box:
    left, top, right, bottom = (_length(one) for one in told)
    return Box(page, left, top, right, bottom)


def _length(told: Any) -> float:
    if not isinstance(told, (int, float)) or not math.isfinite(told) or abs(told) > FURTHEST:
        raise NotAReading("a length")
    return float(told)


def _whole(told: Any) -> int:
    if not isinstance(told, int) or not 0 <= told <= FURTHEST:
        raise NotAReading("a number")
    return told


def _text(told: Any) -> str:
    if not isinstance(told, str) or not told:
        raise NotAReading("a word")
    return told.encode("utf-8", "replace").decode()
