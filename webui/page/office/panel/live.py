"""A draw as it goes: `/draw/<id>/watch` for inspectors, `/hall` for the big screen, `/print`.

All show what is on record and nothing else; what can be proven is proven in the browser, out of
`/papers`, as it arrives. Nobody is named, and no pseudonym is shown before the result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import segno
from flask import Blueprint, Response, abort, jsonify, render_template

from experts.ceremony.header import Draw, found_others
from experts.ceremony.mail.agenda import Todo, agenda
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.reading import asked_for, public_steps, reading
from experts.ceremony.mail.request import DrawRequest, found_request, requests_of
from experts.ceremony.mail.view import View
from experts.draw.header import CENTRE
from monitor.refusal import NotFound
from monitor.role import Role
from webui.page.office.panel.draw import shown, words, works_on
from webui.page.office.panel.sheet import Sheet
from webui.page.view import source
from webui.page.wearer import Wearer, require

pages = Blueprint("live", __name__)
WATCHERS = (Role.DEPARTMENT, Role.DISCIPLINE)
PAPERS = {
    "commits": "commit", "reveals": "reveal", "recoveries": "recovery", "closings": "closing",
    "successions": "succession",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inner:
    """What inspectors see beside: contacts by place, what their own agent found, who is awaited.

    explained: the coverage alarms that the agent's own person looked at, each with the reason.
    """

    seats: Sequence[Mapping[str, Any]]
    checked: Mapping[str, int] | None
    explained: Mapping[str, str]
    tries: int
    todos: Sequence[Todo]


@pages.get("/draw/<uuid:number>/papers")
def papers(number: UUID) -> Response:
    """Return the steps of a draw that are published at once, as they stand on record."""
    here = source()
    with here.platform.read() as session:
        drawn = asked_for(session, number)
        if drawn is None:
            abort(404, "抽取条件尚未公布 / its header is not published yet")
        told = _papers(session, drawn, here.now)
    response = jsonify(told)
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/draw/<uuid:number>/watch")
def watch(number: UUID) -> str:
    """Show an inspector every step with its proof, and what waits."""
    who = require(*WATCHERS)
    sheet, inner = shown(number), _inner(number, who)
    return render_template(
        "office/panel/watch.html", sheet=sheet, inner=inner, now=source().now, hall=False,
        code=_code(sheet), beacon=_beacon(sheet), words=words(),
    )  # fmt: skip


@pages.get("/draw/<uuid:number>/hall")
def hall(number: UUID) -> str:
    """Show the same to a room full of people."""
    sheet = shown(number)
    return render_template(
        "office/panel/watch.html", sheet=sheet, inner=None, now=source().now, hall=True,
        code=_code(sheet), beacon=_beacon(sheet), words=words(),
    )  # fmt: skip


@pages.get("/draw/<uuid:number>/print")
def sealed(number: UUID) -> str:
    """Show the sheet that is printed, sealed and signed once the draw is over; no name is on it."""
    require(Role.CENTRE, *WATCHERS)
    sheet = shown(number)
    if sheet.last("draw.finish") is None:
        abort(404, "抽取尚未结束 / the draw is not over")
    return render_template("office/panel/print.html", sheet=sheet, now=source().now)


def _papers(session: Any, drawn: Draw, now: datetime) -> dict[str, Any]:
    steps = public_steps(session, drawn)
    told: dict[str, Any] = {
        "header": drawn.header, "signatures": drawn.signatures, "hh": drawn.hh.hex(),
        "leaves": drawn.leaves.hex() if len(drawn.leaves) <= 32 * 4096 else "",
        "others": found_others(session, drawn), "now": int(now.timestamp()),
        "at": {f"{one['kind']} {one['role']}": one["at"] for one in steps},
        "state": drawn.state,
    }  # fmt: skip
    for name, kind in PAPERS.items():
        told[name] = [one["document"] for one in steps if one["kind"] == kind]
    for name in ("open", "closed", "dice", "final"):
        told[name] = next((one["document"] for one in steps if one["kind"] == name), None)
    told["open"] = told["open"]["open"] if told["open"] else None
    return told


def _inner(number: UUID, who: Wearer) -> Inner | None:
    """Return what an inspector sees beside; None for a draw that was not asked for here.

    404 for an inspector of other trades.
    """
    here = source()
    with here.platform.read() as session:
        asked = _request(session, number)
        if asked is None:
            return None
        if not works_on(session, who, asked.project):
            abort(404)
        view = View(reading(session, asked, CENTRE, here.now))
    signed = view.parcels(Step.COUNTERSIGN)
    last = signed[-1]["document"] if signed else {}
    tries = view.parcels(Step.INVITATION)
    return Inner(
        [{name: seat[name] for name in ("place", "round", "state")} for seat in view.seats()],
        last.get("checked"), last.get("explained", {}), len(tries), agenda(view),
    )  # fmt: skip


def _request(session: Any, number: UUID) -> DrawRequest | None:
    try:
        return found_request(session, number)
    except NotFound:
        drawn = asked_for(session, number)
        rows = requests_of(session, drawn.project) if drawn else []
        return next((one for one in rows if drawn and one.name == drawn.header["draw"]), None)


def _code(sheet: Sheet) -> tuple[str, list[str]] | None:
    """Return the open hash as a picture and in groups that can be read aloud."""
    found = sheet.last("draw.open")
    if found is None:
        return None
    told = str(found.facts["open"])
    picture = segno.make(told, error="m").svg_data_uri(scale=4, border=2, light="#fff")
    return picture, [told[at : at + 4] for at in range(0, len(told), 4)]


def _beacon(sheet: Sheet) -> datetime | None:
    return datetime.fromtimestamp(sheet.header["t_beacon"], UTC) if sheet.header else None
