"""`/project/…` and `/record/…`: one trade as its visible records tell it, each to be checked."""

from __future__ import annotations

import json
from uuid import UUID

from flask import Blueprint, Response, abort, render_template

from bidding.hall.reveal import opening_record_of
from monitor.record.disclosure import VISITOR, Disclosed, disclosed, timeline
from monitor.role import NOBODY
from trading import board
from webui.page.view import source
from webui.page.view.trade import Trade

pages = Blueprint("project", __name__)


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
        trade = Trade(entry, timeline(session, entry.project, VISITOR))
        offers = [
            (section, json.loads(opening_record_of(session, entry.project, UUID(section)))["bids"])
            for section in trade.sections_opened()
        ]
    return render_template("project.html", trade=trade, entry=entry, now=now, offers=offers)


@pages.get("/project/<uuid:project>/opening-record/<uuid:section>")
def opening_record(project: UUID, section: UUID) -> Response:
    """Return the opening record as it was published, once its REVEAL may be seen."""
    here = source()
    with here.platform.read() as session:
        seen = Trade(None, timeline(session, project, VISITOR)).sections_opened()
        if str(section) not in seen:
            abort(404)
        document = opening_record_of(session, project, section)
    response = Response(document, mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="opening-record.json"'
    return response


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
        "record.html", record=seen, body=seen.facts, facts=told, entry=entry, proof=proof,
        outside=seen.facts["project"] == str(NOBODY), head=here.head(), now=here.now,
    )  # fmt: skip


@pages.get("/record/<uuid:record>.tlog-proof")
def proof(record: UUID) -> Response:
    """Return the C2SP tlog-proof of a record, its salt and body as `extra`."""
    seen = _seen(record)
    found = None if seen.index is None else source().proof(seen.index, seen.salt + seen.body)
    if found is None:
        abort(404)
    response = Response(found.encode(), mimetype="text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="{record}.tlog-proof"'
    return response


@pages.get("/record/<uuid:record>.body")
def body(record: UUID) -> Response:
    """Return the record's body, byte for byte as it was committed to."""
    response = Response(_seen(record).body, mimetype="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{record}.json"'
    return response


def _seen(record: UUID) -> Disclosed:
    with source().platform.read() as session:
        found = disclosed(session, record, VISITOR)
    if found is None:
        abort(404)
    return found
