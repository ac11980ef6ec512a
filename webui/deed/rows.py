"""Fields in rows: a table to fill in, each row of it the same fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from monitor.refusal import Invalid
from webui.deed.field import Field, Typed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Field):
    """Several rows of fields, as a list of dictionaries; rows left empty are passed over.

    `shown` rows are there to fill in; with 0 only those that it starts with.
    """

    shape: ClassVar[str] = "rows"
    columns: tuple[Field, ...]
    shown: int = 3
    most: int = 200

    @property
    def longest(self) -> int:
        """Return how many bytes of a form it may take."""
        return self.most * sum(each.longest for each in self.columns)

    @property
    def parts(self) -> int:
        """Return how many parts of a form it may take."""
        return self.most * len(self.columns)

    def parse(self, typed: Typed) -> Any:
        """Return the rows; raises Invalid naming `field.row.column`."""
        told = {number: row for number, row in enumerate(self._told(typed)) if _filled(row)}
        if self.required and not told:
            raise self.wrong("至少填写一行 / at least one row")
        if len(told) > self.most:
            raise self.wrong(f"不超过{self.most}行 / at most {self.most} rows")
        return [self._row(number, row) for number, row in told.items()]

    def _told(self, typed: Typed) -> Sequence[Mapping[str, Typed]]:
        if typed is None or typed == "":
            return ()
        if isinstance(typed, list) and all(isinstance(row, dict) for row in typed):
            return typed
        raise self.wrong("应为行的列表 / must be a list of rows")

    def _row(self, number: int, row: Mapping[str, Typed]) -> dict[str, Any]:
        try:
            return {each.name: each.parse(row.get(each.name)) for each in self.columns}
        except Invalid as fault:
            raise Invalid(
                f"{self.name}.{number}.{fault.field}", fault.message, rule=fault.rule
            ) from None


def _filled(row: Mapping[str, Typed]) -> bool:
    return any(value not in (None, "", b"") for value in row.values())
