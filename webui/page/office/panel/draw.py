"""`/draws` and `/draw/<id>`: numbers in, the machines do the rest, nobody here sees a name.

Everything shown of a draw comes of records that this viewer may see. What is waited for is said to
those who work on it: the centre, the tenderee, the departments.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, g, render_template, request

from experts.ceremony.header import Draw
from experts.ceremony.mail.agenda import Todo, agenda
from experts.ceremony.mail.machine.machine import Machine
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.reading import in_exchange, machines_of, open_lines, published, reading
from experts.ceremony.mail.request import (
    DrawRequest,
    draws_unasked,
    found_draw_of,
    found_request,
    requests_of,
)
from experts.ceremony.mail.view import View
from experts.draw.header import CENTRE
from monitor.record.disclosure import timeline
from monitor.record.standing import stands_in
from monitor.refusal import NotFound
from monitor.role import PROJECT_ROLES, Role
from trading.desk.docket import Lot, Matter, docket, matter
from webui.api.presence import presence
from webui.page.language import text
from webui.page.office.panel.sheet import Sheet, Side
from webui.page.source import show_secret, showing
from webui.page.view import source
from webui.page.view.trade import Row
from webui.page.wearer import Wearer, require, viewer, wearer

pages = Blueprint("draw", __name__)
WORKERS = (Role.CENTRE, Role.TENDEREE, Role.AGENCY, Role.DEPARTMENT, Role.DISCIPLINE)
LISTED, LINES = 100, 200
"""Trades on one page, and lines of one list."""
TRIES, PAUSE = 40, 0.5
"""How often, and after how many seconds, it is looked whether the shares are closed."""
PLACE = {
    "hello": "header", "filing": "header", "countersign": "header", "open_header": "header",
    "commit": "shares", "open": "shares", "reveal": "shares", "recover": "shares",
    "open_escrow": "shares", "handover": "rounds",
    "reveals": "shares", "close_reveals": "shares", "too_late": "shares",
    "wait_dice": "dice", "dice": "dice", "type": "dice", "bring_beacon": "dice",
    "request": "rounds", "ask": "rounds", "answer": "rounds", "round": "rounds",
    "invite": "rounds", "contact": "rounds", "closing": "rounds", "close_round": "rounds",
    "wait_close": "recheck", "wait_bidders": "recheck", "recheck": "recheck",
    "seat": "seats", "check_in": "seats", "final": "finish", "finish": "finish",
    "wait_result": "publish", "bundle": "publish",
}  # fmt: skip


CHECKS = (
    "container", "header", "history", "pool", "commits", "reveals", "beacon", "openings", "rounds",
    "final", "second", "commit", "open", "reveal", "closed", "dice", "round", "leaves",
    "succession",
)  # fmt: skip
"""What the browser checks, of a bundle and of a draw that runs."""
SAID = (
    *(("said", name) for name in (
        "members", "attempt", "listed", "opened", "recomputed", "keys", "open", "closed", "how",
        "simulated", "dice", "drand",
        "seated", "succeeded",
    )),
    *(("how", name) for name in (
        "revealed", "recovered", "default", "COMPLETE", "EXHAUSTED", "INFEASIBLE", "CANCELLED",
    )),
)  # fmt: skip
"""What a step that holds says (drawn.js); {1} in a text is its first number or word."""

REACHED = (
    ("draw.publish_bundle", ""),
    ("draw.finish", "publish"),
    ("draw.close_round", "recheck"),
    ("draw.round", "rounds"),
    ("draw.close_reveals", "dice"),
)
"""Where a draw without a request stands, by the last of its acts."""


@pages.get("/draws")
def draws() -> str:
    """List the trades whose panels are drawn, and those of which a draw may be asked for."""
    who, here = require(*WORKERS), source()
    with here.platform.read() as session:
        trades = docket(session, who.actor, here.now, LISTED)
        sheets = {
            each.project: [
                *(_unasked(session, who, one) for one in draws_unasked(session, each.project)),
                *(_sheet(session, who, one) for one in requests_of(session, each.project)),
            ]
            for each in trades
        }
    return render_template("office/draws.html", trades=trades, sheets=sheets, now=here.now)


@pages.get("/draw/<uuid:number>")
def draw(number: UUID) -> str:
    """Show one draw: to everybody what is public, to those who work on it who is waited for."""
    sheet = shown(number)
    if sheet.sides:
        show_secret()
    return render_template(
        "office/draw.html", sheet=sheet, now=source().now, shown=LINES,
        base=request.url_root.rstrip("/"), words=words(),
    )  # fmt: skip


def words() -> dict[str, str]:
    """Return what the browser's checks are called, and say, in the reader's language."""
    checks = {name: text(f"live.check.{name}") for name in CHECKS}
    said = {f"{part}.{name}": text(f"live.{part}.{name}") for part, name in SAID}
    return checks | said


def shown(number: UUID) -> Sheet:
    """Return a draw as whoever looks may see it, by its own or its request's id; 404 for none."""
    here, who = source(), wearer()
    with here.platform.read() as session:
        drawn = found_draw_of(session, number)
        if drawn is not None:
            sheet = _unasked(session, who, drawn)
        else:
            sheet = _sheet(session, who, _asked(session, number))
    g.looked_trade = sheet.matter.project
    return sheet


