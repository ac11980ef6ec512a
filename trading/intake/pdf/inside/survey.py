"""Find, by pdfium, the pages that are worth reading; count first, and stop at what is too much."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from trading.intake.pdf.trouble import Trouble

WORTH = re.compile(
    "招标公告|采购公告|项目名称|项目编号|招标编号|招标人|采购人|代理机构|预算金额|最高限价|控制价|"
    "合同估算价|保证金|截止时间|开标时间|开标地点|获取.{0,6}文件|前附表|开标一览表|投标报价|单价|合价"
)
FEWEST_SIGNS = 8
"""Signs, all pages together, below which a file has no text layer to speak of."""


class Stop(Exception):
    """The file is not to be read on, for a named trouble."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page, from 1: the size of what is visible, and how far that lies inside the whole."""

    number: int
    width: float
    height: float
    across: float
    down: float


@dataclass(frozen=True, slots=True)
class Survey:
    """How many pages there are, how many of them have no text, and which to read."""

    count: int
    blank: int
    chosen: tuple[Sheet, ...]


@contextmanager
def opened(file: bytes) -> Iterator[pypdfium2.PdfDocument]:
    """Open a document; raises Stop for a password or a structure that pdfium does not accept."""
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as fault:
        locked = getattr(fault, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
        raise Stop(Trouble.ENCRYPTED if locked else Trouble.UNREADABLE) from fault
    try:
        yield document
    finally:
        document.close()


def survey(file: bytes, limits: Mapping[str, int]) -> Survey:
    """Choose the pages to read: the first, and those that speak of a trade most."""
    with opened(file) as document:
        count = len(document)
        if count < 1:
            raise Stop(Trouble.NO_PAGES)
        if count > limits["pages"]:
            raise Stop(Trouble.TOO_MANY_PAGES)
        texts = [_text(document, index, limits) for index in range(count)]
        if all(text is None for text in texts):
            raise Stop(Trouble.NO_PAGES)
        if sum(len((text or "").strip()) for text in texts) < FEWEST_SIGNS:
            raise Stop(Trouble.NO_TEXT)
        chosen = _choose(texts, limits["read"])
        sheets = tuple(_sheet(document, number, limits["strokes"]) for number in chosen)
    return Survey(count, sum(not (text or "").strip() for text in texts), sheets)


def _text(document: pypdfium2.PdfDocument, index: int, limits: Mapping[str, int]) -> str | None:
    """Return a page's text; None for a page that does not open."""
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return None
    words = page.get_textpage()
    if words.count_chars() > limits["signs"]:
        raise Stop(Trouble.TOO_MANY_SIGNS)
    text: str = words.get_text_range()
    words.close()
    page.close()
    return text


def _choose(texts: list[str | None], most: int) -> tuple[int, ...]:
    """Return page numbers in their order; of equal worth the earlier is read."""
    worth = {
        number: len(set(WORTH.findall(text)))
        for number, text in enumerate(texts, 1)
        if text and text.strip()
    }
    first = min(worth)
    ranked = sorted(worth, key=lambda number: (number != first, -worth[number], number))
    return tuple(sorted(ranked[:most]))


def _sheet(document: pypdfium2.PdfDocument, number: int, strokes: int) -> Sheet:
    page = document[number - 1]
    _check_strokes(page, strokes)
    left, bottom, right, top = page.get_mediabox()
    crop = page.get_cropbox()
    inside = (crop[0] - left, crop[1] - bottom, right - crop[2], top - crop[3])
    across, down = _turned(page.get_rotation(), [max(0.0, margin) for margin in inside])
    width, height = page.get_size()
    page.close()
    return Sheet(number, width, height, across, down)


def _turned(rotation: int, margins: list[float]) -> tuple[float, float]:
    """Return the margins left of and above the visible part, as the page is shown turned."""
    left, bottom, right, top = margins
    return {0: (left, top), 90: (bottom, left), 180: (right, bottom), 270: (top, right)}[rotation]


def _check_strokes(page: pypdfium2.PdfPage, most: int) -> None:
    """Stop at a page whose drawing alone would keep pdfplumber busy."""
    strokes = 0
    for number in range(pdfium.FPDFPage_CountObjects(page)):
        drawn = pdfium.FPDFPage_GetObject(page, number)
        if pdfium.FPDFPageObj_GetType(drawn) == pdfium.FPDF_PAGEOBJ_PATH:
            strokes += max(1, pdfium.FPDFPath_CountSegments(drawn) // 2)
        if strokes > most:
            raise Stop(Trouble.TOO_MANY_STROKES)
