"""Signs into lines, and lines into paragraphs: what a page's edge broke is joined again."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from trading.intake.pdf.page import Box, Word

COLUMN = 2.0
"""A gap of that many sign heights, before words that begin a label, is another column."""
FULL = 2.0
"""A line is full when no more than that many sign heights are left of it."""

INDENT = 0.75
"""Less than that is no indent: brackets hang over the margin by half a sign."""
SET_IN, ABOVE_HEADLINE = 3.0, 3
"""A headline is set in by that many signs, and stands among the first lines of its page."""
FILLING = 0.6
"""A line over that part of the page's width shows where the right margin is."""
HEADLINE = 1.15
"""A line of that many times the usual size is a headline."""

_LABEL = re.compile(r"[^，。；：:\s]{2,14}[:：]")
_OPENS = re.compile(
    r"[一二三四五六七八九十]+[、.．]|\d+[.、．)）]|[（(][一二三四五六七八九十\d]+[)）]|"
    r"[^，。；：:\s]{2,14}[:：]"
)
_PAGE_NUMBER = re.compile(r"[\s\-—–第]*\d{1,4}[\s\-—–页/共]*\d{0,4}[\s\-—–页]*")
_LETTERS = re.compile(r"[A-Za-z0-9]")


@dataclass(frozen=True, slots=True)
class Line:
    """Words that stand beside each other, from left to right."""

    words: tuple[Word, ...]
    box: Box

    @property
    def text(self) -> str:
        """Return the words, a space between two."""
        return " ".join(word.text for word in self.words)

    @property
    def size(self) -> float:
        """Return the usual height of its words, in points."""
        return median(word.box.height for word in self.words)


def lines(words: Iterable[Word]) -> list[Line]:
    """Return words as lines from top to bottom, columns apart."""
    rows: list[list[Word]] = []
    for word in sorted(words, key=lambda each: (each.box.top + each.box.bottom, each.box.left)):
        if rows and _beside(rows[-1], word):
            rows[-1].append(word)
        else:
            rows.append([word])
    return [line for row in rows for line in _columns(row)]


def _beside(row: Sequence[Word], word: Word) -> bool:
    """Tell whether the middle of the word is within the first word's height."""
    middle = (word.box.top + word.box.bottom) / 2
    return row[0].box.top <= middle <= row[0].box.bottom


def _columns(row: list[Word]) -> Iterator[Line]:
    row.sort(key=lambda each: each.box.left)
    start = 0
    for at, (left, right) in enumerate(pairwise(row), 1):
        gap = right.box.left - left.box.right
        if gap > COLUMN * left.box.height and _begins_column(row[start:at], row[at:]):
            yield line_of(row[start:at])
            start = at
    yield line_of(row[start:])


def _begins_column(before: Sequence[Word], after: Sequence[Word]) -> bool:
    """Only a label that follows a label with its value: `招标人：甲    代理机构：乙`."""
    said, next_said = ("".join(word.text for word in part) for part in (before, after))
    return bool(_LABEL.match(next_said)) and bool(re.search("[:：].", said))


def line_of(words: Sequence[Word]) -> Line:
    """Return words as one line."""
    box = words[0].box
    for word in words[1:]:
        box = box.around(word.box)
    return Line(tuple(words), box)


def without_page_numbers(found: Sequence[Line], height: float) -> list[Line]:
    """Leave out what is only the number of the page, in its upper or lower margin."""
    margin = height * 0.08
    return [
        line
        for line in found
        if not (
            _PAGE_NUMBER.fullmatch(line.text)
            and (line.box.bottom < margin or line.box.top > height - margin)
        )
    ]


def heading(found: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines at the top of a page that are in large print or set in, () if none is."""
    if len(found) < 2:
        return ()
    usual = median(line.size for line in found)
    left = min(line.box.left for line in found)
    stands_out = [
        line.size > HEADLINE * usual or line.box.left - left > SET_IN * line.size for line in found
    ]
    if not any(stands_out[:ABOVE_HEADLINE]):
        return ()
    start = stands_out.index(True)
    end = stands_out.index(False, start) if False in stands_out[start:] else len(found)
    return tuple(found[start:end])


def margins(found: Sequence[Line], width: float) -> tuple[float, float]:
    """Return between which margins the lines run; the right one is endless where none shows.

    Only where a line goes most of the way across the page there is an edge that breaks lines.
    """
    if not found:
        return 0.0, math.inf
    widest = max(found, key=lambda line: line.box.right)
    filling = widest.box.right - widest.box.left > FILLING * width
    return min(line.box.left for line in found), widest.box.right if filling else math.inf


def continues(line: Line, following: Line, left: float, right: float) -> bool:
    """Tell whether the following line goes on with this one, within these margins.

    A full line goes on in a line of its size that is not indented and opens nothing of its own.
    """
    size = line.size
    alike = abs(following.size - size) < size / 4
    full = right - line.box.right < FULL * size
    flush = following.box.left - left < INDENT * size
    near = following.box.page != line.box.page or following.box.top - line.box.bottom < 2 * size
    return alike and full and flush and near and not _OPENS.match(following.text)


def between(before: str, after: str) -> str:
    """Return what stands between two joined parts: a space between letters, nothing else."""
    both = before and after and _LETTERS.match(before[-1]) and _LETTERS.match(after[0])
    return " " if both else ""
