"""A table of prices as a person confirms it: fitted, added up, refused by field and rule."""

import pytest

from monitor.refusal import Invalid
from trading.intake.paper.price import CEILING, ESTIMATE, MOST_ROWS, PriceTable, checked

LOTS = PriceTable(
    ("标段", "名称", "预算金额（万元）", "最高限价（元）"),
    (
        ("一标段", "课桌", "10", "90,000"),
        ("二标段", "椅子", "5.5", "50000"),
        ("合计", "", "15.5", ""),
    ),
)


def test_rows_are_as_wide_as_the_head() -> None:
    assert PriceTable.of({"head": ["甲", "乙"], "rows": [["1"], ["2", "3", "4"]]}).rows == (
        ("1", ""),
        ("2", "3"),
    )
    assert PriceTable.of(LOTS.told) == LOTS


def test_sections_and_sums_are_told_in_fen_by_the_heads_own_unit() -> None:
    assert LOTS.lots(ESTIMATE) == {"一标段": 10_000_000, "二标段": 5_500_000}
    assert LOTS.lots(CEILING) == {"一标段": 9_000_000, "二标段": 5_000_000}
    assert (LOTS.total(ESTIMATE), LOTS.total(CEILING)) == (15_500_000, 14_000_000)


def test_goods_are_no_sections_and_a_price_of_one_is_no_sum() -> None:
    goods = PriceTable(("名称", "预算单价（元）", "预算金额"), (("课桌", "100", "1000"),))
    assert goods.lots(ESTIMATE) == {}
    assert goods.total(ESTIMATE) is None


def test_what_does_not_add_up_or_has_no_unit_is_a_doubt() -> None:
    assert LOTS.doubts() == []
    wrong = PriceTable(LOTS.head, (*LOTS.rows[:2], ("合计", "", "99", "")))
    assert [one.found for one in wrong.doubts()] == ["预算金额（万元）：155,000.00 ≠ 990,000.00"]
    assert PriceTable(("名称", "单价"), (("课桌", "100"),)).doubts()[0].found == "单价"


@pytest.mark.parametrize(
    ("table", "field"),
    [
        (PriceTable((), (("1",),)), "price_head"),
        (PriceTable(("名称", ""), (("课桌", "100"),)), "price_head"),
        (PriceTable(("名称",), (("课桌",),) * (MOST_ROWS + 1)), "prices"),
        (PriceTable(tuple("甲" * 17), (tuple("1" * 17),)), "prices"),
    ],
)
def test_a_table_that_cannot_be_is_refused_by_field_and_rule(table: PriceTable, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        checked(table)
    assert (caught.value.field, caught.value.rule) == (field, "paper.prices")


def test_an_empty_column_without_a_head_is_no_fault() -> None:
    table = PriceTable(("名称", ""), (("课桌", ""),))
    assert checked(table) == table
