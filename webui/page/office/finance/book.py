"""A trade's deposits as the finance office works with them: who waits for what, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from monitor.law.rule import load as load_rules
from monitor.law.watch import ENDED, DutyRow, duties_shown
from monitor.record.disclosure import Disclosed, Viewer, timeline
from trading.desk.docket import Lot, Matter
from trading.fee.deposit import State
from trading.fee.held import REFUND
from trading.fee.view import BlockLine, DepositLine, FinanceView, finance_view, gain


@dataclass(frozen=True, slots=True)
class Due:
    """By when a deposit is owed back, and by which rule; the colour is as of now."""

    rule: str
    limit: datetime
    tone: str
    provisional: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One deposit with its interest to the fen, when it is due, and the record that says so."""

    row: DepositLine
    gain: int
    due: Due | None
    record: UUID | None

    @property
    def amount(self) -> int:
        """What was paid in, in fen."""
        return self.row.amount_fen or 0

    @property
    def total(self) -> int:
        """Principal and interest in fen."""
        return self.amount + self.gain

    @property
    def who(self) -> str:
        """The bidder, once it is known."""
        return self.row.bidder or ""


@dataclass(frozen=True)
class Book:
    """Everything of one trade's deposits that this viewer may see now."""

    matter: Matter
    view: FinanceView
    lines: tuple[Line, ...]

    @property
    def is_open(self) -> bool:
        """Tell whether this viewer sees any section's deposits yet."""
        return bool(self.view.open_sections)

    @property
    def is_whole(self) -> bool:
        """Tell whether every section with sub-accounts may be looked into, as the journal needs."""
        return self.is_open and {each.section for each in self.view.blocks} <= set(
            self.view.open_sections
        )

    @property
    def is_named(self) -> bool:
        """Tell whether those who stood at the opening are named: nobody else ever is."""
        return any(line.who for line in self.lines)

    @cached_property
    def lots(self) -> dict[UUID, Lot]:
        """The trade's sections by id."""
        return {lot.id: lot for lot in self.matter.lots}

    @property
    def without_block(self) -> list[Lot]:
        """Sections that ask for a deposit and have no sub-accounts yet."""
        told = {block.section for block in self.view.blocks}
        return [lot for lot in self.matter.lots if lot.deposit_fen and lot.id not in told]

    def of(self, *states: State) -> list[Line]:
        """Return the deposits in one of these states, the most urgent first."""
        found = [line for line in self.lines if line.row.state in states]
        return sorted(found, key=lambda line: (line.due is None, _limit(line), line.row.number))

    @property
    def owed(self) -> list[Line]:
        """What is due back and nobody has ordered yet."""
        return [line for line in self.of(State.RECEIVED) if line.due]

    @property
    def held(self) -> list[Line]:
        """What is paid in and not due back yet."""
        return [line for line in self.of(State.RECEIVED) if not line.due]

    @property
    def paid(self) -> list[Line]:
        """Every deposit that money came in for."""
        return [line for line in self.lines if line.row.amount_fen is not None]

    @property
    def first_limit(self) -> Due | None:
        """The most urgent limit of what has not gone back."""
        standing = self.of(State.RECEIVED, State.ORDERED, State.APPROVED)
        return next((line.due for line in standing if line.due), None)


def total(lines: Iterable[Line], what: str) -> int:
    """Add up `amount`, `gain` or `total` of lines, in fen."""
    return sum(int(getattr(line, what)) for line in lines)


def book_of(session: Any, matter: Matter, viewer: Viewer, now: datetime) -> Book:
    """Return a trade's deposits as this viewer may see them now."""
    view = finance_view(session, matter.project, viewer)
    if not view.deposits:
        return Book(matter, view, ())
    dues = _dues(duties_shown(session, matter.project, viewer), now)
    named = _named(timeline(session, matter.project, viewer))
    blocks = {block.section: block for block in view.blocks}
    lines = [
        Line(row, _gain(row, blocks.get(row.section), now), dues.get(str(row.deposit)),
             named.get(str(row.deposit)))
        for row in view.deposits
    ]  # fmt: skip
    return Book(matter, view, tuple(lines))


def _gain(row: DepositLine, block: BlockLine | None, now: datetime) -> int:
    pays = row.state in (State.RECEIVED, State.ORDERED, State.APPROVED, State.RETURNED)
    return gain(row, block, now) if block and pays else 0


def _dues(rows: list[DutyRow], now: datetime) -> dict[str, Due]:
    """Return the limit that binds each deposit: the earliest that has not ended."""
    ends = {rule.id: rule.to_action for rule in load_rules()}
    found: dict[str, Due] = {}
    for row in rows:
        kind, _, deposit = row.subject.partition(":")
        if kind == "deposit" and row.state not in ENDED and ends.get(row.rule) == REFUND:
            due = Due(row.rule, row.limit_at, _tone(row, now), row.provisional, row.opened_at)
            found[deposit] = min(found.get(deposit, due), due, key=lambda each: each.limit)
    return found


def _tone(row: DutyRow, now: datetime) -> str:
    if now > row.limit_at:
        return "stop"
    return "warn" if now >= row.yellow_at else ""


def _named(records: list[Disclosed]) -> dict[str, UUID]:
    """Return the last done record that is about each deposit."""
    found: dict[str, UUID] = {}
    for record in records:
        body = record.facts
        if "done" in body["outcome"] and str(body["action"]).startswith("deposit."):
            found[str(body["facts"].get("deposit", body["subject"]))] = record.record_id
    return found


def _limit(line: Line) -> float:
    return line.due.limit.timestamp() if line.due else 0.0
