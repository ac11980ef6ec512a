"""`/desk/<project>/paper/<id>`: a paper kept with the trade, to whoever works on it."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort

from trading.archive.taking import is_custody, take
from webui.page.answer.attachment import attached
from webui.page.answer.look import has_taken, to_be_taken
from webui.page.office.desk.listing import papers_for, trade_here
from webui.page.office.desk.reading import WORKERS
from webui.page.view import source
from webui.page.wearer import require

pages = Blueprint("kept", __name__)


@pages.get("/desk/<name>/paper/<uuid:paper>")
def paper(name: str, paper: UUID) -> Response:
    """Return the file as it was handed in, never shown by the browser itself."""
    who = require(*WORKERS)
    facts = trade_here(who, name).facts
    found = next((each for each in papers_for(who, facts) if each.id == paper), None)
    if found is None:
        abort(404)
    if is_custody(found) and not has_taken(who, take.name, found.id):
        return to_be_taken(take.name, facts.matter.project, paper=found.id)
    try:
        data = source().store.get(found.blob)
    except KeyError:
        abort(404)
    return attached(data, "application/octet-stream", found.name)
