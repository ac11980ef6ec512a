"""Reading: find labelled values in the text of a notice, whatever broke its lines."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

from trading.money import MoneyError, parse_amount

BEIJING = timezone(timedelta(hours=8))
_LABELS = Path(__file__).with_name("label.toml")
_DATE = (
    r"(\d{4}[年/-]\d{1,2}[月/-]\d{1,2}日?(?:\d{1,2}[:：时点](?:\d{2}分?)?(?::\d{2})?)?"
    r"|\d{8}-\d{2}:\d{2})"
)
_MONEY = (
    r"(?P<unit>[（(](?:万元|元|人民币)[）)])?[:：为]?[^0-9。；，：]{0,12}?"
    r"(?P<value>(?<![0-9A-Za-z])(?![0-9.,]*[年%％])\d[\d,]*(?:\.\d+)?)"
    r"(?P<after>[（(]?(?:万元|元|亿元)[）)]?)?"
)
_FILE = (
    r"(?:(?:提交|递交)?(?:首次)?(?:招标|采购|磋商|谈判|询价|投标|响应)?(?:（采购）)?"
    r"文件(?:提交|递交)?)"
)
_VALUE = r"([^\n]+?)(?=\n|$|。|(?:标的名称|交易价格|成交日期)[:：])"
_STAMP = re.compile(
    r"(\d{4})[年/-](\d{1,2})[月/-](\d{1,2})日?(?:(\d{1,2})[:：时点](\d{2})?)?|"
    r"(\d{4})(\d{2})(\d{2})-(\d{2}):(\d{2})"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One value found: the text of it, the words around it as printed, its place in the text."""

    value: str
    snippet: str
    unit: str = ""
    second: str = ""
    at: tuple[int, int] = (0, 0)
    second_at: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in fen; None where the figure has no unit, or is no amount."""

    fen: int | None
    printed: str


class Text:
    """A notice's text, with and without its lines; each form knows where a sign was printed."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        dense = [at for at, sign in enumerate(raw) if not sign.isspace()]
        lines = [at for at, sign in enumerate(raw) if sign == "\n" or not sign.isspace()]
        self.dense = ("".join(raw[at] for at in dense), dense)
        self.lines = ("".join(raw[at] for at in lines), lines)

    def hits(self, kind: str, field: str) -> list[Hit]:
        """Return every value that the labels of a field find, in the order of the labels."""
        form = self.lines if kind == "line" else self.dense
        found = [hit for pattern in patterns(kind, field) for hit in self._matches(pattern, *form)]
        return [hit for hit in found if not _no_value().fullmatch(hit.value)]

    def _matches(self, pattern: re.Pattern[str], text: str, places: list[int]) -> Iterator[Hit]:
        for match in pattern.finditer(text):
            printed = self._printed(*match.span(), places)
            named, groups = match.groupdict(), [one for one in match.groups() if one is not None]
            at, second_at = (_span(match, number, places) for number in _filled(match))
            if "value" in named:
                unit = named["after"] or named["unit"] or ""
                yield Hit(named["value"], printed, unit=unit.strip("（）()"), at=at)
            else:
                second = groups[1] if len(groups) > 1 else ""
                yield Hit(groups[0], printed, second=second, at=at, second_at=second_at)

    def _printed(self, start: int, end: int, places: list[int]) -> str:
        """Return the words as printed, each run of white space as one space, cut to 120 signs."""
        return " ".join(self.raw[places[start] : places[end - 1] + 1].split())[:120]


def _filled(match: re.Match[str]) -> tuple[int, int]:
    """Return which group holds the value, and which the second one, the value's again if none."""
    if "value" in match.re.groupindex:
        number = match.re.groupindex["value"]
        return number, number
    filled = [number for number, one in enumerate(match.groups(), 1) if one is not None]
    return filled[0], filled[min(1, len(filled) - 1)]


def _span(match: re.Match[str], group: int, places: list[int]) -> tuple[int, int]:
    """Return where a group stands in the text as it was given; an amount with its unit."""
    start, end = match.span(group)
    if match.groupdict().get("after"):
        end = match.end("after")
    return (places[start], places[end - 1] + 1) if start < end else (0, 0)


@cache
def patterns(kind: str, field: str) -> list[re.Pattern[str]]:
    """Return the compiled labels of a field."""
    return [re.compile(_written(entry)) for entry in _labels()[kind][field]]


@cache
def _no_value() -> re.Pattern[str]:
    return re.compile(_labels()["not_value"])


@cache
def _labels() -> dict[str, Any]:
    return tomllib.loads(_LABELS.read_text(encoding="utf-8"))


def _written(entry: str) -> str:
    for word, regex in (("DATE", _DATE), ("MONEY", _MONEY), ("FILE", _FILE), ("VALUE", _VALUE)):
        entry = entry.replace(word, regex)
    return entry


def moment(text: str) -> tuple[datetime | None, bool]:
    """Read a date; return it as Beijing time and whether an hour was printed."""
    found = _STAMP.search(text)
    if found is None:
        return None, False
    parts = [group for group in found.groups() if group is not None]
    numbers = [int(part) for part in parts] + [0, 0]
    try:
        return datetime(*numbers[:5], tzinfo=BEIJING), len(parts) > 3  # type: ignore[arg-type, misc]
    except ValueError:
        return None, False


def money(value: str, unit: str) -> Money:
    """Read a printed amount; without a unit it stays unread."""
    printed = f"{value}{unit}"
    if unit not in {"元", "万元", "亿元"}:
        return Money(None, printed)
    try:
        return Money(parse_amount(f"{value}{unit}"), printed)
    except MoneyError:
        return Money(None, printed)
