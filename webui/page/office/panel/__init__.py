"""`/panel`: a drawn expert proves the seat, promises, scores each bid, signs, hands in the report.

Whoever looks holds a seat's secret; nobody is named. What was typed stays until it is taken. How a
panel is drawn is shown beside it (`/draws`).
"""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, g, jsonify, render_template, request

from bidding.evaluation.sheet import Ground
from bidding.evaluation.view import BidView, PanelView, panel_view
from experts.panel.attendance import seat_waits
from experts.panel.promise import statement, statement_digest
from monitor.refusal import Invalid, NotAllowed, Refusal
from monitor.role import Role
from trading.account.session import SignedOut
from trading.desk.docket import matter
from webui.deed.book import deeds
from webui.deed.deed import Case, Unreadable
from webui.deed.fill.choice import names_of
from webui.house import stand_in_folder
from webui.page.answer import cookie
from webui.page.answer.redirection import to
from webui.page.office.act.act import asked, doer
from webui.page.office.panel import attached, delegate, draw, live, market, own, pool
from webui.page.office.panel.seat import (
    MEMBERS,
    Held,
    Paper,
    cookie_name,
    proven,
    read_paper,
    seats_of,
)
from webui.page.view import source
from webui.page.wearer import Wearer, require, require_sent, wearer

pages = Blueprint("panel", __name__)
for each in (draw, pool, own, delegate, live, market, attached):
    pages.register_blueprint(each.pages)
ACTS = {
    "promise": "panel.promise",
    "score": "evaluation.score",
    "reject": "evaluation.reject",
    "correct": "evaluation.correct_price",
    "sign": "evaluation.sign",
    "report": "evaluation.report",
}
"""What a member does here, and by which action."""
PLAIN = ("bid", "ground", "reason", "words", "text", "dissent")
_CELL = re.compile(r"(points|reasons)\.([\x21-\x7e]{1,60})")


@pages.get("/panel")
def seats() -> str:
    """Show the seats that this browser holds, and take another's paper."""
    return _hall(require())


@pages.post("/panel/seat")
def sit() -> Response:
    """Check in by the paper that was dropped; a seat taken before is only taken up again."""
    who = require(*MEMBERS)
    dropped = request.files.get("paper")
    try:
        require_sent(who)
        paper = read_paper(dropped.read() if dropped else b"")
        _sit(who, paper)
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        status = 403 if isinstance(refusal, NotAllowed) else 422
        return Response(_hall(who, refusal), status, mimetype="text/html")
    response = to(f"/panel/{paper.project}")
    cookie.write(response, cookie_name(paper.project), str(paper.held))
    return response


@pages.post("/panel/leave")
def leave() -> Response:
    """Give up the seat whose paper was dropped, before checking in: a further round fills it."""
    who = require(Role.EXPERT)
    dropped = request.files.get("given")
    try:
        require_sent(who)
        if not request.form.get("sure"):
            raise Invalid("sure", "请勾选确认 / tick that you are sure")
        paper = read_paper(dropped.read() if dropped else b"", "given")
        told = {**paper.held.inputs, "opening": dict(paper.opening)}
        doer().do(deeds()["panel.step_back"], asked(who, paper.project, told))
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        status = 403 if isinstance(refusal, NotAllowed) else 422
        return Response(_hall(who, leaving=refusal), status, mimetype="text/html")
    return to("/panel?did=left")


@pages.get("/panel/<uuid:project>")
def panel(project: UUID) -> str:
    """Show the evaluation as this seat's member sees it."""
    who = require(*MEMBERS)
    return _shown(project, _held(who, project))


@pages.post("/panel/<uuid:project>/<any(promise, score, reject, correct, sign, report):what>")
def act(project: UUID, what: str) -> Response:
    """Do what the member does next; else show the page again with what was typed."""
    who = require(*MEMBERS)
    seat = _held(who, project)
    typed = _typed(what)
    told = asked(who, project, seat.inputs | typed)
    try:
        require_sent(who)
        doer().do(deeds()[ACTS[what]], told)
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        status = 403 if isinstance(refusal, NotAllowed) else 422
        page = _shown(project, seat, what, typed, refusal)
        return Response(page, status, mimetype="text/html")
    return to(f"/panel/{project}?did={what}")


