"""`/desk/<project>/attachment/<id>`: a file of an opened bid, to tenderee and supervisor."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort

from bidding.attachment import BidAttachment, attachments
from monitor.role import Role
from trading.desk.docket import Lot
from webui.course.fact import Facts
from webui.page.answer.attachment import kept
from webui.page.office.desk.listing import trade_here
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("desk_attached", __name__)
READERS = (Role.TENDEREE, Role.AGENCY, Role.DEPARTMENT)
"""Whose the bids are once they are opened, and who supervises; the centre only keeps them."""


@pages.get("/desk/<name>/attachment/<uuid:attachment>")
def attachment(name: str, attachment: UUID) -> Response:
    """Return the file as its bidder sealed it."""
    who, here = require(*READERS), source()
    facts = trade_here(who, name).facts
    files = [file for lot in facts.matter.lots for file in files_for(who, facts, lot)]
    found = next((file for file in files if file.id == attachment), None)
    if found is None or found.blob is None:
        abort(404)
    return kept(here.store, found.blob, found.size, found.name)


def files_for(who: Wearer, facts: Facts, lot: Lot) -> list[BidAttachment]:
    """Return the attachments of a section that was read out, to whom they are open; else none."""
    if who.role not in READERS:
        return []
    with source().platform.read() as session:
        return attachments(session, facts.matter.project, lot.id)
