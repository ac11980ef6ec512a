"""`/desk/<project>/opening`: the run sheet of an opening, with one button for what is next."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request

from bidding.hall.reveal import opening_record_of
from bidding.hall.sheet import Sheet
from bidding.hall.sheet import sheet as read_sheet
from monitor.role import Role
from trading.desk.docket import Lot
from webui.course.fact import Facts
from webui.course.hall import lines, next_step
from webui.page.office.desk.listing import done_now, trade_here
from webui.page.office.desk.reading import WORKERS
from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("hall", __name__)
HOSTS = (Role.TENDEREE, Role.AGENCY, Role.CENTRE, Role.DEPARTMENT)


@pages.get("/desk/<name>/opening")
def opening(name: str) -> str:
    """Show the run sheet; before the deadline too, so that everybody knows what will come."""
    who = require(*WORKERS)
    seen = trade_here(who, name)
    facts = seen.facts
    lot = lot_asked(facts)
    sheet = sheet_of(facts, lot)
    if sheet is None:
        abort(404)
    step = next_step(sheet, facts.now)
    return render_template(
        "office/desk/opening.html", facts=facts, matter=facts.matter, lot=lot, sheet=sheet,
        lines=lines(sheet, facts.now), step=step, mine=who.role in step.who and bool(step.deed),
        bids=read_out(facts, lot, sheet), now=facts.now, done=done_now(facts), trade=seen.trade,
    )  # fmt: skip


def lot_asked(facts: Facts) -> Lot:
    """Return the section that the address names, else the first whose opening is not over."""
    lots = facts.matter.lots
    told = request.args.get("section", "")
    named = next((lot for lot in lots if str(lot.id) == told), None)
    under_way = (lot for lot in lots if facts.first("opening.reveal", lot) is None)
    return named or next(under_way, lots[0])


def sheet_of(facts: Facts, lot: Lot) -> Sheet | None:
    """Return where a section's opening stands; None before the documents are out."""
    with source().platform.read() as session:
        return read_sheet(session, facts.matter.project, lot.id, facts.now)


def read_out(facts: Facts, lot: Lot, sheet: Sheet) -> list[dict[str, Any]]:
    """Return what is read out of each bid, once everything was revealed at once."""
    if sheet.revealed is None:
        return []
    with source().platform.read() as session:
        document = opening_record_of(session, facts.matter.project, UUID(str(lot.id)))
    found: list[dict[str, Any]] = json.loads(document)["bids"]
    return found
