"""Scoring: exact fractions, nobody dropped, one order of bids, no draw decided silently."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bidding.scoring import (
    Formula,
    Line,
    PriceRule,
    ScoringInvalid,
    TieOpen,
    candidates,
    half_up,
    price_points,
    quality_points,
    rank,
)

prices = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=4), st.integers(1, 10**15), min_size=1, max_size=12
)
lowest_rules = st.builds(PriceRule, st.just(Formula.LOWEST), st.integers(0, 10_000))
benchmark_rules = st.builds(
    PriceRule,
    st.just(Formula.BENCHMARK),
    st.integers(0, 10_000),
    st.integers(0, 500),
    st.integers(0, 500),
    st.integers(0, 2_000),
)
lines = st.lists(
    st.builds(
        Line,
        st.text("abcdefgh", min_size=1, max_size=6),
        st.integers(1, 50),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    max_size=8,
    unique_by=lambda line: line.bid,
)


def half_up_fraction(value: Fraction) -> int:
    """The specification of the rounding, slowly."""
    return int(value + Fraction(1, 2))


def test_the_procurement_formula_gives_the_figures_of_its_article() -> None:
    rule = PriceRule(Formula.LOWEST, 3000)  # 30 points: 100 × 30 %
    points = price_points(rule, {"a": 80_000, "b": 100_000, "c": 96_000})
    assert points == {"a": 3000, "b": 2400, "c": 2500}


def test_the_works_formula_takes_off_by_percent_on_each_side() -> None:
    rule = PriceRule(Formula.BENCHMARK, 6000, above=100, below=50)
    points = price_points(rule, {"a": 900, "b": 1000, "c": 1100})
    # The average is 1000: 10 % below costs 5 points, 10 % above costs 10.
    assert points == {"a": 5500, "b": 6000, "c": 5000}


def test_a_lowered_benchmark_moves_the_best_price() -> None:
    rule = PriceRule(Formula.BENCHMARK, 6000, above=100, below=50, lowered=1000)
    points = price_points(rule, {"a": 900, "b": 1000, "c": 1100})
    assert points["a"] == 6000
    assert points["b"] == 6000 - half_up(100 * 100 * 100, 900)


@given(lowest_rules, prices)
def test_lowest_price_points_are_the_exact_fraction_rounded_once(
    rule: PriceRule, quoted: dict[str, int]
) -> None:
    points = price_points(rule, quoted)
    low = min(quoted.values())
    for bid, price in quoted.items():
        assert points[bid] == half_up_fraction(Fraction(rule.full * low, price))
        assert 0 <= points[bid] <= rule.full
    assert points[min(quoted, key=lambda bid: quoted[bid])] == rule.full


@given(benchmark_rules, prices)
def test_benchmark_points_are_the_exact_fraction_rounded_once(
    rule: PriceRule, quoted: dict[str, int]
) -> None:
    points = price_points(rule, quoted)
    average = Fraction(sum(quoted.values()), len(quoted))
    benchmark = average * Fraction(10_000 - rule.lowered, 10_000)
    for bid, price in quoted.items():
        percent = abs(price - benchmark) / benchmark * 100
        step = rule.above if price > benchmark else rule.below
        assert points[bid] == half_up_fraction(max(Fraction(0), rule.full - step * percent))


@given(st.sampled_from(list(Formula)), prices, st.integers(2, 50))
def test_scaling_every_price_changes_nothing(
    formula: Formula, quoted: dict[str, int], factor: int
) -> None:
    rule = PriceRule(formula, 4000, 100, 50, 300)
    scaled = {bid: price * factor for bid, price in quoted.items()}
    assert price_points(rule, scaled) == price_points(rule, quoted)


@given(prices)
def test_a_lower_price_never_scores_less_by_the_lowest_formula(quoted: dict[str, int]) -> None:
    points = price_points(PriceRule(Formula.LOWEST, 3000), quoted)
    by_price = sorted(quoted, key=lambda bid: quoted[bid])
    scored = [points[bid] for bid in by_price]
    assert scored == sorted(scored, reverse=True)


@pytest.mark.parametrize("quoted", [{}, {"a": 0}, {"a": 5, "b": -1}])
def test_a_price_that_is_none_is_not_scored(quoted: dict[str, int]) -> None:
    with pytest.raises(ScoringInvalid):
        price_points(PriceRule(Formula.LOWEST, 3000), quoted)


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=9), st.integers(0, 8))
def test_every_members_score_counts_also_the_highest_and_the_lowest(
    scores: list[int], at: int
) -> None:
    sheets = [{"technical": score} for score in scores]
    average = quality_points(sheets)
    assert average == half_up_fraction(Fraction(sum(scores), len(scores)))
    chosen = at % len(scores)
    sheets[chosen] = {"technical": scores[chosen] + len(scores)}
    assert quality_points(sheets) == average + 1


def test_sheets_of_other_criteria_are_not_averaged() -> None:
    with pytest.raises(ScoringInvalid):
        quality_points([{"a": 1}, {"b": 1}])
    with pytest.raises(ScoringInvalid):
        quality_points([])


@settings(max_examples=200)
@given(lines, st.randoms(use_true_random=False))
def test_the_ranking_does_not_depend_on_the_order_in_which_bids_came(
    entries: list[Line], shuffle: object
) -> None:
    drawn = [line.bid for line in entries]
    mixed = list(entries)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    assert rank(mixed, drawn) == rank(entries, drawn)
    places = [placed.place for placed in rank(entries, drawn)]
    assert places == list(range(1, len(entries) + 1))
    totals = [placed.line.total for placed in rank(entries, drawn)]
    assert totals == sorted(totals, reverse=True)


def test_ties_go_by_price_then_quality_and_the_rest_by_a_draw_only() -> None:
    cheap, dear = Line("a", 90, 20, 30), Line("b", 91, 25, 25)
    assert [p.line.bid for p in rank([dear, cheap])] == ["a", "b"]
    better, worse = Line("a", 90, 20, 30), Line("b", 90, 25, 25)
    assert [p.line.bid for p in rank([worse, better])] == ["a", "b"]
    equal = [Line(bid, 90, 20, 30) for bid in "abc"]
    with pytest.raises(TieOpen) as tie:
        rank(equal)
    assert tie.value.bids == ("a", "b", "c")
    with pytest.raises(TieOpen):
        rank(equal, ["c", "a"])
    assert [p.line.bid for p in rank(equal, ["c", "a", "b"])] == ["c", "a", "b"]


def test_a_draw_cannot_move_bids_that_are_not_equal() -> None:
    first, second = Line("a", 90, 20, 31), Line("b", 90, 20, 30)
    assert [p.line.bid for p in rank([first, second], ["b", "a"])] == ["a", "b"]


def test_a_bid_is_not_ranked_twice() -> None:
    with pytest.raises(ScoringInvalid):
        rank([Line("a", 90, 20, 30), Line("a", 80, 20, 30)])


def test_there_are_never_more_than_three_candidates() -> None:
    placed = rank([Line(bid, at, 0, 100 - at) for at, bid in enumerate("abcdef", 1)])
    assert [p.line.bid for p in candidates(placed)] == ["a", "b", "c"]
    assert len(candidates(placed, 5)) == 3
    assert len(candidates(placed, 1)) == 1
