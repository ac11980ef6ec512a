"""Money: integer fen (1/100 yuan), written in figures and in capital Chinese characters."""

import re

FEN = 100
LIMIT_FEN = 10**16 * FEN
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_SECTIONS = ((10**8, "亿"), (10**4, "万"))
_UNITS = {"": 1, "元": 1, "万": 10**4, "万元": 10**4, "亿": 10**8, "亿元": 10**8}
_AMOUNT = re.compile(
    r"(?:人民币)?\s*[¥￥]?\s*(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?\s*(元|万元|亿元|万|亿|)", re.ASCII
)


class MoneyError(ValueError):
    """An amount that is not a whole number of fen, is negative, too large or not readable."""


def capital_amount(fen: int) -> str:
    """Write fen in capital characters with 人民币 before them, as on a cheque.

    Rule: 正确填写票据和结算凭证的基本规定 二-四. Where the rule leaves a choice this takes the
    form that the rule itself gives first: 整 only after 元, no 零 for an empty 万 place, 零 for an
    empty 元 place. MoneyError below 0 or from 10^16 yuan.
    """
    yuan, rest = divmod(_checked(fen), FEN)
    jiao, cent = divmod(rest, 10)
    words = _spell(yuan) + "元" if yuan or not rest else ""
    if not rest:
        return f"人民币{words}整"
    if yuan and (not jiao or not yuan % 10):
        words += "零"
    words += f"{_DIGITS[jiao]}角" if jiao else ""
    words += f"{_DIGITS[cent]}分" if cent else ""
    return f"人民币{words}"


def format_yuan(fen: int) -> str:
    """Write fen as yuan with two decimals and commas, for example 1,234.56 (negative with -)."""
    yuan, cent = divmod(abs(fen), FEN)
    return f"{'-' if fen < 0 else ''}{yuan:,}.{cent:02d}"


def parse_amount(text: str) -> int:
    """Read a typed amount into fen: figures, optional commas, ¥, 人民币, 元, 万元 or 亿元.

    MoneyError if it is anything else, or is not a whole number of fen.
    """
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise MoneyError(f"not an amount / 不是金额: {text[:40]!r}")
    whole, decimals, unit = found[1].replace(",", ""), found[2] or "", found[3]
    scaled = int(whole + decimals) * _UNITS[unit] * FEN
    fen, left = divmod(scaled, 10 ** len(decimals))
    if left:
        raise MoneyError(f"finer than one fen / 金额精确到分: {text[:40]!r}")
    return _checked(fen)


def _checked(fen: int) -> int:
    if not 0 <= fen < LIMIT_FEN:
        raise MoneyError("amount below 0 or from 10^16 yuan / 金额为负或过大")
    return fen


def _spell(number: int) -> str:
    """Write a whole number; 零 stands for zeros inside it, not for those before 万."""
    for unit, name in _SECTIONS:
        if number >= unit:
            high, low = divmod(number, unit)
            gap = "零" if 0 < low < unit // 10 else ""
            return _spell(high) + name + gap + (_spell(low) if low else "")
    figures = f"{number:04d}".lstrip("0") or "0"
    places = _PLACES[4 - len(figures) :]
    words = "".join(
        _DIGITS[int(figure)] + (place if figure != "0" else "")
        for figure, place in zip(figures, places, strict=True)
    )
    short = re.sub("零+", "零", words)
    return short.rstrip("零") or "零"
