"""Price errors: the four rules of 87号令 59, in their order, and no fifth."""

from hypothesis import given
from hypothesis import strategies as st

from bidding.correction import Correction, Item, Quote, Rule, Written, correct

amounts = st.builds(Written, st.integers(1, 10**9), st.none() | st.integers(1, 10**9))
items = st.lists(st.builds(Item, st.integers(1, 10**6), st.integers(1, 10**5)), max_size=5)
ITEMS = (Item(1_000, 3_000), Item(70_000, 2_000))  # 3,000 + 140,000 fen
SUM = 143_000


def plain(price: int, items: tuple[Item, ...] = ()) -> Quote:
    return Quote(Written(price, price), Written(price, price), items)


def test_a_quote_without_errors_stays() -> None:
    assert correct(plain(SUM, ITEMS)) == Correction(SUM, ITEMS, ())


def test_the_opening_sheet_prevails_over_the_text() -> None:
    found = correct(Quote(Written(SUM, SUM), Written(1, 1), ITEMS))
    assert (found.price, found.rules) == (SUM, (Rule.SHEET,))


def test_words_prevail_over_figures_also_over_those_of_the_sheet() -> None:
    found = correct(Quote(Written(14_300, SUM), Written(14_300, SUM), ITEMS))
    assert (found.price, found.rules) == (SUM, (Rule.WORDS,))


def test_a_slipped_decimal_of_a_unit_price_leaves_the_total() -> None:
    slipped = (Item(100_000, 3_000), ITEMS[1])
    found = correct(plain(SUM, slipped))
    assert found == Correction(SUM, ITEMS, (Rule.DECIMAL,))


def test_otherwise_unit_prices_prevail_over_the_total() -> None:
    found = correct(plain(SUM + 7, ITEMS))
    assert found == Correction(SUM, ITEMS, (Rule.UNITS,))


def test_several_errors_are_corrected_in_the_order_of_the_law() -> None:
    slipped = (Item(100_000, 3_000), ITEMS[1])
    found = correct(Quote(Written(1, SUM), Written(2, 3), slipped))
    assert found == Correction(SUM, ITEMS, (Rule.SHEET, Rule.WORDS, Rule.DECIMAL))
    found = correct(Quote(Written(1, SUM + 7), Written(2, 3), ITEMS))
    assert found == Correction(SUM, ITEMS, (Rule.SHEET, Rule.WORDS, Rule.UNITS))


def test_a_slip_that_two_items_could_explain_is_not_obvious() -> None:
    twins = (Item(1_000, 1_000), Item(1_000, 1_000))
    found = correct(plain(11_000, twins))
    assert found.rules == (Rule.UNITS,)
    assert found.price == 2_000


@given(amounts, amounts, items)
def test_a_corrected_quote_needs_no_second_correction(
    sheet: Written, text: Written, bill: list[Item]
) -> None:
    once = correct(Quote(sheet, text, tuple(bill)))
    again = correct(plain(once.price, once.items))
    assert again == Correction(once.price, once.items, ())
    if once.items:
        assert once.price == sum(item.amount for item in once.items)


@given(amounts, amounts, items)
def test_the_text_alone_never_decides_a_price(
    sheet: Written, text: Written, bill: list[Item]
) -> None:
    with_text = correct(Quote(sheet, text, tuple(bill)))
    without = correct(Quote(sheet, sheet, tuple(bill)))
    assert (with_text.price, with_text.items) == (without.price, without.items)
