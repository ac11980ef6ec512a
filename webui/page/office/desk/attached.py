"""`/desk/<project>/attachment/<id>`: a file of an opened bid, to tenderee and supervisor."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort

from bidding.attachment import BidAttachment, attachments, found_attachment
from bidding.opened import opened_bids
from monitor.role import Role
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
    project = trade_here(who, name).facts.matter.project
    with here.platform.read() as session:
        found = found_attachment(session, project, attachment)
    if found is None or found.blob is None:
        abort(404)
    return kept(here.store, found.blob, found.size, found.name)


def files_for(who: Wearer, project: UUID, section: UUID) -> list[tuple[str, list[BidAttachment]]]:
    """Return the bids of a section with their attachments, to whom these are open; else none."""
    if who.role not in READERS:
        return []
    with source().platform.read() as session:
        files = attachments(session, project, section)
        bids = opened_bids(session, project, section) if files else []
    return [(bid.name, files[bid.bid]) for bid in bids if bid.bid in files]
