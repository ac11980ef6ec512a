"""The bank's slips as pasted: a sub-account and a reference a line, each judged by itself."""

from __future__ import annotations

from monitor.refusal import Invalid
from trading.fee.deposit import State
from webui.page.office.finance.batch import Row
from webui.page.office.finance.book import Book


def read_slips(text: str, book: Book) -> list[Row]:
    """Return a row for each line that is not empty, named `slip-<line>`."""
    waiting = {line.row.number: str(line.row.refund) for line in book.of(State.APPROVED)}
    return [
        _slip(number, line.strip(), waiting)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]


def _slip(number: int, line: str, waiting: dict[str, str]) -> Row:
    account, _, reference = line.replace("\t", ",").replace("，", ",").partition(",")
    refund, name = waiting.get(account.strip(), ""), f"slip-{number}"
    told = {"refund": refund, "reference": reference.strip()}
    if refund:
        return Row(name, told, line)
    words = f"第{number}行：没有此子账户待银行确认的退款 / line {number}: no such refund waits"
    return Row(name, told, line, Invalid(name, words))
