"""`/project/<name>/opening`: an opening, live for anybody, from the records that they may see."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template

from bidding.attachment import progress
from bidding.hall.reveal import opening_record_of
from bidding.terms import roster_of
from monitor.record.disclosure import timeline
from trading import board
from trading.notice.document import document_of
from trading.registration.project import sections
from trading.registration.stage import Stage
from webui.course.gallery import at_rest, steps
from webui.course.transcript import of_opening, transcript
from webui.page.source import showing
from webui.page.view import source
from webui.page.view.section import section_asked
from webui.page.view.trade import Trade
from webui.page.wearer import viewer, wearer

pages = Blueprint("gallery", __name__)
GOING = frozenset({Stage.ANNOUNCED, Stage.BIDDING, Stage.CLOSED, Stage.OPENED})
"""The stages in which an opening comes, or goes on."""


@pages.get("/project/<name>/opening")
def gallery(name: str) -> str:
    """Show one section's opening; before the deadline too, so that all know what will come."""
    here = source()
    with here.platform.read() as session:
        found = board.find(session, name)
        entry = board.entry(session, found, here.now) if found else None
        terms = document_of(session, found) if found else None
        if entry is None:
            abort(404)
        lots = sections(session, entry.project)
        lot = section_asked(lots)
        seen = timeline(session, entry.project, viewer(wearer(), entry.project))
        showing(seen)
        told = transcript(of_opening(seen, str(lot.id)))
        needed = roster_of(session, entry.project).threshold if terms else 0
        shown = told["reveal"] is not None
        record = json.loads(opening_record_of(session, entry.project, lot.id)) if shown else {}
        attached = progress(session, entry.project, lot.id)
    lines = steps(told, needed, terms.deadline) if terms else []
    if entry.stage not in GOING:
        lines = at_rest(lines)
    return render_template(
        "public/gallery.html", entry=entry, trade=Trade(entry, seen), lots=lots, lot=lot,
        now=here.now, told=told, lines=lines, terms=terms, bids=record.get("bids", []),
        ceiling=record.get("ceiling_fen"), attached=attached if shown else None,
        asked=_asked_there(told),
    )  # fmt: skip


def _asked_there(told: dict[str, Any]) -> list[tuple[str, str, UUID]]:
    """Return what was asked at the opening, each with its answer and its record."""
    replies = {each["subject"]: each["facts"]["text"] for each in told["replied"]}
    return [
        (each["facts"]["text"], replies.get(each["subject"], ""), UUID(each["record"]))
        for each in told["asked"]
    ]
