"""`/api/v1/orders`, `/cards`, `/complaints`: what supervision found, and asks of others."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from webui.api.office.asked import asker, iso, page_asked, paged
from webui.api.private import never_kept
from webui.page.office.wall import card, complaint, order
from webui.page.view import source

pages = Blueprint("watch_api", __name__, url_prefix="/api/v1")


@pages.get("/orders")
def orders() -> Response:
    """List the supervision orders that the asker may read, the unanswered first."""
    who, page = asker(*order.READERS), page_asked()
    with source().platform.read() as session:
        rows, about = paged(order.lines_for(session, who), page)
    return never_kept(jsonify(orders=[_order(each) for each in rows], **about))


@pages.get("/cards")
def cards() -> Response:
    """List the open cards that the asker may read, red first."""
    who, page = asker(*card.READERS), page_asked()
    with source().platform.read() as session:
        rows, about = paged(card.open_for(session, who), page)
        told = [_card(each) for each in rows]
    return never_kept(jsonify(cards=told, **about))


@pages.get("/complaints")
def complaints() -> Response:
    """List the complaints that the asker may read, the open first, with what is owed on each."""
    who, page = asker(*complaint.READERS), page_asked()
    with source().platform.read() as session:
        rows, about = paged(complaint.lines_for(session, who), page)
    return never_kept(jsonify(complaints=[_complaint(each) for each in rows], **about))


def _complaint(line: complaint.Line) -> dict[str, Any]:
    row = line.row
    return {
        "id": str(row.id), "project": str(row.project), "code": line.code, "name": line.trade,
        "department": line.department, "complainant": line.complainant, "matter": row.matter,
        "respondent": row.respondent, "told": row.told, "request": row.request,
        "basis": row.basis, "interest": row.interest, "known_at": iso(row.known_at),
        "filed_at": iso(row.filed_at), "state": row.state, "accepted_at": iso(row.accepted_at),
        "testing_since": iso(row.testing_since), "outcome": row.outcome, "reply": row.reply,
        "ended_at": iso(row.ended_at), "may": list(line.may),
        "owed": [{"rule": each.rule.id, "limit_at": iso(each.limit.at), "late": each.is_late}
                 for each in line.owed],
    }  # fmt: skip


def _order(line: order.Line) -> dict[str, Any]:
    row = line.row
    return {
        "id": str(row.id), "project": str(row.project), "code": line.code, "name": line.trade,
        "issuer": line.issuer, "addressee": line.addressee, "addressee_role": row.addressee_role,
        "title": row.title, "text": row.text, "article": row.article, "state": row.state,
        "issued_at": iso(row.issued_at), "limit_at": iso(row.limit_at), "late": line.is_late,
        "answer": row.answer, "answered_at": iso(row.answered_at), "finding": row.finding,
        "ended_at": iso(row.ended_at), "may": list(line.may),
    }  # fmt: skip


def _card(line: card.Line) -> dict[str, Any]:
    row = line.row
    return {
        "id": str(row.id), "project": str(row.project), "code": line.trade.code,
        "name": line.trade.name, "point": row.point, "article": line.article,
        "result": row.result, "handling": row.handling, "opened_at": iso(row.opened_at),
        "limit_at": iso(row.limit_at), "late": line.is_late, "refused": line.refused,
        "may": [{"act": name, "href": href} for name, href in line.may],
    }  # fmt: skip
