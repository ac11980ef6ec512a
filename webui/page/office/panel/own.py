"""`/expert`: one's own page as an expert: am I in the pool, with which facts, in which draws.

Letters are opened in the browser by one's own key, which never leaves it: the platform does not
know whose they are. Of a draw nothing is told before its result is published.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, render_template, request

from experts.ceremony.header import Draw
from experts.draw.encoding import DrawError
from experts.panel.proof import Mine, check_own, own_draws, own_proof, running_draws
from experts.pool.expert import Expert, expert_behind
from experts.pool.history import held
from experts.pool.register import latest_snapshot
from monitor.refusal import NotFound, Refusal
from monitor.role import Role
from trading.account.session import SignedOut
from webui.deed.book import deeds
from webui.page.answer.redirection import to
from webui.page.office.act.act import asked, doer
from webui.page.view import source
from webui.page.wearer import Wearer, require, require_sent

pages = Blueprint("expert", __name__)


@pages.get("/expert")
def own() -> Response:
    """Show one's own entry, letters and draws."""
    return _private(Response(_page(require(Role.EXPERT)), mimetype="text/html"))


def _page(who: Wearer, refusal: Refusal | None = None) -> str:
    here = source()
    with here.platform.read() as session:
        row = _row(session, who)
        kept = _in_snapshot(session, row.uid)
        mine = own_draws(session, row.uid)
        running = running_draws(session)
        session.expunge_all()
    return render_template(
        "office/panel/own.html", row=row, kept=kept, mine=mine, running=running, now=here.now,
        refusal=refusal, answered="answered" in request.args,
    )  # fmt: skip


@pages.post("/expert/answer")
def reply() -> Response:
    """Accept or decline the place whose token one's own letter held, under its pseudonym."""
    who, told = require(Role.EXPERT), request.form
    typed = {name: told.get(name, "") for name in ("mask", "token", "accepts")}
    try:
        require_sent(who)
        doer().do(deeds()["draw.answer"], asked(who, None, typed))
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        return Response(_page(who, refusal), 422, mimetype="text/html")
    return to("/expert?answered=1")


@pages.get("/expert/draws/<uuid:draw>")
def why(draw: UUID) -> Response:
    """Show why one was not drawn from, with what proves it, checked here again."""
    found, told, fault = _proof(draw)
    page = render_template(
        "office/panel/why.html", mine=found, told=told, fault=fault, now=source().now
    )
    return _private(Response(page, mimetype="text/html"))


@pages.get("/expert/draws/<uuid:draw>/proof.json")
def proof(draw: UUID) -> Response:
    """Return the proof itself, for anybody whom its owner shows it to."""
    _, told, _ = _proof(draw)
    response = _private(jsonify(told))
    response.headers["Content-Disposition"] = 'attachment; filename="proof.json"'
    return response


def _proof(draw: UUID) -> tuple[Mine, dict[str, object], str]:
    who, here = require(Role.EXPERT), source()
    with here.platform.read() as session:
        row, drawn = _row(session, who), session.get(Draw, draw)
        told = own_proof(session, draw, row.uid)
        if drawn is None or told is None:
            abort(404)
        found = next(each for each in own_draws(session, row.uid) if each.draw == draw)
        header = drawn.read()
    try:
        check_own(told, header)
    except DrawError as fault:
        return found, dict(told), str(fault)
    return found, dict(told), ""


def _row(session: Any, who: Wearer) -> Expert:
    found = expert_behind(session, who.actor.person)
    if found is None:
        abort(404)
    return found


def _in_snapshot(session: Any, uid: str) -> dict[str, Any] | None:
    try:
        taken = latest_snapshot(session)
    except NotFound:
        return None
    kept = held(session, taken.id, uid)
    return {"at": taken.taken_at, "n": taken.n, "root": taken.root.hex(), "kept": kept is not None}


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
