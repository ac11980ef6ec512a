"""Amounts in capital characters 大写金额, read back; the writer is trading.money.capital_amount."""

import re

from trading.money import FEN, MoneyError, capital_amount

_DIGITS = {figure: value for value, figure in enumerate("零壹贰叁肆伍陆柒捌玖")}
_UNITS = {"拾": 10, "佰": 100, "仟": 1000}
_FORM = re.compile(
    r"(?:人民币)?(?:([^元角分]+)元)?"
    r"(?:零?([^零元角分])角)?(?:零?([^零元角分])分)?[整正]?"
)


def parse_capital_amount(text: str) -> int:
    """Read capital characters into fen; MoneyError unless they spell one amount.

    圆 for 元, 正 for 整 and any choice of 零 are accepted (正确填写票据和结算凭证的基本规定).
    """
    found = _FORM.fullmatch(text.replace("圆", "元").replace(" ", ""))
    if found is None or found.group(1, 2, 3) == (None, None, None):
        raise MoneyError("not an amount in capitals / 不是大写金额")
    yuan, jiao, cent = (_number(part or "零") for part in found.groups())
    fen = yuan * FEN + jiao * 10 + cent
    # Reading is lenient, so that spelling again decides: apart from 零 there is one right way.
    if _bare(capital_amount(fen)) != _bare(text):
        raise MoneyError("not a rightly spelt amount / 大写金额书写不规范")
    return fen


def _number(text: str) -> int:
    for unit, value in (("亿", 10**8), ("万", 10**4)):
        if unit in text:
            high, _, low = text.rpartition(unit)
            return _number(high) * value + _number(low or "零")
    total, figure = 0, 0
    for char in text:
        if char in _UNITS:
            total, figure = total + figure * _UNITS[char], 0
        elif char in _DIGITS:
            figure = _DIGITS[char]
        else:
            raise MoneyError("not a capital character / 不是大写数字")
    return total + figure


def _bare(text: str) -> str:
    bare = re.sub("人民币|零|[整正 ]", "", text.replace("圆", "元"))
    return bare if bare != "元" else "零元"
