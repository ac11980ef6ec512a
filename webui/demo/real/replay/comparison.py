"""What a replay shows: its table against the record, row by row, and how long each step took."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bidding.hall.reveal import opening_record_of
from bidding.hall.unlock import RELEASED, SHARES, ways_to_open
from trading.money import format_yuan
from webui.demo.real.replay.course import Course, Phase
from webui.demo.real.replay.row import Row


@dataclass(frozen=True, slots=True)
class Comparison:
    """The figures of a replay; `wrong` names what differs from the record, one a line."""

    bidders: int
    released: int
    by_trustees: int
    equal_prices: int
    wrong: tuple[str, ...]
    phases: tuple[Phase, ...]
    told: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether the table is the record's."""
        return not self.wrong

    @property
    def seconds_to_table(self) -> float:
        """Return the seconds from the last release to the full table."""
        return next(phase.wall for phase in self.phases if phase.name == "table")

    @property
    def processor_ms(self) -> float:
        """Return the processor's milliseconds a bid, of all steps from sealing to the table."""
        spent = sum(phase.processor for phase in self.phases if phase.name != "join")
        return 1000 * spent / self.bidders

    def figures(self) -> dict[str, Any]:
        """Return what a program may read."""
        return {
            "ok": self.ok,
            "bidders": self.bidders,
            "released": self.released,
            "opened_by_trustees": self.by_trustees,
            "equal_prices": self.equal_prices,
            "wrong": list(self.wrong),
            "seconds_to_table": round(self.seconds_to_table, 2),
            "processor_ms_a_bid": round(self.processor_ms, 1),
            "steps": {
                one.name: {"wall": round(one.wall, 2), "processor": round(one.processor, 2)}
                for one in self.phases
            },
            "remarks": list(self.told),
        }


def compare(course: Course) -> Comparison:
    """Compare the published opening record with the real one."""
    it = course.it
    with it.stage.platform.read() as session:
        document = json.loads(opening_record_of(session, it.project, it.section))
        ways = list(ways_to_open(session, it.project, it.section).values())
    table = document["bids"]
    pairs = list(zip(course.record.rows, table, strict=False))
    wrong = [*_counts(course, len(table), ways), *(line for pair in pairs for line in _row(*pair))]
    equal = sum(
        row.released is not None and shown.get("price_fen") == str(row.price_fen)
        for row, shown in pairs
    )
    return Comparison(
        len(table),
        ways.count(RELEASED),
        ways.count(SHARES),
        equal,
        tuple(wrong),
        tuple(course.watch.phases),
        course.record.lines,
    )


def _counts(course: Course, shown: int, ways: list[str | None]) -> Iterator[str]:
    rows, released = len(course.record.rows), len(course.record.released)
    if shown != rows:
        yield f"开标记录 {shown} 行，应为 {rows} / rows of the table"
    if (ways.count(RELEASED), ways.count(SHARES)) != (released, rows - released):
        yield f"自行解密应为 {released} 家 / released: {ways.count(RELEASED)}"


def _row(row: Row, shown: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one row: who stands there, and for how much."""
    if (shown["uscc"], shown["name"]) != (row.uscc, row.name):
        yield f"次序不符：应为 {row.name}，实为 {shown['name']} / out of order"
    elif row.released is not None and shown.get("price_fen") != str(row.price_fen):
        yield f"{row.name}: {shown.get('price_fen', '—')} ≠ {format_yuan(row.price_fen)}"
