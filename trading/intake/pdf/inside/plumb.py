"""Read chosen pages by pdfplumber: words with their places, ruled tables with their cells."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pdfplumber

from trading.intake.pdf.inside.survey import Sheet, Stop
from trading.intake.pdf.trouble import Trouble


def plumb(file: bytes, sheets: Sequence[Sheet], limits: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what stands on each page; raises Stop where a page holds more than the limits."""
    known, found = {sheet.number: sheet for sheet in sheets}, []
    with pdfplumber.open(io.BytesIO(file), pages=sorted(known)) as document:
        for page in document.pages:
            found.append(_page(page, known[page.page_number], limits))
            page.close()
    return found


def _page(page: Any, sheet: Sheet, limits: Mapping[str, int]) -> dict[str, Any]:
    if len(page.chars) > limits["signs"]:
        raise Stop(Trouble.TOO_MANY_SIGNS)
    if len(page.lines) + len(page.rects) + len(page.curves) > limits["strokes"]:
        raise Stop(Trouble.TOO_MANY_STROKES)
    corner = (page.bbox[0] + sheet.across, page.bbox[1] + sheet.down)
    words = [_word(word, corner) for word in page.extract_words()]
    seen = [word for word in words if _holds((0, 0, sheet.width, sheet.height), word[1:])]
    tables = [_Table(table, corner) for table in page.find_tables()]
    return {
        "number": sheet.number,
        "width": sheet.width,
        "height": sheet.height,
        "words": [word for word in seen if not any(table.takes(word) for table in tables)],
        "tables": [{"box": table.box, "rows": table.rows} for table in tables],
    }


def _word(word: Mapping[str, Any], corner: Sequence[float]) -> list[Any]:
    text = str(word["text"]).encode("utf-8", "replace").decode()
    return [text, *_placed((word["x0"], word["top"], word["x1"], word["bottom"]), corner)]


class _Table:
    """A table that takes words into its cells; merged cells are None."""

    def __init__(self, table: Any, corner: Sequence[float]) -> None:
        self.box = _placed(table.bbox, corner)
        self.rows = [
            [cell and {"box": _placed(cell, corner), "words": []} for cell in row.cells]
            for row in table.rows
        ]

    def takes(self, word: list[Any]) -> bool:
        """Put a word into the cell in which its middle stands; False if there is none."""
        if not _holds(self.box, word[1:]):
            return False
        for cell in (cell for row in self.rows for cell in row if cell is not None):
            if _holds(cell["box"], word[1:]):
                cell["words"].append(word)
                return True
        return False


def _holds(outer: Sequence[float], inner: Sequence[float]) -> bool:
    """Tell whether the middle of the inner box stands in the outer one."""
    across, down = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= across <= outer[2] and outer[1] <= down <= outer[3]


def _placed(box: Sequence[float], corner: Sequence[float]) -> list[float]:
    """Return a box from the upper left corner of the visible sheet, as pdfium draws it."""
    return [round(float(one) - float(corner[at % 2]), 2) for at, one in enumerate(box)]
