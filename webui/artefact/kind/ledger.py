"""ledger.beancount: every entry balances, every balance assertion holds, in integer fen.

Reads the journal as `trading.ledger.to_beancount` writes it and nothing else; `bean-check` reads it
too, and agrees.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from webui.artefact.book import Book
from webui.artefact.line import Line, failed, passed, unchecked

_DAY, _SUM = r"\d{4}-\d\d-\d\d", r"(-?\d+\.\d\d)"
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

    def read(self, line: str) -> None:
        """Take in one line; raises JournalError."""
        self.lines += 1
        if found := _POSTING.fullmatch(line):
            self._post(found[1], _fen(found[2]))
            return
        if found := _BALANCE.fullmatch(line):
            self._assert(found[1], _fen(found[2]))
        elif found := _OPEN.fullmatch(line):
            self.opened.add(found[1])
        elif _ENTRY.fullmatch(line):
            self._settle()
            self.entries += 1
        elif not _REST.fullmatch(line):
            raise JournalError("不是账簿的一行 / not a line of a journal")

    def finish(self) -> None:
        """Say that the last line was read; raises JournalError for what is then missing."""
        self._settle()
        if missing := sorted(set(self.sums) - self.asserted):
            raise JournalError(f"没有余额断言 / no balance is asserted of {missing[0]}")

    def _post(self, account: str, fen: int) -> None:
        if account not in self.opened:
            raise JournalError(f"科目未开立 / account is not open: {account}")
        self.sums[account] = self.sums.get(account, 0) + fen
        self.pending += fen

    def _assert(self, account: str, fen: int) -> None:
        self._settle()
        if self.sums.get(account) != fen or account in self.asserted:
            raise JournalError(f"余额不符 / balance differs: {account}")
        self.asserted.add(account)

    def _settle(self) -> None:
        if self.pending:
            raise JournalError(f"上一笔借贷不平 / the entry above is off by {self.pending} fen")


def check_ledger(name: str, data: bytes, book: Book) -> Iterator[Line]:
    """Check a journal line by line, then whether the archive beside it holds this very one."""
    journal = Journal()
    lines = data.decode().split("\n")
    try:
        for line in lines:
            journal.read(line)
        journal.finish()
    except JournalError as error:
        yield failed(f"{name} line {journal.lines}", str(error))
        return
    yield passed(
        name,
        f"{journal.entries} 笔分录全部平衡，{len(journal.asserted)} 个余额相符 / "
        f"{journal.entries} entries balance, {len(journal.asserted)} balances hold",
    )
    if book.held:
        yield book.vouch("ledger", name, hashlib.sha256(data).hexdigest())
    else:
        yield unchecked(
            name, "旁无归档可对照 / a journal is not signed, and no archive is beside it"
        )


def _fen(decimal: str) -> int:
    return int(decimal.replace(".", ""))
