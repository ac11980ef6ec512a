"""Workbooks: the values of an XLSX file's first sheet, in memory that no file makes large (pure).

ECMA-376 part 1, §18.3: no formula is computed, no link followed, and a document type, which no
sheet needs, is refused with whatever it brings. No tree is built: of what is unpacked only one row
and the shared strings are held, and whatever a parser remembers for itself (names, open elements,
an unfinished token) is bounded too.
"""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from xml.parsers import expat

from monitor.refusal import Invalid

MOST_LINES, MOST_COLUMNS, MOST_CELL = 20_000, 40, 4_000
MOST_UNPACKED = 64 * 1024 * 1024
MOST_STRINGS = MOST_LINES * MOST_COLUMNS
MOST_ELEMENTS = 2_500_000
"""Three for each cell of the largest sheet, and its rows."""
MOST_TOKEN, MOST_DEPTH, MOST_NAMES = 1024 * 1024, 32, 256
CHUNK = 64 * 1024
_APART = " "
_MAIN = f"http://schemas.openxmlformats.org/spreadsheetml/2006/main{_APART}"
_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_PLACE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, OSError, EOFError, KeyError,
    ValueError, expat.ExpatError,
)  # fmt: skip
"""What a damaged, locked or strangely packed workbook makes the readers of zip and XML raise."""


def wrong(words: str) -> Invalid:
    """Return the refusal of a file that is no sheet that can be read."""
    return Invalid("file", words, rule="experts/pool/intake/sheet")


def lines_of(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Give the first sheet's rows as (number, cells) as they are read; raises Invalid."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            if sum(each.file_size for each in book.infolist()) > MOST_UNPACKED:
                raise wrong("XLSX 解压后过大 / too large once unpacked")
            strings = _Strings()
            if _STRINGS in book.namelist():
                for _ in _read(book, _STRINGS, strings):
                    pass
            rows = _Rows(strings.found)
            for _ in _read(book, _SHEET, rows):
                yield from rows.taken()
    except _UNREADABLE as fault:
        raise wrong("不是可读取的 XLSX / no XLSX that can be read") from fault


class _Part(Protocol):
    """What is told of a part's elements, each by its name within the main namespace."""

    def enter(self, name: str, told: Mapping[str, str]) -> None:
        """Take an element's beginning."""

    def text(self, data: str) -> None:
        """Take a stretch of text."""

    def end(self, name: str) -> None:
        """Take an element's end."""


@dataclass(slots=True)
class _Guard:
    """Hands a parser's events on, and refuses what would make it remember without end."""

    part: _Part
    elements: int = 0
    depth: int = 0
    names: set[str] = field(default_factory=set)

    def parser(self) -> expat.XMLParserType:
        """Return the parser, of UTF-8 alone: in no other encoding could anything hide."""
        made = expat.ParserCreate("utf-8", _APART)
        made.buffer_text = True
        made.StartDoctypeDeclHandler = self.refuse_type
        made.StartNamespaceDeclHandler = self.bind
        made.StartElementHandler = self.enter
        made.CharacterDataHandler = self.part.text
        made.EndElementHandler = self.end
        return made

    def refuse_type(self, *_: object) -> None:
        raise wrong("XLSX 含文档类型声明 / holds a document type")

    def bind(self, prefix: str | None, uri: str) -> None:
        self.remember(f"{prefix}={uri}")

    def enter(self, name: str, told: dict[str, str]) -> None:
        self.elements, self.depth = self.elements + 1, self.depth + 1
        if self.elements > MOST_ELEMENTS or self.depth > MOST_DEPTH:
            raise wrong("XLSX 的单元格过多或嵌套过深 / too many cells, or nested too deep")
        if name not in self.names or not told.keys() <= self.names:
            self.remember(name, *told)
        self.part.enter(name.removeprefix(_MAIN), told)

    def end(self, name: str) -> None:
        self.depth -= 1
        self.part.end(name.removeprefix(_MAIN))

    def remember(self, *names: str) -> None:
        self.names.update(names)
        if len(self.names) > MOST_NAMES:
            raise wrong("不是可读取的 XLSX / no XLSX that can be read")


def _read(book: zipfile.ZipFile, name: str, part: _Part) -> Iterator[None]:
    """Parse a part piece by piece, giving way after each."""
    parser, fed = _Guard(part).parser(), 0
    with book.open(name) as source:
        while piece := source.read(CHUNK):
            parser.Parse(piece, False)
            fed += len(piece)
            if fed - parser.CurrentByteIndex > MOST_TOKEN:
                raise wrong("不是可读取的 XLSX / no XLSX that can be read")
            yield
        parser.Parse(b"", True)
        yield


@dataclass(slots=True)
class _Words:
    """Text that is being gathered, up to what a cell may hold."""

    open: bool = False
    size: int = 0
    parts: list[str] = field(default_factory=list)

    def add(self, data: str) -> None:
        if self.open and self.size < MOST_CELL:
            self.parts.append(data[: MOST_CELL - self.size])
            self.size += len(data)

    def all(self) -> str:
        told = "".join(self.parts)
        self.open, self.size, self.parts = False, 0, []
        return told


@dataclass(slots=True)
class _Strings:
    """The shared strings, in UTF-8: one wide sign would make a whole text wide in memory."""

    found: list[bytes] = field(default_factory=list)
    words: _Words = field(default_factory=_Words)

    def enter(self, name: str, _: Mapping[str, str]) -> None:
        self.words.open = self.words.open or name == "t"

    def text(self, data: str) -> None:
        self.words.add(data)

    def end(self, name: str) -> None:
        if name == "t":
            self.words.open = False
        elif name == "si":
            self.found.append(self.words.all().encode())
            if len(self.found) > MOST_STRINGS:
                raise wrong("XLSX 的文字过多 / too many strings")


@dataclass(slots=True)
class _Rows:
    """The rows of a sheet, each whole once its end has come."""

    strings: list[bytes]
    done: list[tuple[int, list[str]]] = field(default_factory=list)
    count: int = 0
    number: int = 0
    cells: dict[int, str] = field(default_factory=dict)
    seen: int = 0
    at: int = 0
    kind: str = "n"
    words: _Words = field(default_factory=_Words)

    def taken(self) -> list[tuple[int, list[str]]]:
        """Return the rows that were read since the last time."""
        told, self.done = self.done, []
        return told

    def enter(self, name: str, told: Mapping[str, str]) -> None:
        if name == "row":
            self.count, self.seen, self.cells = self.count + 1, 0, {}
            self.number = int(told.get("r", self.count))
        elif name == "c":
            place = _PLACE.fullmatch(told.get("r", ""))
            self.at, self.kind = _column(place[1]) if place else self.seen, told.get("t", "n")
            self.seen += 1
        elif name == ("t" if self.kind == "inlineStr" else "v"):
            self.words.open = True

    def text(self, data: str) -> None:
        self.words.add(data)

    def end(self, name: str) -> None:
        if name in {"t", "v"}:
            self.words.open = False
        elif name == "c":
            told = self.words.all()
            if self.at < MOST_COLUMNS:
                self.cells[self.at] = self.value(told)
        elif name == "row":
            width = max(self.cells, default=-1) + 1
            self.done.append((self.number, [self.cells.get(at, "") for at in range(width)]))

    def value(self, told: str) -> str:
        if self.kind == "inlineStr":
            return told
        if self.kind == "s":
            at = int(told)
            return self.strings[at].decode() if 0 <= at < len(self.strings) else ""
        return told.removesuffix(".0")


def _column(letters: str) -> int:
    at = 0
    for letter in letters:
        at = at * 26 + ord(letter) - 64
    return at - 1
