"""A reading as one text that knows where each of its signs stands on which page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import repeat
from unicodedata import east_asian_width

from trading.intake.pdf.line import (
    Line,
    between,
    continues,
    heading,
    lines,
    margins,
    without_page_numbers,
)
from trading.intake.pdf.page import Box, Cell, Page, Reading, Table

LONGEST, LONGEST_PARAGRAPH = 60_000, 4_000
"""Signs: what is read for fields, and how far a paragraph goes on over the edge of a line."""
LOST = "\ufffd"
LABELLED, STOP = 2, "。"
"""Cells of a row that may be a label and its value; what stands after a longer one."""
_NO_SIGN = re.compile(r"\(cid:\d+\)|[\ue000-\uf8ff]")
_HIDDEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Flow:
    """The text, and the box of each of its signs; None for a sign that was put between words.

    `title` is the span of the headline, which stands last; `cut` tells that there was more text
    than is read for fields.
    """

    raw: str
    places: tuple[Box | None, ...]
    title: tuple[int, int]
    cut: bool = False

    def place(self, span: tuple[int, int] | None) -> Box | None:
        """Return the box around a part of the text, as far as it stands on its first page."""
        boxes = [box for box in self.places[slice(*span)] if box is not None] if span else []
        if not boxes:
            return None
        around = boxes[0]
        for box in boxes[1:]:
            around = around.around(box) if box.page == around.page else around
        return around


@dataclass(slots=True)
class _Writing:
    """The text in the making; `paragraph` counts the signs since the last new line."""

    signs: list[str] = field(default_factory=list)
    places: list[Box | None] = field(default_factory=list)
    paragraph: int = 0

    def put(self, text: str, box: Box | None = None) -> None:
        """Write a word; its signs share its width, and what is not to be seen is left out."""
        kept = _HIDDEN.sub("", _NO_SIGN.sub(LOST, text))
        places = _parts(box, kept) if box else repeat(None)
        for sign, place in zip(kept, places, strict=False):
            self._sign(sign, place)

    def _sign(self, sign: str, box: Box | None) -> None:
        if self.paragraph >= LONGEST_PARAGRAPH:
            self.end_paragraph()
        self.signs.append(sign)
        self.places.append(box)
        self.paragraph += 1

    def end_paragraph(self) -> None:
        """Begin a new line, unless nothing is written yet."""
        if self.signs:
            self.signs.append("\n")
            self.places.append(None)
        self.paragraph = 0

    def line(self, line: Line, *, goes_on: bool) -> None:
        """Write a line's words, a space between two."""
        if goes_on:
            self.put(between(self.signs[-1], line.words[0].text))
        else:
            self.end_paragraph()
        for at, word in enumerate(line.words):
            self.put(" " if at else "")
            self.put(word.text, word.box)


def _parts(box: Box, text: str) -> Iterator[Box]:
    """Share a word's width among its signs: a Chinese one is as wide as two others."""
    shares = [2 if east_asian_width(sign) in "WF" else 1 for sign in text]
    width, left = (box.right - box.left) / max(1, sum(shares)), box.left
    for share in shares:
        yield Box(box.page, left, box.top, left + share * width, box.bottom)
        left += share * width


def flow(reading: Reading) -> Flow:
    """Return the text of the pages that were read: paragraphs, and tables cell by cell."""
    writing, before = _Writing(), None
    title = heading(lines(reading.pages[0].words)) if reading.pages else ()
    for page in reading.pages:
        before = _page(writing, page, before, title)
    cut = len(writing.signs) > LONGEST
    del writing.signs[LONGEST:], writing.places[LONGEST:]
    span = _title(writing, title)
    return Flow("".join(writing.signs), tuple(writing.places), span, cut)


def _title(writing: _Writing, title: tuple[Line, ...]) -> tuple[int, int]:
    """Write the headline as one line; it stands last, for labels in it say less than the text."""
    start = len(writing.signs) + bool(writing.signs)
    for at, line in enumerate(title):
        writing.line(line, goes_on=at > 0)
    return start, max(start, len(writing.signs))


def _page(
    writing: _Writing, page: Page, before: Line | None, title: tuple[Line, ...]
) -> Line | None:
    """Write a page that may go on with the one before; return its last line, None at a table."""
    told = without_page_numbers(lines(page.words), page.height)
    told = [line for line in told if line not in title]
    left, right = margins(told, page.width)
    blocks: list[Line | Table] = sorted([*told, *page.tables], key=lambda each: each.box.top)
    for block in blocks:
        if isinstance(block, Table):
            _table(writing, block)
            before = None
        else:
            goes_on = before is not None and continues(before, block, left, right)
            writing.line(block, goes_on=goes_on)
            before = block
    return before


def _table(writing: _Writing, table: Table) -> None:
    """Write a table as the portals do: a line for each cell, row by row.

    A wide row ends with a stop: the last word of a head is no label of the row below.
    """
    for row in table.rows:
        for line, goes_on in (line for cell in row if cell is not None for line in _within(cell)):
            writing.line(line, goes_on=goes_on)
        if len(row) > LABELLED:
            writing.end_paragraph()
            writing.put(STOP)


def _within(cell: Cell) -> list[tuple[Line, bool]]:
    """Return a cell's lines, and of each whether it goes on with the one before.

    A cell is as wide as its text: all but what opens something of its own goes on.
    """
    found: list[tuple[Line, bool]] = []
    for line in lines(cell.words):
        before = found[-1][0] if found else None
        goes_on = before is not None and continues(before, line, line.box.left, before.box.right)
        found.append((line, goes_on))
    return found


def cell_text(cell: Cell | None) -> str:
    """Return what stands in a cell as one text; "" for an empty or covered one."""
    writing = _Writing()
    for line, _ in _within(cell) if cell else []:
        writing.line(line, goes_on=bool(writing.signs))
    return "".join(writing.signs)