def dice_of(who: Wearer, project: UUID) -> datetime | None:
    """Return when the dice of a trade's draw may be thrown, while they are waited for."""
    with source().platform.read() as session:
        found = [_sheet(session, who, one).dice_at for one in requests_of(session, project)]
    return next((at for at in found if at is not None), None)


def settled() -> UUID | None:
    """Wait until no draw is exchanging its shares; return the one that still does after a while.

    Where a machine is away there is nothing to wait for: time may pass, and the desk says so.
    """
    for _ in range(TRIES):
        found = _exchanging()
        if found is None:
            return None
        time.sleep(PAUSE)
    return found


def _exchanging() -> UUID | None:
    here = source()
    with here.platform.read() as session:
        for each in in_exchange(session, here.now):
            if all(presence().here(one) for one in each.machines.values()):
                return each.id
    return None


def _asked(session: Any, number: UUID) -> DrawRequest:
    try:
        return found_request(session, number)
    except NotFound:
        abort(404)


def _unasked(session: Any, who: Wearer | None, drawn: Draw) -> Sheet:
    """Show a draw that was made without a request here: the record tells all there is of it."""
    found, lot = _where(session, drawn.project, drawn.section)
    rows = _rows(session, who, drawn.project, {str(drawn.id)})
    done = [row.body["action"] for row in rows]
    place = next((step for act, step in REACHED if act in done), "shares")
    kept = published(session, drawn.id) is not None
    return Sheet(drawn.id, str(drawn.id), found, lot, rows, drawn.state, place, kept)


def _where(session: Any, project: UUID, section: UUID) -> tuple[Matter, Lot]:
    found = matter(session, project, source().now)
    if found is None:
        abort(404)
    return found, next(each for each in found.lots if each.id == section)


def _rows(session: Any, who: Wearer | None, project: UUID, own: set[str]) -> list[Row]:
    """The done acts of one draw that this viewer may see."""
    seen = timeline(session, project, viewer(who, project))
    rows = [Row(each, each.facts) for each in seen]
    mine = [row for row in rows if row.body["subject"] in own and _tells(row)]
    showing(row.record for row in mine)
    return mine


def _sheet(session: Any, who: Wearer | None, asked: DrawRequest) -> Sheet:
    found, lot = _where(session, asked.project, asked.section)
    view = View(reading(session, asked, CENTRE, source().now))
    mine = _rows(session, who, asked.project, {str(asked.id), view.draw} - {""})
    todos = agenda(view)
    inner = who is not None and works_on(session, who, asked.project)
    return Sheet(
        asked.id, view.draw, found, lot, mine, view.state, _place(view, todos),
        published(session, asked.id) is not None,
        todos if inner else (),
        _sides(view, machines_of(session, asked)) if inner else (),
        [one["document"] | {"role": one["role"]} for one in view.parcels(Step.TROUBLE)]
        if inner else (),
        open_lines(session, asked.id),
        asked.name,
    )  # fmt: skip


def _tells(row: Row) -> bool:
    return row.body["action"].startswith("draw.") and row.done


def _place(view: View, todos: Sequence[Todo]) -> str:
    if view.state == "withdrawn":
        return "header"
    return PLACE[todos[0].what] if todos else ""


def works_on(session: Any, who: Wearer, project: UUID) -> bool:
    """Tell whether somebody may see of a trade's draws what only those who work on them see."""
    if who.role not in WORKERS:
        return False
    return who.role not in PROJECT_ROLES or stands_in(session, who.actor, project)


def _sides(view: View, machines: Mapping[str, Machine]) -> list[Side]:
    commands = {
        "C": "batong draw run", "I": "batong agent run", "T": "batong owner run",
        "D": "batong agent deputy",
    }  # fmt: skip
    return [
        Side(role, presence().here(one.id), commands[one.role], len(view.holders(role)))
        for role, one in machines.items()
    ]
