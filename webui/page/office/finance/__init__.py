"""`/finance`: deposits as announced, what came in, what goes back by four eyes, and the ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request

from monitor.record.standing import stands_in
from monitor.role import PROJECT_ROLES, Role
from trading import board
from trading.desk.docket import docket, matter
from trading.fee.entry import entries
from trading.ledger import to_beancount
from webui.page.answer import cookie
from webui.page.answer.redirection import to
from webui.page.office.finance.batch import MOST, NONE, Batch, Row, run
from webui.page.office.finance.book import Book, book_of, total
from webui.page.office.finance.export import deposits_csv
from webui.page.office.finance.slip import read_slips
from webui.page.source import show_secret
from webui.page.view import source
from webui.page.wearer import Wearer, require, viewer

pages = Blueprint("finance", __name__)
READERS = (Role.FINANCE, Role.TENDEREE, Role.AGENCY, Role.DEPARTMENT, Role.DISCIPLINE)
"""Who may look: the finance office from CLOSE on, the others from the opening (see fee/view.py)."""
LISTED = 200


@pages.get("/finance")
def trades() -> str:
    """Show every trade with deposits: what is owed back, and by when."""
    found = books(require(Role.FINANCE))
    return render_template("office/finance/trades.html", books=found, total=total, now=source().now)


def books(who: Wearer) -> list[Book]:
    """Return every trade with deposits, the most urgent refund first."""
    here = source()
    now = here.now
    with here.platform.read() as session:
        found = [
            book_of(session, each, viewer(who, each.project), now)
            for each in docket(session, who.actor, now, LISTED)
            if any(lot.deposit_fen for lot in each.lots)
        ]
    if any(each.is_open for each in found):
        show_secret()
    return sorted(found, key=_urgency)


@pages.get("/finance/<name>")
def trade(name: str) -> str:
    """Show one trade's deposits."""
    who = require(*READERS)
    return _shown(who, book_here(who, name))


@pages.post("/finance/<uuid:project>/<any(order, approve):what>")
def many(project: UUID, what: str) -> Response:
    """Order or approve the refunds that were ticked, each by a record of its own."""
    who = require(Role.FINANCE)
    field = {"order": "deposit", "approve": "refund"}[what]
    rows = [Row(each, {field: each}) for each in request.form.getlist(field)]
    return _answer(who, project, run(f"deposit.{what}_refund", who, project, rows))


@pages.post("/finance/<uuid:project>/confirm")
def confirm(project: UUID) -> Response:
    """Write down what the bank has paid: references typed beside the rows, or its slips pasted."""
    who = require(Role.FINANCE)
    typed = [
        (name.partition(".")[2], value.strip())
        for name, value in request.form.items()
        if name.startswith("reference.") and value.strip()
    ]
    rows = [Row(row, {"refund": row, "reference": told}) for row, told in typed]
    rows += read_slips(request.form.get("slips", ""), book_here(who, str(project)))
    return _answer(who, project, run("deposit.confirm_refund", who, project, rows))


@pages.get("/finance/<uuid:project>/deposits.csv")
def ledger(project: UUID) -> Response:
    """Return the deposits as a table for other programs."""
    book = _open(project)
    return _file(deposits_csv(book), "text/csv; charset=utf-8", f"{book.matter.code}-deposits.csv")


@pages.get("/finance/<uuid:project>/journal.beancount")
def journal(project: UUID) -> Response:
    """Return the journal, which bean-check checks; of the whole trade, or not yet."""
    require(Role.FINANCE)
    book, here = _open(project), source()
    if not book.is_whole:
        abort(404)
    with here.platform.read() as session:
        told = to_beancount(entries(session, project), book.matter.code)
    return _file(told, "text/plain; charset=utf-8", f"{book.matter.code}.beancount")


def book_here(who: Wearer, name: str) -> Book:
    """Return the trade's book; 404 where there is none, or none for this reader."""
    here = source()
    with here.platform.read() as session:
        project = board.find(session, name)
        found = matter(session, project, here.now) if project else None
        if found is None or not _may_look(session, who, found.project):
            abort(404)
        book = book_of(session, found, viewer(who, found.project), here.now)
    if book.is_open:
        show_secret()
    return book


def _may_look(session: Any, who: Wearer, project: UUID) -> bool:
    return who.role not in PROJECT_ROLES or stands_in(session, who.actor, project)


def _open(project: UUID) -> Book:
    book = book_here(require(*READERS), str(project))
    if not book.is_open:
        abort(404)
    return book


def _answer(who: Wearer, project: UUID, batch: Batch) -> Response:
    """Go on where all was done; else show the page with what was typed and what is wrong."""
    if batch.went_well:
        return to(f"/finance/{project}?count={len(batch.done)}&did={batch.deed}")
    page = _shown(who, book_here(who, str(project)), batch)
    return Response(page, batch.status, mimetype="text/html")


def _shown(who: Wearer, book: Book, batch: Batch = NONE) -> str:
    return render_template(
        "office/finance/trade.html", book=book, batch=batch, total=total, now=source().now,
        once=cookie.random(), mine=who.actor.person, works=who.role is Role.FINANCE, most=MOST,
        owns=who.role is Role.TENDEREE, did=_did(),
    )  # fmt: skip


def _did() -> tuple[str, int] | None:
    """Return what was done just before, from an address that says nothing else."""
    name, count = request.args.get("did", ""), request.args.get("count", "")
    known = name in {f"deposit.{verb}_refund" for verb in ("order", "approve", "confirm")}
    return (name, int(count)) if known and count.isdecimal() and count.isascii() else None


def _file(text: str, kind: str, name: str) -> Response:
    response = Response(text, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _urgency(book: Book) -> tuple[Any, ...]:
    first = book.first_limit
    return (first is None, first.limit if first else book.matter.deadline or source().now)
