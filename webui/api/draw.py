"""`/api/v1/draws…`: what the machines of a draw read, each its own; letters to experts; bundles.

Default deny: an account that is not a machine named for that very draw finds nothing here.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, request

from experts.ceremony.mail.machine import Machine, machine_behind
from experts.ceremony.mail.reading import facts, marks, published, reading
from experts.ceremony.mail.request import request_for, requests_for
from experts.draw.header import TENDEREE
from experts.panel.invitation import letters
from monitor.role import Role
from webui.api.presence import presence
from webui.api.private import never_kept
from webui.page.view import source
from webui.page.wearer import wearer

pages = Blueprint("draws", __name__, url_prefix="/api/v1")
pages.after_request(never_kept)


@pages.get("/draws")
def draws() -> Response:
    """List the draws of the asking machine, each with its `view` unless `seen` names its mark.

    The mark changes with what the machine sees; what it sees is told in mail/view.py.
    """
    here, machine, told = source(), _machine(), []
    seen = frozenset(request.args.getlist("seen"))
    with here.platform.read() as session:
        requests = requests_for(session, machine)
        found = marks(session, requests, here.now)
        for each in requests:
            row: dict[str, Any] = {"mark": found[each.id]}
            if found[each.id] not in seen:
                row["view"] = reading(session, each, machine.role, here.now)
            told.append(row)
    presence().saw(machine.id)
    return jsonify(role=machine.role, draws=told)


@pages.get("/draws/<uuid:number>")
def draw(number: UUID) -> Response:
    """Return what the asking machine sees of one draw."""
    here, machine = source(), _machine()
    with here.platform.read() as session:
        found = request_for(session, number, machine)
        if found is None:
            abort(404, "没有此抽取 / no such draw")
        told = reading(session, found, machine.role, here.now)
    return jsonify(told)


@pages.get("/draws/registry")
def registry() -> Response:
    """Return the facts of the pool, without a name, to a machine of centre or inspector."""
    here, machine = source(), _machine()
    if machine.role == TENDEREE:
        abort(403)
    with here.platform.read() as session:
        return jsonify(facts(session))


@pages.get("/letters")
def post() -> Response:
    """Return all sealed letters to experts; each expert finds out which are theirs."""
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    if who.role is not Role.EXPERT:
        abort(403)
    with source().platform.read() as session:
        return jsonify(
            letters=[{"step": one.step, "sealed": one.sealed} for one in letters(session)]
        )


@pages.get("/draws/<uuid:number>/bundle")
def bundle(number: UUID) -> Response:
    """Return a published bundle, which anybody may check: python3 -I -S draw_verify.py BUNDLE."""
    here = source()
    with here.platform.read() as session:
        found = published(session, number)
        if found is None:
            abort(404, "尚未公布 / not published yet")
        data = here.store.get(found.blob)
    response = Response(data, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="draw-{number}.zip"'
    return response


def _machine() -> Machine:
    """Return the machine that asks; 401 for a visitor, 403 for anybody else."""
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    with source().platform.read() as session:
        found = machine_behind(session, who.actor)
        if found is None:
            abort(403)
        return found
