"""Capital amounts read back; the writer in trading.money is the other side."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidding.envelope.bid.amount import parse_capital_amount
from trading.money import LIMIT_FEN, MoneyError, capital_amount


@given(st.integers(min_value=0, max_value=LIMIT_FEN - 1) | st.integers(0, 10**7))
def test_every_amount_that_is_written_is_read_back(fen: int) -> None:
    assert parse_capital_amount(capital_amount(fen)) == fen


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("壹仟肆佰零玖元伍角", 140_950),
        ("人民币陆仟零柒元壹角肆分", 600_714),
        ("人民币壹仟陆佰捌拾元零叁角贰分", 168_032),
        ("人民币壹仟陆佰捌拾元叁角贰分", 168_032),
        ("人民币壹拾万柒仟元零伍角叁分", 10_700_053),
        ("人民币壹拾万零柒仟元伍角叁分", 10_700_053),
        ("人民币壹万陆仟肆佰零玖元零贰分", 1_640_902),
        ("人民币叁佰贰拾伍圆零肆分", 32_504),
        ("壹亿元正", 10_000_000_000),
        ("零元整", 0),
        ("伍分", 5),
    ],
)
def test_the_examples_of_the_rule_are_read(text: str, fen: int) -> None:
    assert parse_capital_amount(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "人民币",
        "元",
        "一千元",
        "壹仟壹仟元",
        "佰元",
        "壹拾壹拾元",
        "壹贰元",
        "壹元壹元",
        "壹万亿万元",
        "100元",
        "零角",
    ],
)
def test_what_spells_no_single_amount_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_capital_amount(text)
