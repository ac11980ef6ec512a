"""Scoring: price points, totals, ranking, candidates (pure, whole numbers only).

Points are whole hundredths of a point, money is fen, shares are basis points (1/100 %). Every
rounding is half up, once, at the end of an exact fraction. All members count: neither the highest
nor the lowest score is dropped (87号令 55).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

PERCENT = 100  # basis points
WHOLE = 100 * PERCENT
MAX_CANDIDATES = 3  # 招标投标法实施条例 53


class ScoringInvalid(ValueError):
    """A price, a sheet or a rule cannot be scored; names which."""


class TieOpen(ValueError):
    """Bids are equal in total, price and quality; a random draw must order them (87号令 57)."""

    def __init__(self, bids: Sequence[str]) -> None:
        super().__init__(f"并列，须随机抽取 / equal, to be drawn: {', '.join(bids)}")
        self.bids = tuple(bids)


class Formula(StrEnum):
    """How a price becomes points."""

    LOWEST = "lowest"  # lowest ÷ price × full: government procurement (87号令 55)
    BENCHMARK = "benchmark"  # full, less points for each percent off the benchmark: works


@dataclass(frozen=True, slots=True)
class PriceRule:
    """A price formula as data: full points, points off per percent above and below, lowering.

    The benchmark is the average of all valid prices, lowered by `lowered` basis points.
    """

    formula: Formula
    full: int
    above: int = 0
    below: int = 0
    lowered: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One bid's outcome before ranking; price in fen, points in hundredths."""

    bid: str
    price: int
    price_points: int
    quality_points: int

    @property
    def total(self) -> int:
        """Quality and price together."""
        return self.price_points + self.quality_points


@dataclass(frozen=True, slots=True)
class Placed:
    """A bid with its place, from 1."""

    place: int
    line: Line


def half_up(numerator: int, denominator: int) -> int:
    """Return the fraction of two non-negative numbers, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def price_points(rule: PriceRule, prices: Mapping[str, int]) -> dict[str, int]:
    """Return each bid's price points for the prices (fen) of all valid bids.

    Raises ScoringInvalid without a price, for one that is not positive, or a rule beyond sense.
    """
    _require_sound(rule, prices)
    if rule.formula is Formula.LOWEST:
        lowest = min(prices.values())
        return {bid: half_up(rule.full * lowest, price) for bid, price in prices.items()}
    return {bid: _deviation_points(rule, prices, price) for bid, price in prices.items()}


def quality_points(sheets: Sequence[Mapping[str, int]]) -> int:
    """Return the average of all members' sheets (criterion -> points); none is dropped.

    Raises ScoringInvalid without a sheet, or when members judged different criteria.
    """
    if not sheets or any(set(sheet) != set(sheets[0]) for sheet in sheets):
        raise ScoringInvalid("sheets: 评分表缺失或标准不一 / missing, or of other criteria")
    return half_up(sum(sum(sheet.values()) for sheet in sheets), len(sheets))


def rank(lines: Sequence[Line], drawn: Sequence[str] = ()) -> tuple[Placed, ...]:
    """Order bids: higher total, then lower price, then higher quality, then as drawn.

    drawn: equal bids in the order of a random draw. Raises TieOpen naming those it still needs.
    """
    if len({line.bid for line in lines}) != len(lines):
        raise ScoringInvalid("bid: 同一投标出现两次 / one bid twice")
    order = {bid: at for at, bid in enumerate(drawn)}
    ranked = sorted(lines, key=lambda line: (*_merit(line), order.get(line.bid, len(order))))
    for _, group in groupby(ranked, _merit):
        equal = [line.bid for line in group]
        if len(equal) > 1 and not set(equal) <= set(order):
            raise TieOpen(sorted(equal))
    return tuple(Placed(place, line) for place, line in enumerate(ranked, 1))


def candidates(placed: Sequence[Placed], limit: int = MAX_CANDIDATES) -> tuple[Placed, ...]:
    """Return the first of a ranking, at most three (招标投标法实施条例 53)."""
    return tuple(placed[: min(limit, MAX_CANDIDATES)])


def _merit(line: Line) -> tuple[int, int, int]:
    return -line.total, line.price, -line.quality_points


def _deviation_points(rule: PriceRule, prices: Mapping[str, int], price: int) -> int:
    """full - points × |price - benchmark| ÷ benchmark in percent, not below zero, rounded once."""
    benchmark = sum(prices.values()) * (WHOLE - rule.lowered)
    scale = len(prices) * WHOLE
    off = price * scale - benchmark
    step = rule.above if off > 0 else rule.below
    return half_up(max(0, rule.full * benchmark - step * 100 * abs(off)), benchmark)


def _require_sound(rule: PriceRule, prices: Mapping[str, int]) -> None:
    if not prices or min(prices.values()) <= 0:
        raise ScoringInvalid("price: 报价须大于零 / prices must be above zero")
    if min(rule.full, rule.above, rule.below, rule.lowered) < 0 or rule.lowered >= WHOLE:
        raise ScoringInvalid("rule: 分值不得为负 / points must not be negative")
