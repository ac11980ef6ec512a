"""`/bids`, 我的投标: every trade that this session can show to be one's own, with its next step."""

from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, render_template

from monitor.role import Role
from trading import board
from webui.page.office.tender.receipt import own_projects
from webui.page.office.tender.stand import Stand, projects_in_cookies, stand_of
from webui.page.office.tender.way import way_of
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("bids", __name__)
OFFERED = 6


@pages.get("/bids")
def bids() -> Response:
    """List one's bids, the nearest deadline first; and where to find a trade to bid in."""
    who, here = require(Role.TENDERER), source()
    now = here.now
    found = stands(who)
    rows = [(stand, way_of(stand, now)) for stand in found]
    rows.sort(key=lambda row: (row[0].closed, row[0].entry.deadline))
    known = {stand.project for stand in found}
    page = render_template(
        "office/tender/bids.html", rows=rows, now=now, open_trades=_open(known),
        rehearsals=_rehearsals(known),
    )  # fmt: skip
    response = Response(page, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    return response


def stands(who: Wearer) -> list[Stand]:
    """Return where one stands in each trade known here: by ticket, or by name after CLOSE."""
    known = {project for project, _ in own_projects(who)} | set(projects_in_cookies())
    found = [stand_of(source(), who, project) for project in sorted(known)]
    return [stand for stand in found if stand is not None]


def _rehearsals(known: set[UUID]) -> list[board.Entry]:
    """Return the rehearsals that take bids now and are not yet one's own."""
    return [each for each in open_rehearsals() if each.project not in known][:OFFERED]


def open_rehearsals() -> list[board.Entry]:
    """Return the rehearsals that take bids now, the nearest deadline first."""
    here = source()
    with here.platform.read() as session:
        return board.rehearsals(session, here.now)


def _open(known: set[Any]) -> list[board.Entry]:
    """Return trades that take bids now and are not yet one's own."""
    here = source()
    with here.platform.read() as session:
        found = (
            each
            for each in board.search(session, here.now)
            if each.deadline > here.now and each.project not in known
        )
        return list(islice(found, OFFERED))
