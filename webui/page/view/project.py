"""`/project/…` and `/record/…`: one trade as its visible records tell it, each to be checked."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, Response, abort, g, render_template, request

from bidding.hall.reveal import opening_record_of
from monitor.record.disclosure import Disclosed, chain_of, disclosed, timeline
from monitor.role import NOBODY, Role
from trading import board
from trading.notice.addendum import addenda
from trading.notice.field import label, required
from trading.notice.notice import Notice, current_notice
from trading.registration.stage import Stage
from webui.page.source import showing
from webui.page.view import source
from webui.page.view.paper import fetched, holds, papers
from webui.page.view.trade import Trade
from webui.page.wearer import viewer, wearer

pages = Blueprint("project", __name__)
WAYS = {
    Role.TENDERER: ("bid", "/bid/{project}"),
    Role.TENDEREE: ("desk", "/desk/{code}"),
    Role.AGENCY: ("desk", "/desk/{code}"),
    Role.CENTRE: ("desk", "/desk/{code}"),
    Role.FINANCE: ("finance", "/finance/{code}"),
    Role.EXPERT: ("panel", "/panel/{project}"),
    Role.DEPARTMENT: ("orders", "/orders/{code}"),
}
"""Where each role goes on from a trade's public page."""


@pages.get("/project/<name>")
def show(name: str) -> str:
    """Show one trade, by its code or id; before its first notice there is nothing to show."""
    here = source()
    now = here.now
    with here.platform.read() as session:
        found = board.find(session, name)
        entry = board.entry(session, found, now) if found else None
        if entry is None:
            abort(404)
        seen = timeline(session, entry.project, viewer(wearer(), entry.project))
        showing(seen)
        trade = Trade(entry, seen)
        offers = [
            (section, json.loads(opening_record_of(session, entry.project, UUID(section)))["bids"])
            for section in trade.sections_opened()
        ]
        held = holds(session, trade)
        notice = current_notice(session, entry.project)
        added = addenda(session, entry.project)
    return render_template(
        "public/project.html", trade=trade, entry=entry, now=now, offers=offers,
        papers=papers(trade, held), said=_said(entry.category, notice), notice=notice,
        addenda=added, way=_way(entry), permanent=f"{request.url_root}project/{entry.code}",
    )  # fmt: skip


@pages.get("/project/<uuid:project>/document/<sha256>")
def document(project: UUID, sha256: str) -> Response:
    """Return a public document as it was published, by its digest."""
    here = source()
    with here.platform.read() as session:
        trade = _trade(session, project)
        found, kept = fetched(session, trade, sha256), holds(session, trade).get(sha256)
        blob = None if kept is None else kept.blob
    if blob is not None:
        return _file(here.store.get(blob), "application/zip", f"{sha256[:12]}.zip")
    if found is None:
        abort(404)
    return _file(found.body, "application/json", found.path.rpartition("/")[2])


@pages.get("/project/<uuid:project>/opening-record/<uuid:section>")
def opening_record(project: UUID, section: UUID) -> Response:
    """Return the opening record as it was published, once its REVEAL may be seen."""
    here = source()
    with here.platform.read() as session:
        if str(section) not in _trade(session, project).sections_opened():
            abort(404)
        told = opening_record_of(session, project, section)
    return _file(told, "application/json", "opening-record.json")


@pages.get("/record/<uuid:record>")
def record(record: UUID) -> str:
    """Show one record with everything that checks it."""
    here = source()
    seen = _seen(record)
    with here.platform.read() as session:
        entry = board.entry(session, UUID(seen.facts["project"]), here.now)
    proof = None if seen.index is None else here.proof(seen.index)
    told = json.dumps(seen.facts["facts"], ensure_ascii=False, indent=2)
    return render_template(
        "public/record.html", record=seen, body=seen.facts, facts=told, entry=entry, proof=proof,
        outside=seen.facts["project"] == str(NOBODY), head=here.head(), now=here.now,
    )  # fmt: skip


@pages.get("/record/<uuid:record>.tlog-proof")
def proof(record: UUID) -> Response:
    """Return the C2SP tlog-proof of a record, its salt and body as `extra`."""
    seen = _seen(record)
    found = None if seen.index is None else source().proof(seen.index, seen.salt + seen.body)
    if found is None:
        abort(404)
    return _file(found.encode(), "text/plain", f"{record}.tlog-proof")


@pages.get("/record/<uuid:record>.body")
def body(record: UUID) -> Response:
    """Return the record's body, byte for byte as it was committed to."""
    return _file(_seen(record).body, "application/json", f"{record}.json")


def _way(entry: board.Entry) -> tuple[str, str] | None:
    """Return what this reader may do in the trade and where, a visitor while bids are taken."""
    who = wearer()
    if who is None and entry.stage in {Stage.ANNOUNCED, Stage.BIDDING}:
        return "enter", f"/sign-in?next=/bid/{entry.project}"
    name, there = WAYS.get(who.role, ("", "")) if who else ("", "")
    return (name, there.format(project=entry.project, code=quote(entry.code))) if name else None


def _said(category: str, notice: Notice | None) -> list[tuple[str, str]]:
    """Return a notice's fields by name, in the order in which the law asks for them."""
    if notice is None:
        return []
    order = list(required(category))
    keys = sorted(notice.fields, key=lambda key: order.index(key) if key in order else len(order))
    return [(label(key), notice.fields[key]) for key in keys]


def _trade(session: Any, project: UUID) -> Trade:
    seen = timeline(session, project, viewer(wearer(), project))
    return Trade(board.entry(session, project, source().now), seen)


def _file(data: bytes | str, kind: str, name: str) -> Response:
    response = Response(data, mimetype=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _seen(record: UUID) -> Disclosed:
    with source().platform.read() as session:
        chain = chain_of(session, record)
        found = disclosed(session, chain, record, viewer(wearer(), chain))
    if not found:
        abort(404)
    showing([found])
    g.looked_trade = None if chain == NOBODY else chain
    return found
