"""Deposits for other programs: one row each, amounts in yuan with two decimals."""

from __future__ import annotations

import csv
import io

from webui.page.office.finance.book import Book, Line
from webui.page.show import cell, iso

HEAD = (
    "section", "sub_account", "state", "bidder", "uscc", "payer", "payer_differs", "received_at",
    "bank_reference", "principal_yuan", "interest_yuan", "due_by", "due_rule", "ordered_by",
    "approved_by", "refund_reference", "record",
)  # fmt: skip


def deposits_csv(book: Book) -> str:
    """Return the deposits as CSV (RFC 4180) after a byte order mark, for spreadsheets' sake."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    writer.writerows([cell(each) for each in _row(book, line)] for line in book.lines)
    return "\ufeff" + out.getvalue()


def _row(book: Book, line: Line) -> tuple[object, ...]:
    row = line.row
    return (
        book.lots[row.section].number, row.number, row.state, row.bidder, row.uscc, row.payer,
        {True: "yes", False: "no", None: ""}[row.payer_differs],
        iso(row.received_at) if row.received_at else "", row.reference,
        _yuan(line.amount), _yuan(line.gain), iso(line.due.limit) if line.due else "",
        line.due.rule if line.due else "", row.ordered_name, row.approved_name,
        row.refund_reference, line.record,
    )  # fmt: skip


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
