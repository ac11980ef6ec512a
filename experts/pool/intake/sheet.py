"""Sheets: rows of text out of a CSV or XLSX file, line by line as a person numbers them (pure)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from experts.pool.intake.workbook import MOST_CELL, MOST_COLUMNS, MOST_LINES, lines_of, wrong
from monitor.refusal import Invalid

MOST_BYTES = 8 * 1024 * 1024
MOST_TEXT = 16 * 1024 * 1024
"""Characters of all cells: a workbook may name one long string in each of them."""
_ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a sheet: its number in the file, from 1 with the heading, and its cells."""

    number: int
    cells: Mapping[str, str]


def read_sheet(data: bytes, columns: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return the lines below the heading; columns: name → headings it may stand under.

    Empty lines are passed over. Raises Invalid for what is no sheet, for a heading without one of
    the columns whose headings are named, and for more than is read at once.
    """
    if len(data) > MOST_BYTES:
        raise wrong(f"文件不超过{MOST_BYTES >> 20} MiB / at most {MOST_BYTES >> 20} MiB")
    lines = lines_of(data) if data[:4] == b"PK\3\4" else _csv(data)
    heading = next(lines, (0, []))[1]
    places = _places(heading, columns)
    full = (Row(number, _cells(cells, places)) for number, cells in lines if any(cells))
    rows, size = list[Row](), 0
    for row in islice(full, MOST_LINES + 1):
        rows.append(row)
        size += sum(map(len, row.cells.values()))
        if len(rows) > MOST_LINES:
            raise wrong(f"不超过{MOST_LINES}行 / at most {MOST_LINES} lines")
        if size > MOST_TEXT:
            raise wrong("内容过多 / too much text")
    return rows


def _places(heading: Sequence[str], columns: Mapping[str, Sequence[str]]) -> dict[str, int]:
    found = {cell.strip().casefold(): at for at, cell in reversed(list(enumerate(heading)))}
    places = {}
    for name, headings in columns.items():
        at = next((found[each.casefold()] for each in headings if each.casefold() in found), None)
        if at is None:
            told = f"第一行缺少“{headings[0]}”列 / the first line has no column {name}"
            raise Invalid("file", told, rule="experts/pool/intake/sheet")
        places[name] = at
    return places


def _cells(cells: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    return {
        name: cells[at].strip()[:MOST_CELL] if at < len(cells) else ""
        for name, at in places.items()
    }


def _csv(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Read comma, semicolon or tab separated text in UTF-8 or GB 18030."""
    told = _decoded(data)
    first = told.partition("\n")[0]
    apart = max(",;\t，", key=first.count)
    reader = csv.reader(io.StringIO(told), delimiter=apart)
    try:
        for row in reader:
            yield reader.line_num, row[:MOST_COLUMNS]
    except csv.Error as fault:
        raise wrong(f"第{reader.line_num}行不是 CSV / no CSV: line {reader.line_num}") from fault


def _decoded(data: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            told = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in told:
            return told
    raise wrong("应为 UTF-8 或 GB 18030 的 CSV，或 XLSX / CSV in UTF-8 or GB 18030, or XLSX")
