"""Fields of a form: each reads what was typed into a value, or says what is wrong with it.

The same field reads a form's text and a JSON value. What is wrong is an `Invalid` that names the
field and the rule; what was typed is the caller's to keep.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from monitor.law.workday import SHANGHAI
from monitor.refusal import Invalid
from trading.money import MoneyError, parse_amount

if TYPE_CHECKING:
    from webui.deed.deed import Case

PART = 1024
"""Bytes of a part of a form beside what was typed into it."""
FIGURES = 40
"""Figures of the longest number that is read as one."""
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f]")
"""Characters without a shape, but for the end of a line and a tabulator."""
MISREAD = re.compile(r"[\ufffd\ud800-\udfff]")
"""What stands where bytes were no UTF-8."""
YES = (True, "yes", "on", "true", "1")
ANSWERS = (*YES, None, "", False, "no", "off", "false", "0")
Typed = Any
"""Text of a form, bytes of a dropped file, a JSON value, or None where nothing was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; `hint` is a catalogue key, `start` what stands in it at first (by the case).

    `words` is its label, 中文 / English, where the catalogue's for its name does not say enough;
    `only` tells in which cases it stands in the form at all.
    """

    shape: ClassVar[str] = "text"
    name: str = field(kw_only=False)
    required: bool = True
    hint: str = ""
    words: str = ""
    start: Callable[[Case], Any] | None = None
    only: Callable[[Case], bool] | None = None

    def stands(self, case: Case) -> bool:
        """Tell whether the field stands in the form of this case."""
        return self.only is None or self.only(case)

    @property
    def longest(self) -> int:
        """Return how many bytes of a form it may take: UTF-8 has at most four for a sign."""
        return PART + 4 * getattr(self, "most", 0)

    @property
    def parts(self) -> int:
        """Return how many parts of a form it may take."""
        return 1

    def parse(self, typed: Typed) -> Any:
        """Return the value, None for an empty field that may be. Raises Invalid."""
        if typed is None or typed in ("", b""):
            if self.required:
                raise self.wrong("请填写此项 / this field is needed")
            return None
        return self.value(typed)

    def value(self, typed: Typed) -> Any:
        """Return the value of what is not empty; raises Invalid."""
        raise NotImplementedError

    def wrong(self, message: str) -> Invalid:
        """Return the refusal that names this field."""
        return Invalid(self.name, message, rule="webui/deed")

    def in_our_time(self, told: date) -> None:
        """Raise Invalid for a year in which nothing here can happen."""
        if not 2000 <= told.year <= 2100:
            raise self.wrong("年份有误 / the year cannot be")

    def text(self, typed: Typed, most: int) -> str:
        """Return text without surrounding blanks; raises Invalid for other things and too much."""
        if isinstance(typed, list):
            raise self.wrong("只能填写一次 / may be given only once")
        if not isinstance(typed, str | int) or isinstance(typed, bool):
            raise self.wrong("应为文字 / must be text")
        if isinstance(typed, int) and abs(typed) >= 10**FIGURES:
            raise self.wrong("数字过大 / too large a number")
        told = str(typed).replace("\r\n", "\n").strip()
        if not told and self.required:
            raise self.wrong("请填写此项 / this field is needed")
        if len(told) > most:
            raise self.wrong(f"不超过{most}字，现为{len(told)}字 / at most {most} characters")
        if UNSEEN.search(told):
            raise self.wrong("含有不可见字符 / holds characters that cannot be seen")
        if MISREAD.search(told):
            raise self.wrong("含有无法识别的编码，请用 UTF-8 / holds what is no UTF-8")
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """One line."""

    most: int = 300

    def value(self, typed: Typed) -> Any:
        """Return one line of text."""
        told = self.text(typed, self.most)
        if "\n" in told:
            raise self.wrong("应为一行 / must be one line")
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Long(Field):
    """Several lines."""

    shape: ClassVar[str] = "long"
    most: int = 20_000
    lines: int = 6

    def value(self, typed: Typed) -> Any:
        """Return text of several lines."""
        return self.text(typed, self.most)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Field):
    """An amount, typed in yuan (figures, 元, 万元), read into fen."""

    shape: ClassVar[str] = "money"

    def value(self, typed: Typed) -> Any:
        """Return fen."""
        try:
            return parse_amount(self.text(typed, 40))
        except MoneyError:
            raise self.wrong(
                "金额以元计，最多两位小数，如 250000.00 / yuan with at most two decimals"
            ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole(Field):
    """A whole number within bounds."""

    shape: ClassVar[str] = "whole"
    least: int = 0
    greatest: int = 10**9

    def value(self, typed: Typed) -> Any:
        """Return the number."""
        told = self.text(typed, 12)
        if not (told.isascii() and told.isdecimal() and self.least <= int(told) <= self.greatest):
            raise self.wrong(
                f"应为{self.least}至{self.greatest}的整数 / "
                f"a whole number from {self.least} to {self.greatest}"
            )
        return int(told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment(Field):
    """A moment in Beijing time, as a browser writes it (2026-04-14T09:30); with a zone by JSON."""

    shape: ClassVar[str] = "moment"

    def value(self, typed: Typed) -> Any:
        """Return an aware moment."""
        try:
            told = datetime.fromisoformat(self.text(typed, 40))
        except ValueError:
            raise self.wrong(
                "应为北京时间，如 2026-04-14 09:30 / Beijing time, as 2026-04-14 09:30"
            ) from None
        self.in_our_time(told)
        return told if told.tzinfo else told.replace(tzinfo=SHANGHAI)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    """A day."""

    shape: ClassVar[str] = "day"

    def value(self, typed: Typed) -> Any:
        """Return the day."""
        try:
            told = date.fromisoformat(self.text(typed, 20))
        except ValueError:
            raise self.wrong("应为日期，如 2026-04-14 / a day, as 2026-04-14") from None
        self.in_our_time(told)
        return told


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Field):
    """Yes or no; one that is required must be yes (a promise, a check)."""

    shape: ClassVar[str] = "tick"

    def parse(self, typed: Typed) -> Any:
        """Return whether it is ticked."""
        if typed not in ANSWERS:
            raise self.wrong("应为是或者否 / must be yes or no")
        ticked = typed in YES
        if self.required and not ticked:
            raise self.wrong("请勾选确认 / tick to confirm")
        return ticked


@dataclass(frozen=True, slots=True, kw_only=True)
class Ident(Field):
    """The id of a row, not shown."""

    shape: ClassVar[str] = "hidden"

    def value(self, typed: Typed) -> Any:
        """Return the id."""
        try:
            return UUID(self.text(typed, 40))
        except ValueError:
            raise self.wrong("编号有误 / no such id") from None
