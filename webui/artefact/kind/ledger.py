"""ledger.beancount: every entry balances, every balance assertion holds, in integer fen.

Reads the journal as `trading.ledger.to_beancount` writes it and nothing else; `bean-check` reads it
too, and agrees.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from webui.artefact.book import Book
from webui.artefact.line import Line, failed, passed, unchecked

_DAY, _SUM = r"([0-9]{4}-[0-9]{2}-[0-9]{2})", r"(-?[0-9]{1,18}\.[0-9]{2})"
_ACCOUNT = r"([A-Z][A-Za-z]+(?::[\w-]+)+)"
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_ENTRY = re.compile(rf"{_DAY} \* {_QUOTED}")
_POSTING = re.compile(rf"  {_ACCOUNT}  {_SUM} CNY")
_BALANCE = re.compile(rf"{_DAY} balance {_ACCOUNT}  {_SUM} ~ 0\.00 CNY")
_OPEN = re.compile(rf"{_DAY} open {_ACCOUNT}  CNY")
_REST = re.compile(
    rf"|option {_QUOTED} {_QUOTED}|{_DAY} commodity CNY|  (?:name|entry|record): {_QUOTED}"
)


class JournalError(ValueError):
    """A line of the journal that does not hold."""


@dataclass(slots=True)
class Journal:
    """What has been read: sums by account in fen, and the entry being read."""

    opened: set[str] = field(default_factory=set)
    sums: dict[str, int] = field(default_factory=dict)
    asserted: set[str] = field(default_factory=set)
    lines: int = 0
    entries: int = 0
    pending: int = 0
    day: str = ""
    inside: bool = False

    def read(self, line: str) -> None:
        """Take in one line; raises JournalError."""
        self.lines += 1
        if found := _POSTING.fullmatch(line):
            self._post(found[1], _fen(found[2]))
        elif found := _BALANCE.fullmatch(line):
            self._assert(found[1], found[2], _fen(found[3]))
        elif found := _OPEN.fullmatch(line):
            _date(found[1])
            self.opened.add(found[2])
        elif found := _ENTRY.fullmatch(line):
            self._begin(found[1])
        elif not (found := _REST.fullmatch(line)):
            raise JournalError("不是账簿的一行 / not a line of a journal")
        else:
            _date(found[1] or "2000-01-01")
            self.inside = self.inside and bool(line)

    def finish(self) -> None:
        """Say that the last line was read; raises JournalError for what is then missing."""
        self._settle()
        if missing := sorted(set(self.sums) - self.asserted):
            raise JournalError(f"没有余额断言 / no balance is asserted of {missing[0]}")

    def _begin(self, day: str) -> None:
        self._settle()
        self._advance(day)
        if self.asserted:
            raise JournalError("余额断言之后又有分录 / an entry after the balances")
        self.entries += 1
        self.inside = True

    def _advance(self, day: str) -> None:
        if _date(day) < self.day:
            raise JournalError(f"日期倒退 / {day} comes after {self.day}")
        self.day = day

    def _post(self, account: str, fen: int) -> None:
        if not self.inside:
            raise JournalError("分录之外的一笔 / a posting outside an entry")
        if account not in self.opened:
            raise JournalError(f"科目未开立 / account is not open: {account}")
        self.sums[account] = self.sums.get(account, 0) + fen
        self.pending += fen

    def _assert(self, day: str, account: str, fen: int) -> None:
        """A balance holds at the beginning of its day: no entry may be of that day or later."""
        self._settle()
        if day <= self.day and not self.asserted:
            raise JournalError(f"余额日期不在分录之后 / {day} is not after the last entry")
        self._advance(day)
        if self.sums.get(account) != fen or account in self.asserted:
            raise JournalError(f"余额不符 / balance differs: {account}")
        self.asserted.add(account)

    def _settle(self) -> None:
        if self.pending:
            raise JournalError(f"上一笔借贷不平 / the entry above is off by {self.pending} fen")


def check_ledger(name: str, data: bytes, book: Book) -> Iterator[Line]:
    """Check a journal line by line, then whether the archive beside it holds this very one."""
    journal, digest = Journal(), hashlib.sha256(data).hexdigest()
    lines = data.decode().split("\n")
    try:
        for line in lines:
            journal.read(line)
        journal.finish()
        if not journal.entries and ("ledger", digest) not in book.held.values():
            raise JournalError("没有一笔分录 / there is no entry")
    except JournalError as error:
        yield failed(f"{name} line {journal.lines}", str(error))
        return
    yield passed(
        name,
        f"{journal.entries} 笔分录全部平衡，{len(journal.asserted)} 个余额相符 / "
        f"{journal.entries} entries balance, {len(journal.asserted)} balances hold",
    )
    if book.held:
        yield book.vouch("ledger", name, digest)
    else:
        yield unchecked(
            name, "旁无归档可对照 / a journal is not signed, and no archive is beside it"
        )


def _date(day: str) -> str:
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise JournalError(f"没有此日 / there is no such day: {day}") from error
    return day


def _fen(decimal: str) -> int:
    return int(decimal.replace(".", ""))
