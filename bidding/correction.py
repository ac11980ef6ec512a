"""Price errors, corrected in the one order that the law gives (pure; 87号令 59).

(1) the opening sheet prevails over the bid's text; (2) words over figures; (3) a unit price whose
decimal point slipped is changed, the sheet's total stays; (4) else what the unit prices add up to
prevails over the total. The bidder confirms; unconfirmed, the bid is void.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bidding.scoring import half_up

THOUSANDTHS = 1000
_SLIPS = range(1, 7)


class Rule(StrEnum):
    """Which rule changed something, in the order of application."""

    SHEET = "sheet_over_text"
    WORDS = "words_over_figures"
    DECIMAL = "unit_decimal_slip"
    UNITS = "units_over_total"


@dataclass(frozen=True, slots=True)
class Written:
    """An amount as written, in fen; `words` is None where it is not written out."""

    figures: int
    words: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the bill: unit price in fen, quantity in thousandths."""

    unit: int
    quantity: int

    @property
    def amount(self) -> int:
        """Return unit price × quantity in fen, rounded half up."""
        return half_up(self.unit * self.quantity, THOUSANDTHS)


@dataclass(frozen=True, slots=True)
class Quote:
    """A price as the bid states it: on the opening sheet, in the text, and by items (or none)."""

    sheet: Written
    text: Written
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Correction:
    """The price in fen to evaluate, the items after correction, and the rules that applied."""

    price: int
    items: tuple[Item, ...]
    rules: tuple[Rule, ...]


def correct(quote: Quote) -> Correction:
    """Apply the four rules in order; a quote without errors comes back as it stands."""
    rules = []
    if quote.text != quote.sheet:
        rules.append(Rule.SHEET)
    price = quote.sheet.figures
    if quote.sheet.words is not None and quote.sheet.words != price:
        price = quote.sheet.words
        rules.append(Rule.WORDS)
    summed = sum(item.amount for item in quote.items)
    if not quote.items or summed == price:
        return Correction(price, quote.items, tuple(rules))
    repaired = _repaired(quote.items, price)
    if repaired is not None:
        return Correction(price, repaired, (*rules, Rule.DECIMAL))
    return Correction(summed, quote.items, (*rules, Rule.UNITS))


def _repaired(items: Sequence[Item], total: int) -> tuple[Item, ...] | None:
    """Return the items with the one shifted decimal point that explains the total, if only one."""
    found = []
    for at, item in enumerate(items):
        for unit in _shifted(item.unit):
            changed = (*items[:at], Item(unit, item.quantity), *items[at + 1 :])
            if sum(one.amount for one in changed) == total:
                found.append(changed)
    return found[0] if len(found) == 1 else None


def _shifted(unit: int) -> list[int]:
    """Return the unit price with its point moved by one to six places, where whole fen remain."""
    up = [unit * 10**places for places in _SLIPS]
    down = [unit // 10**places for places in _SLIPS if unit % 10**places == 0]
    return [one for one in (*up, *down) if one != unit]
