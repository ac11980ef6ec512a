"""What the query of an address asks for; a word that breaks its rule is a fault, never ignored.

A page says its faults above what it shows all the same; a program is answered 400.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from flask import request

from monitor.refusal import Invalid

LONGEST, LAST = 100, 1000
"""Characters of a search, and the number of the last page that is shown."""
FIRST_DAY, LAST_DAY = date(2000, 1, 3), date(2099, 12, 31)
Member = TypeVar("Member", bound=StrEnum)


class BadQuery(Invalid):
    """A word of a query breaks its rule: `words` say how, `typed` is what stands there."""

    code = "bad_query"

    def __init__(self, name: str, zh: str, en: str, rule: str) -> None:
        super().__init__(name, f"{name}：{zh} / {name}: {en}", rule=rule)
        self.words = f"{zh} / {en}"
        told = request.args.get(name, "")
        self.typed = "".join(each for each in told if each.isprintable())[:LONGEST]


@dataclass(frozen=True, slots=True)
class Query:
    """The query of this request; what is read from it leaves its fault in `faults`."""

    faults: list[BadQuery] = field(default_factory=list)

    def typed(self, name: str) -> str:
        """Return what stands wrongly in a field, for the form to keep; "" where it is right."""
        return next((each.typed for each in self.faults if each.field == name), "")

    def words(self, name: str = "q") -> str:
        """Return what is searched for, of words that are too long the first."""
        told = request.args.get(name, "").strip()
        if len(told) > LONGEST:
            zh = f"最多 {LONGEST} 字，已按前 {LONGEST} 字查找"
            en = f"{LONGEST} characters at most; the first {LONGEST} were searched"
            self._note(name, zh, en, f"at most {LONGEST} characters")
        return told[:LONGEST]

    def chosen(self, name: str, members: Collection[Member]) -> Member | None:
        """Return the member that the reader filters by, None where there is none."""
        told = request.args.get(name, "")
        found = next((each for each in members if each.value == told), None)
        if told and found is None:
            zh, en = "没有这一项，请从列表中选择", "there is no such one, choose from the list"
            self._note(name, zh, en, f"one of {', '.join(each.value for each in members)}")
        return found

    def day(self, name: str, otherwise: date) -> date:
        """Return the day that is asked for, within the century; else another."""
        told = request.args.get(name, "")
        try:
            found = date.fromisoformat(told)
        except ValueError:
            found = date.min
        if not told:
            return otherwise
        if not FIRST_DAY <= found <= LAST_DAY:
            zh = f"应为日期，如 2026-04-14（{FIRST_DAY} 至 {LAST_DAY}）"
            span = f"{FIRST_DAY} to {LAST_DAY}"
            en = f"must be a day like 2026-04-14, {span}"
            self._note(name, zh, en, f"a day, YYYY-MM-DD, {span}")
            return otherwise
        return found

    def page(self) -> int:
        """Return the number of the page, the first where it is none."""
        return self.whole("page", 1, 1, LAST)

    def whole(self, name: str, otherwise: int, least: int, most: int) -> int:
        """Return a whole number within its bounds; else another."""
        told = request.args.get(name, "")
        is_number = told.isascii() and told.isdecimal() and len(told) < 19
        if is_number and least <= int(told) <= most:
            return int(told)
        if told:
            zh, en = f"应为 {least} 至 {most} 的整数", f"a whole number from {least} to {most}"
            self._note(name, zh, f"must be {en}", en)
        return otherwise

    def require(self) -> None:
        """Raise the first fault, if any."""
        for each in self.faults:
            raise each

    def _note(self, name: str, zh: str, en: str, rule: str) -> None:
        self.faults.append(BadQuery(name, zh, en, rule))
