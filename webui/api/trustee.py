"""`/api/v1/trustee…`: what the machine of a trustee is asked. Default deny: each its own trades."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, request

from bidding.envelope.capsule import Kind
from bidding.envelope.trustee.request import write_request
from bidding.hall import asked
from bidding.hall.asked import Ask
from monitor.refusal import Refusal
from monitor.role import Role
from webui.api.presence import presence
from webui.api.problem import refused
from webui.page.view import source
from webui.page.wearer import Wearer, wearer

pages = Blueprint("trustee", __name__, url_prefix="/api/v1/trustee")
DOING = re.compile("[a-z_]{1,40}")


@pages.errorhandler(Refusal)
def say_no(refusal: Refusal) -> Response:
    """Answer a refusal."""
    return refused(refusal)


@pages.after_request
def never_kept(response: Response) -> Response:
    """Let nobody on the way keep an answer."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@pages.get("")
def asks() -> Response:
    """List what is asked of the asking trustee and not over; its own seat in each."""
    who, here = _trustee(), source()
    with here.platform.read() as session:
        told = [
            _ask(ask) | {"seat": asked.seat_of(session, who.actor, ask.project)}
            for ask in asked.open_asks(session, who.actor.org, here.now)
        ]
    doing = request.headers.get("X-Doing", "")
    presence().saw(who.actor.person, doing if DOING.fullmatch(doing) else "")
    return jsonify(now=here.now.isoformat(), passes=not here.demo, asks=told)


@pages.get("/<uuid:project>/<uuid:section>/<kind>")
def one(project: UUID, section: UUID, kind: str) -> Response:
    """Return one request as the document that a trustee's machine answers."""
    who, here = _trustee(), source()
    if kind not in set(Kind):
        abort(404, "没有此项 / no such request")
    with here.platform.read() as session:
        if project not in {ask.project for ask in asked.asks(session, who.actor.org, here.now)}:
            abort(404, "没有此项 / no such request")
        told = asked.request(session, project, section, Kind(kind), here.store)
    return Response(write_request(told), mimetype="application/json")


def _ask(ask: Ask) -> dict[str, Any]:
    return {
        "project": str(ask.project),
        "code": ask.code,
        "name": ask.name,
        "section": str(ask.section),
        "kind": ask.kind.value,
        "close": str(ask.close),
        "state": ask.state.value,
        "until": ask.until.isoformat() if ask.until else None,
        "given": [answer.seat for answer in ask.answers],
    }


def _trustee() -> Wearer:
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    if who.role is not Role.TRUSTEE:
        abort(403)
    return who
