"""`/desk/<project>/opening`: the run sheet of an opening, with one button for what is next."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request

from bidding.hall.preparation.attendance import present
from bidding.hall.preparation.seat import State as Tested
from bidding.hall.preparation.seat import tried
from bidding.hall.reveal import opening_record_of
from bidding.hall.sheet import Sheet
from bidding.hall.sheet import sheet as read_sheet
from bidding.hall.succession.standing import followings
from bidding.terms import roster_of
from monitor.role import Role
from trading.desk.docket import Lot
from webui.course.fact import Facts
from webui.course.hall import SITTING, lines, next_step
from webui.page.office.desk.attached import files_for
from webui.page.office.desk.guide import owes_key
from webui.page.office.desk.listing import done_now, trade_here
from webui.page.office.desk.reading import WORKERS
from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("hall", __name__)
REPLIERS = (Role.TENDEREE, Role.AGENCY)
HOSTS = (Role.TENDEREE, Role.AGENCY, Role.CENTRE, Role.DEPARTMENT)


@pages.get("/desk/<name>/opening")
def opening(name: str) -> str:
    """Show the run sheet; before the deadline too, so that everybody knows what will come."""
    who = require(*WORKERS)
    seen = trade_here(who, name)
    facts = seen.facts
    told = hall(facts)
    step = told["step"]
    return render_template(
        "office/desk/opening.html", facts=facts, mine=who.role in step.who and bool(step.deed),
        hosts=who.role in SITTING, answers=who.role in REPLIERS, done=done_now(facts),
        trade=seen.trade, **told,
        owes=_owes_key(facts, told["sheet"]),
        files=files_for(who, facts.matter.project, told["lot"].id),
        **readiness(facts),
    )  # fmt: skip


@pages.get("/desk/<name>/opening/screen")
def screen(name: str) -> str:
    """Show the same in large type for all who sit in the hall, with nothing to press."""
    facts = trade_here(require(*WORKERS), name).facts
    told = hall(facts)
    line = next((each for each in told["lines"] if each.state == "now"), None)
    return render_template("office/desk/screen.html", line=line, **told)


def hall(facts: Facts) -> dict[str, Any]:
    """Return what everybody in the hall sees of a section's opening; 404 before the documents."""
    lot = lot_asked(facts)
    sheet = sheet_of(facts, lot)
    if sheet is None:
        abort(404)
    with source().platform.read() as session:
        there = present(session, facts.matter.project, lot.id)
    return {
        "matter": facts.matter, "lot": lot, "sheet": sheet, "now": facts.now,
        "lines": lines(sheet, facts.now), "step": next_step(sheet, facts.now),
        "bids": read_out(facts, lot, sheet), "there": there,
    }  # fmt: skip


def _owes_key(facts: Facts, sheet: Sheet) -> bool:
    """Tell whether the newcomer of a demo, hosting now, has yet to open its own bid elsewhere."""
    until = sheet.window_until  # None before CLOSE
    runs = until is not None and facts.now < until and sheet.unlocked is None
    return source().demo and runs and owes_key(facts.matter.project)


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


def readiness(facts: Facts) -> dict[str, Any]:
    """Return how every trustee's seat stood the last test, and what that means for the opening."""
    with source().platform.read() as session:
        seats = tried(session, facts.matter.project, facts.now)
        needed = roster_of(session, facts.matter.project).threshold
        following = followings(session, facts.matter.project)
    states = [seat.state for seat in seats]
    return {
        "seats": seats,
        "needed": needed,
        "following": following,
        "silent": [seat for seat in seats if seat.silent],
        "ready": states.count(Tested.READY),
        "asked": any(state is not Tested.UNASKED for state in states),
    }


def read_out(facts: Facts, lot: Lot, sheet: Sheet) -> list[dict[str, Any]]:
    """Return what is read out of each bid, once everything was revealed at once."""
    if sheet.revealed is None:
        return []
    with source().platform.read() as session:
        document = opening_record_of(session, facts.matter.project, UUID(str(lot.id)))
    found: list[dict[str, Any]] = json.loads(document)["bids"]
    return found
