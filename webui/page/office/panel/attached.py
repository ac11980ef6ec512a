"""`/panel/<project>/attachment/<id>`: a file of a bid, to a member who judges it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, g

from bidding.attachment import found_attachment
from bidding.evaluation.view import may_read_bids
from webui.page.answer.attachment import kept
from webui.page.office.panel.seat import MEMBERS, proven
from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("panel_attached", __name__)


@pages.get("/panel/<uuid:project>/attachment/<uuid:attachment>")
def attachment(project: UUID, attachment: UUID) -> Response:
    """Return the file as its bidder sealed it; 404 before the member has promised."""
    here, seat = source(), proven(require(*MEMBERS), project)
    if seat is None:
        abort(404)
    g.seat = seat.mask  # under which the look at the bid is on record
    with here.platform.read() as session:
        may = may_read_bids(session, project, seat.section, seat.mask)
        found = found_attachment(session, project, attachment) if may else None
    if found is None or found.blob is None or found.section != seat.section:
        abort(404)
    return kept(here.store, found.blob, found.size, found.name)
