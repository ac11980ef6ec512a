"""`/api/v1/finance`, `/finance/<project>`: deposits as the finance pages show them, in fen."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from monitor.role import Role
from webui.api.office.asked import asker, iso, page_asked, paged
from webui.api.private import never_kept
from webui.page.office.finance import READERS, book_here, books
from webui.page.office.finance.book import Book, Line

pages = Blueprint("money_api", __name__, url_prefix="/api/v1")


@pages.get("/finance")
def trades() -> Response:
    """List the trades with deposits, the most urgent refund first."""
    who, page = asker(Role.FINANCE), page_asked()
    rows, about = paged(books(who), page)
    return never_kept(jsonify(trades=[_book(each) for each in rows], **about))


@pages.get("/finance/<name>")
def trade(name: str) -> Response:
    """Return one trade's sub-accounts, and the deposits of what the asker may look into."""
    book = book_here(asker(*READERS), name)
    blocks = [
        {
            "section": str(each.section), "first": each.first, "last": each.last,
            "amount_fen": each.amount_fen, "size": each.size,
        }
        for each in book.view.blocks
    ]  # fmt: skip
    deposits = [_line(each) for each in book.lines]
    return never_kept(jsonify(**_book(book), blocks=blocks, deposits=deposits))


def _book(book: Book) -> dict[str, Any]:
    first = book.first_limit
    return {
        "project": str(book.matter.project), "code": book.matter.code, "name": book.matter.name,
        "open": book.is_open, "owed": len(book.owed), "held": len(book.held),
        "due": iso(first.limit) if first else None, "rule": first.rule if first else "",
    }  # fmt: skip


def _line(line: Line) -> dict[str, Any]:
    row = line.row
    return {
        "id": str(row.deposit), "section": str(row.section), "number": row.number,
        "state": row.state, "bidder": row.bidder, "amount_fen": row.amount_fen,
        "interest_fen": line.gain, "received_at": iso(row.received_at),
        "due": iso(line.due.limit) if line.due else None,
        "rule": line.due.rule if line.due else "",
        "record": str(line.record) if line.record else None,
    }  # fmt: skip
