"""The ledger: double entry in integer fen, CNY, with a Beancount journal that anybody can check."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from trading.money import FEN

CURRENCY = "CNY"
PPM = 1_000_000


class LedgerError(ValueError):
    """An entry that does not balance, has no postings, or names no account of the chart."""


class Head(StrEnum):
    """The chart of accounts; every head has sub-accounts by project, most by payer as well."""

    BANK = "Assets:Bank"
    UNMATCHED = "Liabilities:Unmatched"
    DEPOSIT = "Liabilities:Deposit"
    INTEREST = "Liabilities:Interest"
    PENALTY = "Expenses:LateRefund"
    FORFEIT = "Liabilities:Forfeit"
    FEE_DUE = "Assets:FeeDue"
    FEE = "Income:Fee"


CHART = {
    Head.BANK: "银行存款（保证金专户） / bank, deposit account",
    Head.UNMATCHED: "未识别来款 / money received, payer not matched",
    Head.DEPOSIT: "应退投标保证金 / bid deposits owed back",
    Head.INTEREST: "应付利息 / interest owed to payers",
    Head.PENALTY: "逾期退付利息 / interest for late refund",
    Head.FORFEIT: "不予退还的保证金（应交招标人） / forfeited, owed to the owner",
    Head.FEE_DUE: "应收服务费 / service fee due",
    Head.FEE: "服务费收入 / service fee income",
}


@dataclass(frozen=True, slots=True)
class Posting:
    """One line: an account name and fen; positive is debit, negative is credit."""

    account: str
    fen: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One balanced entry: its id, accounting day, text, lines and the record that caused it."""

    id: str
    day: date
    text: str
    postings: tuple[Posting, ...]
    record: str = ""

    def __post_init__(self) -> None:
        if len(self.postings) < 2:
            raise LedgerError(f"entry {self.id}: fewer than two postings / 少于两条分录")
        if total := sum(posting.fen for posting in self.postings):
            raise LedgerError(f"entry {self.id}: off balance by {total} fen / 借贷不平")
        for posting in self.postings:
            if ":".join(posting.account.split(":")[:2]) not in CHART:
                raise LedgerError(f"entry {self.id}: no account {posting.account} / 无此科目")


@dataclass(frozen=True, slots=True)
class Rate:
    """An annual rate in millionths (0.05% = 500), the days of its year, and where it comes from."""

    ppm: int
    year_days: int
    source: str


def account(head: Head, *parts: str) -> str:
    """Name the sub-account of a head by project and payer; different parts never share a name."""
    return ":".join([head.value, *("N" + re.sub(r"[\W_]", _escape, part) for part in parts)])


def move(debit: str, credit: str, fen: int) -> tuple[Posting, Posting]:
    """Return the two postings that move fen from the credited to the debited account."""
    return Posting(debit, fen), Posting(credit, -fen)


def interest(principal_fen: int, rate: Rate, paid_in: date, paid_out: date) -> int:
    """Return simple interest in fen, half a fen rounded up.

    The day of payment in counts, the day of payment out does not; days are actual, the year has
    rate.year_days (360: daily rate = annual rate / 360, 银发〔2005〕129号). Owed by 条例 57.
    LedgerError if the days run backwards or the principal is negative.
    """
    days = (paid_out - paid_in).days
    if days < 0 or principal_fen < 0:
        raise LedgerError("interest over negative days or money / 计息天数或本金为负")
    whole = PPM * rate.year_days
    return (2 * principal_fen * rate.ppm * days + whole) // (2 * whole)


def balances(entries: Iterable[Entry]) -> dict[str, int]:
    """Return the balance of every account in fen, accounts in order of name."""
    sums: dict[str, int] = {}
    for entry in entries:
        for posting in entry.postings:
            sums[posting.account] = sums.get(posting.account, 0) + posting.fen
    return dict(sorted(sums.items()))


def to_beancount(entries: Sequence[Entry], title: str) -> str:
    """Write the journal for bean-check; it ends by asserting each balance to the fen."""
    ordered = sorted(entries, key=lambda entry: (entry.day, entry.id))
    lines = [f'option "title" {_quote(title)}', f'option "operating_currency" "{CURRENCY}"', ""]
    if ordered:
        lines += _opened(ordered) + [line for entry in ordered for line in _transaction(entry)]
        last = ordered[-1].day + timedelta(days=1)
        for name, fen in balances(ordered).items():
            lines.append(f"{last} balance {name}  {_decimal(fen)} ~ 0.00 {CURRENCY}")
    return "\n".join(lines) + "\n"


def _opened(ordered: Sequence[Entry]) -> list[str]:
    first: dict[str, date] = {}
    for entry in ordered:
        for posting in entry.postings:
            first.setdefault(posting.account, entry.day)
    lines = [f"{ordered[0].day} commodity {CURRENCY}", ""]
    for name, day in sorted(first.items()):
        head = Head(":".join(name.split(":")[:2]))
        lines += [f"{day} open {name}  {CURRENCY}", f"  name: {_quote(CHART[head])}"]
    return [*lines, ""]


def _transaction(entry: Entry) -> list[str]:
    lines = [f"{entry.day} * {_quote(entry.text)}", f"  entry: {_quote(entry.id)}"]
    if entry.record:
        lines.append(f"  record: {_quote(entry.record)}")
    lines += [f"  {line.account}  {_decimal(line.fen)} {CURRENCY}" for line in entry.postings]
    return [*lines, ""]


def _decimal(fen: int) -> str:
    yuan, cent = divmod(abs(fen), FEN)
    return f"{'-' if fen < 0 else ''}{yuan}.{cent:02d}"


def _quote(text: str) -> str:
    one_line = re.sub(r"[\x00-\x1f\x7f]+", " ", text)
    return '"' + one_line.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escape(found: re.Match[str]) -> str:
    return f"-{ord(found[0]):x}-"
