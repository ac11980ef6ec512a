"""Money in figures and capital characters, against the examples of the rule itself."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading.money import LIMIT_FEN, MoneyError, capital_amount, format_yuan, parse_amount

# 正确填写票据和结算凭证的基本规定 四: the rule's own examples, first form of each.
RULE = {
    1409_50: "人民币壹仟肆佰零玖元伍角",
    6007_14: "人民币陆仟零柒元壹角肆分",
    1680_32: "人民币壹仟陆佰捌拾元零叁角贰分",
    107000_53: "人民币壹拾万柒仟元零伍角叁分",
    16409_02: "人民币壹万陆仟肆佰零玖元零贰分",
    325_04: "人民币叁佰贰拾伍元零肆分",
}
OURS = {
    0: "人民币零元整",
    5: "人民币伍分",
    50: "人民币伍角",
    10_00: "人民币壹拾元整",
    100_000_00: "人民币壹拾万元整",
    82_600_008_282_29: "人民币捌佰贰拾陆亿零捌仟贰佰捌拾贰元贰角玖分",
    1_0000_0001_00: "人民币壹亿零壹元整",
    1_0001_0000_00: "人民币壹亿零壹万元整",
    12_3400_0000_0000_00: "人民币壹拾贰万叁仟肆佰亿元整",
}


def _read(words: str) -> int:
    """Read capital characters back by place value, with no regard to 零: written for this test."""
    digits = {c: n for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
    head, has_yuan, tail = words.removeprefix("人民币").partition("元")
    if not has_yuan:
        head, tail = "", head
    total = section = digit = 0
    for sign in head:
        if sign in digits:
            digit = digits[sign]
            continue
        if sign in "拾佰仟":
            section += digit * 10 ** ("拾佰仟".index(sign) + 1)
        elif sign == "万":
            section = (section + digit) * 10**4
        else:
            total += (section + digit) * 10**8
            section = 0
        digit = 0
    cents = 0
    for figure, sign in itertools.pairwise(tail):
        if sign in "角分":
            cents += digits[figure] * (10 if sign == "角" else 1)
    return (total + section + digit) * 100 + cents


@pytest.mark.parametrize(("fen", "words"), [*RULE.items(), *OURS.items()])
def test_an_amount_is_written_as_the_rule_writes_it(fen: int, words: str) -> None:
    assert capital_amount(fen) == words


@given(
    st.integers(0, LIMIT_FEN - 1)
    | st.builds(lambda a, b: a * 10**b, st.integers(0, 9999), st.integers(0, 13))
)
def test_capital_characters_read_back_to_the_same_fen(fen: int) -> None:
    assert _read(capital_amount(fen)) == fen


@given(st.integers(0, LIMIT_FEN - 1))
def test_no_zero_is_doubled_or_stands_before_a_unit(fen: int) -> None:
    words = capital_amount(fen)
    assert "零零" not in words
    assert not any(f"零{unit}" in words for unit in "拾佰仟万亿角分")
    assert words.endswith("整") == (fen % 100 == 0)


@given(st.integers(0, LIMIT_FEN - 1))
def test_figures_read_back_to_the_same_fen(fen: int) -> None:
    assert parse_amount(format_yuan(fen)) == fen


def test_a_negative_amount_has_figures_but_no_capitals() -> None:
    assert format_yuan(-1_234_56) == "-1,234.56"
    with pytest.raises(MoneyError):
        capital_amount(-1)
    with pytest.raises(MoneyError):
        capital_amount(LIMIT_FEN)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,436,000.00元", 143600000),
        ("144.996 万元", 144996000),
        ("¥0.01", 1),
        ("￥ 3", 300),
        ("人民币12元", 1200),
        ("1.5亿元", 15_000_000_000),
        ("103.000000万元", 103000000),
        ("007", 700),
    ],
)
def test_typed_amounts_are_read(text: str, fen: int) -> None:
    assert parse_amount(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "元",
        "1.005",
        "12,34",
        "1,2345",
        "-5",
        "1e3",
        "１２",
        "0.00000001万元",
        "1 2",
        "12元整",
        "9" * 18,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_amount(text)
