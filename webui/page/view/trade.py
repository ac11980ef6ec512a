"""A trade as a page shows it: made from the records that this viewer may see, from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from monitor.record.disclosure import Disclosed
from trading.board import Entry

STEPS = (
    ("notice.publish", "announced"),
    ("document.issue", "bidding"),
    ("opening.close", "closed"),
    ("opening.reveal", "opened"),
    ("evaluation.report", "evaluated"),
    ("candidates.publish", "candidates"),
    ("award.issue", "awarded"),
    ("contract.sign", "contracted"),
    ("archive.file", "archived"),
)
"""The stage line: the act that reaches each stage."""
LATELY = 300
"""How many rows of a record a page shows: an opening of 1,528 tenderers has thousands."""


@dataclass(frozen=True, slots=True)
class Row:
    """A record on the timeline."""

    record: Disclosed
    body: dict[str, Any]

    @property
    def done(self) -> bool:
        """Tell whether the act was done, not refused."""
        return "done" in self.body["outcome"]

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the act says."""
        facts: dict[str, Any] = self.body["facts"]
        return facts


@dataclass(frozen=True, slots=True)
class Step:
    """A stage of the line: its name, when it was reached, whether it is the present one."""

    name: str
    at: str | None
    now: bool


class Trade:
    """Everything of one trade that this viewer may see."""

    def __init__(self, entry: Entry | None, records: list[Disclosed]) -> None:
        self.entry = entry
        self.rows = [Row(record, record.facts) for record in records]

    @property
    def lately(self) -> list[Row]:
        """Return the newest rows: as many as a page shows unless asked for all."""
        return self.rows[-LATELY:]

    @property
    def lately_from(self) -> int:
        """Return the leaf from which on a page of the newest rows follows the log."""
        if len(self.rows) <= LATELY:
            return 0
        placed = [row.record.index for row in self.lately if row.record.index is not None]
        return min(placed, default=0)

    def all(self, action: str) -> list[Row]:
        """Return the done acts of that name, in order."""
        return [row for row in self.rows if row.body["action"] == action and row.done]

    def last(self, action: str) -> Row | None:
        """Return the last act of that name."""
        return next(reversed(self.all(action)), None)

    @cached_property
    def steps(self) -> list[Step]:
        """Return the stage line."""
        now = self.entry.stage if self.entry else None
        return [Step(name, self._at(action), name == now) for action, name in STEPS]

    def _at(self, action: str) -> str | None:
        found = self.all(action)
        return found[0].body["time"] if found else None

    @cached_property
    def terms(self) -> list[dict[str, str]]:
        """Return each section's deposit and ceiling, as the documents gave them."""
        issued = self.last("document.issue")
        return issued.facts["terms"] if issued else []

    @cached_property
    def moves(self) -> list[Row]:
        """Return the clarifications that moved the deadline."""
        return [
            row
            for row in self.all("clarification.issue")
            if row.facts["deadline_before"] != row.facts["deadline_after"]
        ]

    @cached_property
    def rooms(self) -> list[Row]:
        """Return the opening sessions that stand."""
        released = {row.body["subject"] for row in self.all("venue.release")}
        return [
            row
            for row in self.all("venue.book")
            if row.facts["purpose"] == "opening" and row.body["subject"] not in released
        ]

    @cached_property
    def winners(self) -> list[Row]:
        """Return the awards that stand, the last of each section."""
        return list({row.facts["section"]: row for row in self.all("award.issue")}.values())

    def sections_opened(self) -> list[str]:
        """Return the sections whose bids were read out."""
        return [row.facts["section"] for row in self.all("opening.reveal")]

    def candidates(self) -> Iterator[dict[str, Any]]:
        """Give the candidates as published."""
        for published in self.all("candidates.publish"):
            yield from published.facts["candidates"]
