"""`/draws` and `/draw/<id>`: numbers in, the machines do the rest, nobody here sees a name.

Everything shown of a draw comes of records that this viewer may see. What is waited for is said to
those who work on it: the centre, the tenderee, the departments.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request

from experts.ceremony.header import Draw
from experts.ceremony.mail.agenda import Todo, agenda
from experts.ceremony.mail.machine import Machine
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.reading import in_exchange, machines_of, published, reading
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
from webui.page.view import source
from webui.page.view.trade import Row
from webui.page.wearer import Wearer, require, viewer, wearer

pages = Blueprint("draw", __name__)
WORKERS = (Role.CENTRE, Role.TENDEREE, Role.AGENCY, Role.DEPARTMENT, Role.DISCIPLINE)
LISTED = 100
TRIES, PAUSE = 40, 0.5
"""How often, and after how many seconds, it is looked whether the shares are closed."""
STEPS = (
    "ask", "header", "shares", "dice", "rounds", "recheck", "seats", "finish", "publish",
)  # fmt: skip
"""The line of steps; each is done when the next thing to do belongs to a later one."""
PLACE = {
    "hello": "header", "filing": "header", "countersign": "header", "open_header": "header",
    "commit": "shares", "open": "shares", "reveal": "shares", "recover": "shares",
    "reveals": "shares", "close_reveals": "shares", "too_late": "shares",
    "wait_dice": "dice", "dice": "dice", "type": "dice",
    "request": "rounds", "ask": "rounds", "answer": "rounds", "round": "rounds",
    "invite": "rounds", "contact": "rounds", "closing": "rounds", "close_round": "rounds",
    "wait_close": "recheck", "wait_bidders": "recheck", "recheck": "recheck",
    "seat": "seats", "check_in": "seats", "final": "finish", "finish": "finish",
    "wait_result": "publish", "bundle": "publish",
}  # fmt: skip


REACHED = (
    ("draw.publish_bundle", ""),
    ("draw.finish", "publish"),
    ("draw.close_round", "recheck"),
    ("draw.round", "rounds"),
    ("draw.close_reveals", "dice"),
)
"""Where a draw without a request stands, by the last of its acts."""


@dataclass(frozen=True, slots=True)
class Side:
    """A machine as the desk shows it."""

    role: str
    here: bool
    command: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One draw as a viewer may see it."""

    request: UUID
    draw: str
    matter: Matter
    lot: Lot
    rows: Sequence[Row]
    state: str
    place: str
    is_kept: bool = False
    """Whether its published bundle can be fetched here."""
    todos: Sequence[Todo] = ()
    sides: Sequence[Side] = ()
    troubles: Sequence[Mapping[str, Any]] = field(default=())

    def last(self, action: str) -> Row | None:
        """Return the last done act of that name."""
        return next((row for row in reversed(self.rows) if row.body["action"] == action), None)

    def all(self, action: str) -> list[Row]:
        """Return the done acts of that name, in order."""
        return [row for row in self.rows if row.body["action"] == action]

    @property
    def asked(self) -> Mapping[str, Any]:
        """What was asked for."""
        found = self.last("draw.request")
        return found.facts if found else {}

    @property
    def header(self) -> Mapping[str, Any] | None:
        """The header, once it is published."""
        found = self.last("draw.open_header")
        return found.facts["header"] if found else None

    @property
    def strata(self) -> list[tuple[str, int, int | None]]:
        """Each stratum: its specialties, its seats, how many people are eligible."""
        names: dict[int, list[str]] = {}
        for name, code in self.asked.get("specialties", {}).items():
            names.setdefault(code, []).append(name)
        eligible = dict(self.header["members"]) if self.header else {}
        wanted = self.asked.get("seats") or (self.header["strata"] if self.header else [])
        return [
            ("、".join(names.get(code, [str(code)])), seats, eligible.get(code))
            for code, seats in wanted
        ]

    @property
    def rounds(self) -> list[tuple[Mapping[str, Any], Mapping[str, int]]]:
        """Each round's public counts, and how its contacts ended once it was closed."""
        closed = {row.facts["k"]: row.facts["contacts"] for row in self.all("draw.close_round")}
        drawn = [row.facts["round"] for row in self.all("draw.round")]
        return [(one, closed.get(one["k"], {})) for one in drawn]

    @property
    def line(self) -> list[dict[str, str]]:
        """The steps as the line shows them."""
        over = STEPS.index(self.place) if self.place in STEPS else len(STEPS)
        halted = self.state in ("withdrawn", "cancelled")
        now = "halt" if halted else "now"
        states = ["done" if n < over else now if n == over else "todo" for n in range(len(STEPS))]
        return [{"name": name, "state": told} for name, told in zip(STEPS, states, strict=True)]

    @property
    def waits(self) -> list[tuple[str, str, int]]:
        """Who is waited for, for what, and how many of them."""
        return [(who, what, n) for (who, what), n in Counter(_of(self.todos)).items()]

    @property
    def dice_at(self) -> datetime | None:
        """When the dice may be thrown, while that is waited for."""
        found = (todo.k for todo in self.todos if todo.what == "wait_dice")
        return next((datetime.fromtimestamp(at, UTC) for at in found), None)


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
    here, who = source(), wearer()
    with here.platform.read() as session:
        drawn = found_draw_of(session, number)
        if drawn is not None:
            sheet = _unasked(session, who, drawn)
        else:
            sheet = _sheet(session, who, _asked(session, number))
    return render_template(
        "office/draw.html", sheet=sheet, now=here.now, base=request.url_root.rstrip("/")
    )


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
    return [row for row in rows if row.body["subject"] in own and _tells(row)]


def _sheet(session: Any, who: Wearer | None, asked: DrawRequest) -> Sheet:
    found, lot = _where(session, asked.project, asked.section)
    view = View(reading(session, asked, CENTRE, source().now))
    mine = _rows(session, who, asked.project, {str(asked.id), view.draw} - {""})
    todos = agenda(view)
    inner = who is not None and _works_on(session, who, asked.project)
    return Sheet(
        asked.id, view.draw, found, lot, mine, view.state, _place(view, todos),
        published(session, asked.id) is not None,
        todos if inner else (),
        _sides(machines_of(session, asked)) if inner else (),
        [one["document"] | {"role": one["role"]} for one in view.parcels(Step.TROUBLE)]
        if inner else (),
    )  # fmt: skip


def _tells(row: Row) -> bool:
    return row.body["action"].startswith("draw.") and row.done


def _place(view: View, todos: Sequence[Todo]) -> str:
    if view.state == "withdrawn":
        return "header"
    return PLACE[todos[0].what] if todos else ""


def _works_on(session: Any, who: Wearer, project: UUID) -> bool:
    if who.role not in WORKERS:
        return False
    return who.role not in PROJECT_ROLES or stands_in(session, who.actor, project)


def _sides(machines: Mapping[str, Machine]) -> list[Side]:
    commands = {"C": "batong draw run", "I": "batong agent run", "T": "batong owner run"}
    return [Side(role, presence().here(one.id), commands[role]) for role, one in machines.items()]


def _of(todos: Iterable[Todo]) -> Iterable[tuple[str, str]]:
    return ((todo.who, todo.what) for todo in todos)
