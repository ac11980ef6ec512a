"""Tables of a reading: rows of text, joined over pages; and the one of them that holds prices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trading.intake.finding import Finding, Severity
from trading.intake.pdf.flow import cell_text
from trading.intake.pdf.page import Box, Reading, Table
from trading.money import MoneyError, format_yuan, parse_amount

FIELD = "price_table"
_PRICE = re.compile("单价|合价|总价|报价|金额|预算|限价|控制价|估算价|起始价|挂牌价")
_UNIT = re.compile("[（(](?:人民币)?(元|万元|亿元)[)）]")
_TOTAL = re.compile(r"合\s*计|总\s*计|小\s*计")
_FIGURE = re.compile(r"[\d,，]*\d(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its head, its rows, and its place on each page that it goes over."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    boxes: tuple[Box, ...]

    @property
    def prices(self) -> list[int]:
        """Return which columns hold prices, by their head."""
        return [at for at, said in enumerate(self.head) if _PRICE.search(said)]


def grids(reading: Reading) -> list[Grid]:
    """Return the tables of two rows and columns at least; one that goes on is one table."""
    found: list[Grid] = []
    for page in reading.pages:
        for at, table in enumerate(page.tables):
            rows = [tuple(cell_text(cell) for cell in row) for row in table.rows]
            if at == 0 and found and _goes_on(found[-1], table, rows):
                found[-1] = _joined(found[-1], table, rows)
            elif rows and len(rows[0]) > 1:
                found.append(Grid(rows[0], tuple(rows[1:]), (table.box,)))
    return [grid for grid in found if grid.rows]


def _goes_on(grid: Grid, table: Table, rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether a page's first table is the rest of the last one of the page before."""
    last = grid.boxes[-1]
    same_edges = abs(last.left - table.box.left) < 3 and abs(last.right - table.box.right) < 3
    next_page = table.box.page == last.page + 1
    return next_page and same_edges and bool(rows) and len(rows[0]) == len(grid.head)


def _joined(grid: Grid, table: Table, rows: list[tuple[str, ...]]) -> Grid:
    added = rows[1:] if rows[0] == grid.head else rows
    return Grid(grid.head, (*grid.rows, *added), (*grid.boxes, table.box))


def price_grid(found: Sequence[Grid]) -> Grid | None:
    """Return the table with most columns of prices, the longer of two."""
    priced = [grid for grid in found if grid.prices]
    return max(priced, key=lambda grid: (len(grid.prices), len(grid.rows)), default=None)


def judged(grid: Grid | None) -> tuple[Finding, ...]:
    """Say of a price table what a person must look at: no unit, no figure, a sum that is none."""
    if grid is None:
        return (Finding(FIELD, Severity.MISSING, "", "没有含价格的表格 / no table with prices"),)
    told = f"{len(grid.rows)}行 {len(grid.head)}列 / rows, columns"
    plain = Finding(FIELD, Severity.READ, " | ".join(grid.head), told)
    return (plain, *(one for column in grid.prices for one in _column(grid, column)))


def _column(grid: Grid, column: int) -> Iterator[Finding]:
    head = grid.head[column]
    unit = _UNIT.search(head)
    if unit is None:
        message = "该列没有单位，不作换算 / the column has no unit: its figures are not reckoned"
        yield Finding(FIELD, Severity.DOUBT, head, message)
        return
    total, summed = None, 0
    for is_sum, fen in amounts(grid, column):
        if is_sum:
            total = fen
        else:
            summed += fen or 0
    if total is not None and total != summed and "单价" not in head:
        shown = f"{head}：{format_yuan(summed)} ≠ {format_yuan(total)}"
        yield Finding(FIELD, Severity.DOUBT, shown, "各行之和不等于合计 / rows do not add up")


def amounts(grid: Grid, column: int) -> list[tuple[bool, int | None]]:
    """Return of each row whether it is a sum, and its amount in fen; None where none is told."""
    unit = _UNIT.search(grid.head[column])
    return [
        (
            bool(_TOTAL.search("".join(row[:column]))),
            _fen(row[column] if column < len(row) else "", unit[1]) if unit else None,
        )
        for row in grid.rows
    ]


def _fen(said: str, unit: str) -> int | None:
    figure = _FIGURE.fullmatch(said.strip().removesuffix(unit))
    try:
        return parse_amount(f"{figure[0].replace('，', ',')}{unit}") if figure else None
    except MoneyError:
        return None
