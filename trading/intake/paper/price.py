"""A table of prices as a person confirms it: its head and rows as text, and what they add up to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.refusal import Invalid
from trading.intake.finding import Finding, Severity
from trading.intake.pdf.grid import Grid, amounts, judged

MOST_ROWS, MOST_COLUMNS = 300, 16
"""Of a table of prices that is kept and shown; how many there were is told."""
ESTIMATE, CEILING = "预算|估算", "限价|控制价"
"""What the head of a column of estimates says, and of a column of ceilings."""
_LOT = re.compile("标段|标包|采购包|分包|包名|包号")


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Head and rows; each row as wide as the head."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> PriceTable:
        """Return the table that JSON tells, each row as wide as its head."""
        return cls.fitted(told["head"], told["rows"])

    @classmethod
    def fitted(cls, head: Sequence[str], rows: Sequence[Sequence[str]]) -> PriceTable:
        """Return a table of these rows, filled up or cut to the width of the head."""
        width = len(head)
        return cls(tuple(head), tuple((*row, *[""] * width)[:width] for row in rows))

    @property
    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"head": list(self.head), "rows": [list(row) for row in self.rows]}

    def total(self, words: str) -> int | None:
        """Return in fen what the first column of such a head comes to; None where it tells none."""
        for column in self._columns(words):
            found = amounts(self._grid, column)
            told = next((fen for is_sum, fen in reversed(found) if is_sum), None)
            summed = sum(fen or 0 for is_sum, fen in found if not is_sum)
            if (told or summed) and "单价" not in self.head[column]:
                return told or summed
        return None

    def lots(self, words: str) -> dict[str, int]:
        """Return the sections that rows name, with amounts in fen; empty for other rows."""
        named = next((at for at, said in enumerate(self.head) if _LOT.search(said)), None)
        column = next(iter(self._columns(words)), None)
        if named is None or column is None:
            return {}
        found = zip(self.rows, amounts(self._grid, column), strict=True)
        return {row[named]: fen for row, (is_sum, fen) in found if fen and not is_sum}

    def doubts(self) -> list[Finding]:
        """Return what a person should look at twice: no unit, rows that do not add up."""
        return [one for one in judged(self._grid) if one.severity is Severity.DOUBT]

    @property
    def _grid(self) -> Grid:
        return Grid(self.head, self.rows, ())

    def _columns(self, words: str) -> list[int]:
        return [at for at in self._grid.prices if re.search(words, self.head[at])]


def checked(table: PriceTable) -> PriceTable:
    """Refuse a table without a head, or with cells beyond it; raises Invalid."""
    empty = [at for at, said in enumerate(table.head) if not said.strip()]
    if not table.head or (empty and any(row[at] for row in table.rows for at in empty)):
        message = "有内容的列须有表头 / a column with cells needs a head"
        raise Invalid("price_head", message, rule="paper.prices")
    if len(table.rows) > MOST_ROWS or len(table.head) > MOST_COLUMNS:
        message = (
            f"最多 {MOST_ROWS} 行 {MOST_COLUMNS} 列 / "
            f"at most {MOST_ROWS} rows and {MOST_COLUMNS} columns"
        )
        raise Invalid("prices", message, rule="paper.prices")
    return table