@pages.get("/panel/<uuid:project>/paper")
def paper(project: UUID) -> Response:
    """Return the seat's paper with its secret, so that the member can come from another browser."""
    seat = _held(require(*MEMBERS), project)
    told = {"what": "seat", "project": str(project), **seat.inputs}
    response = Response(json.dumps(told, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="seat.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/api/v1/panel/<uuid:project>")
def told(project: UUID) -> Response:
    """Return the same to a member's program; the header X-Seat proves the seat."""
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    seat = proven(who, project) if who.role in MEMBERS else None
    if seat is None:
        abort(404, "没有此席位 / no such seat")
    answer = jsonify(_as_json(_view(project, seat)))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _sit(who: Wearer, paper: Paper) -> None:
    """Check in where the seat waits for it; else the secret alone tells whose seat it is."""
    seat, here = paper.held, source()
    with here.platform.read() as session:
        waits = seat_waits(session, seat.section, seat.mask)
        found = matter(session, paper.project, here.now)
    if found is None:
        raise Invalid("paper", "没有此项目 / no such project")
    if waits and paper.token:
        told = asked(who, paper.project, {**seat.inputs, "token": paper.token})
        doer().do(deeds()["panel.attend"], told)
        return
    if waits:
        told = asked(who, paper.project, {**seat.inputs, "opening": dict(paper.opening)})
        doer().do(deeds()["panel.check_in"], told)
        return
    if proven(who, paper.project, seat) is None:
        raise NotAllowed("席位不属于本人，或凭据不全 / not your seat, or no secret", field="paper")


def _held(who: Wearer, project: UUID) -> Held:
    found = proven(who, project)
    if found is None:
        abort(404)
    return found


def _hall(who: Wearer, refusal: Refusal | None = None, leaving: Refusal | None = None) -> str:
    here = source()
    mine = seats_of(who) if who.role in MEMBERS else []
    papers = stand_in_folder(here.settings) / "experts" / "seats" if here.demo else None
    return render_template(
        "office/panel/seats.html", mine=mine, errors=[refusal] if refusal else [], papers=papers,
        sits=who.role in MEMBERS, now=here.now, leaving=[leaving] if leaving else [],
        did=request.args.get("did", ""),
    )  # fmt: skip


def _view(project: UUID, seat: Held) -> PanelView:
    g.seat = seat.mask  # under which the look at the bids is on record
    with source().platform.read() as session:
        return panel_view(session, project, seat.section, seat.mask)


def _shown(
    project: UUID, seat: Held, what: str = "", typed: dict[str, Any] | None = None,
    refusal: Refusal | None = None,
) -> str:  # fmt: skip
    here, view = source(), _view(project, seat)
    with here.platform.read() as session:
        found = matter(session, project, here.now)
    if found is None:
        abort(404)
    case = Case(here, require().actor, project, here.now)
    return render_template(
        "office/panel/panel.html", view=view, matter=found, seat=seat, now=here.now,
        lot=next(each for each in found.lots if each.id == seat.section),
        bid=_chosen(view, (typed or {}).get("bid") or request.args.get("bid", "")),
        typed=typed or {}, what=what, errors=faults(refusal, view), statement=statement(),
        digest=statement_digest().hex(), once=cookie.random(), did=request.args.get("did", ""),
        grounds=list(names_of("panel.ground", Ground)(case)),
    )  # fmt: skip


def _chosen(view: PanelView, told: str) -> BidView | None:
    """Return the bid that is looked at: the one asked for, else the first not judged yet."""
    asked_for = [each for each in view.bids if str(each.bid) == told]
    todo = [each for each in view.bids if not each.is_judged]
    return next(iter([*asked_for, *todo, *view.bids]), None)


def faults(refusal: Refusal | None, view: PanelView) -> list[Refusal]:
    """Return what is wrong by field; a criterion's own fault stands at its points."""
    if refusal is None:
        return []
    found = list(refusal.faults) if isinstance(refusal, Unreadable) else [refusal]
    codes = view.method.criteria if view.method else {}
    return [
        Invalid(f"points.{each.field}", each.message, rule=each.rule)
        if each.field in codes
        else each
        for each in found
    ]


def _typed(what: str) -> dict[str, Any]:
    """Return what was typed into the form of an act."""
    if what == "promise":
        ticked = request.form.get("agreed") == "yes"
        return {"statement": request.form.get("statement", "") if ticked else ""}
    typed: dict[str, Any] = {name: request.form[name] for name in PLAIN if name in request.form}
    if what == "score":
        typed |= {"points": {}, "reasons": {}}
        for name, value in request.form.items():
            if cell := _CELL.fullmatch(name):
                typed[cell[1]][cell[2]] = value
    return typed


def _as_json(view: PanelView) -> dict[str, Any]:
    method = view.method
    return {
        "state": view.state,
        "promised": view.promised,
        "signed": view.signed,
        "members": view.members,
        "signatures": view.signatures,
        "statement": statement_digest().hex(),
        "criteria": dict(method.criteria) if method else {},
        "bids": [
            {
                "bid": str(each.bid), "name": each.name, "price": str(each.price),
                "rejected": each.is_rejected, "over_ceiling": each.over_ceiling,
                "scored": each.sheet is not None, "voted": each.vote is not None,
                "attachments": [file.told for file in each.files],
            }
            for each in view.bids
        ],
        "report": view.digest,
    }  # fmt: skip
