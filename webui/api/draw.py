"""`/api/v1/draws…`: what the machines of a draw read, each its own; letters to experts; bundles.

Default deny: an account that is not a machine named for that very draw finds nothing here.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, request

from experts.ceremony.mail.machine.deputy import vacant
from experts.ceremony.mail.machine.machine import DEPUTY, Machine, machine_behind
from experts.ceremony.mail.mark import marks
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.reading import (
    facts,
    lines,
    open_lines,
    parcel_for,
    published,
    reading,
)
from experts.ceremony.mail.request import request_for, requests_for
from experts.draw.header import TENDEREE
from experts.escrow.wanted import lost, still_used, to_deal
from experts.panel.invitation import letters
from experts.pool.register import latest_snapshot
from monitor.refusal import NotFound
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
                row["view"] = reading(session, each, machine.side, here.now)
            told.append(row)
    presence().saw(machine.id)
    return jsonify(role=machine.side, draws=told)


@pages.get("/draws/<uuid:number>")
def draw(number: UUID) -> Response:
    """Return what the asking machine sees of one draw."""
    here, machine = source(), _machine()
    with here.platform.read() as session:
        found = request_for(session, number, machine)
        if found is None:
            abort(404, "没有此抽取 / no such draw")
        told = reading(session, found, machine.side, here.now)
    return jsonify(told)


@pages.get("/draws/<uuid:number>/parcels/<step>/<int:k>")
def parcel(number: UUID, step: str, k: int) -> Response:
    """Return what was sealed to the asking machine, which its readings only say is there."""
    machine = _machine()
    if step not in list(Step):
        abort(404, "没有此步骤 / no such step")
    with source().platform.read() as session:
        found = request_for(session, number, machine)
        told = parcel_for(session, found, machine.side, Step(step), k) if found else None
    if told is None:
        abort(404, "没有此文书 / no such parcel")
    return jsonify(document=told)


@pages.get("/draws/<uuid:number>/list")
def lines_brought(number: UUID) -> Response:
    """Return the list that a request brought: to anybody, an inspection's to its machines alone."""
    with source().platform.read() as session:
        told = open_lines(session, number)
        if told is None:
            found = request_for(session, number, _machine())
            told = lines(session, found) if found else None
    if told is None:
        abort(404, "没有此名单 / no such list")
    return jsonify(told)


@pages.get("/draws/vacant")
def vacancies() -> Response:
    """List the draws that the asking deputy may take over: its agent has been away too long."""
    here, machine = source(), _machine()
    if machine.role != DEPUTY:
        abort(403)
    with here.platform.read() as session:
        found = vacant(session, machine, here.now)
    told = [{"request": str(each.id), "project": str(each.project)} for each in found]
    return jsonify(vacant=told)


@pages.get("/draws/lost")
def losses() -> Response:
    """List the draws whose agent was lost after the header, for the asking deputy.

    used: the names of those in which its own keys are still of use, beside the lost ones.
    """
    here, machine = source(), _machine()
    if machine.role != DEPUTY:
        abort(403)
    with here.platform.read() as session:
        return jsonify(lost=lost(session, machine, here.now), used=still_used(session, machine))


@pages.get("/draws/escrow")
def escrow() -> Response:
    """Tell the asking machine to whom it has to deal its VRF key; null where that is done."""
    machine = _machine()
    with source().platform.read() as session:
        return jsonify(wanted=to_deal(session, machine))


@pages.get("/draws/registry")
def registry() -> Response:
    """Return the facts of the pool, without a name, to a machine of centre or inspector."""
    here, machine = source(), _machine()
    if machine.role == TENDEREE:
        abort(403)
    with here.platform.read() as session:
        return jsonify(facts(session))


@pages.get("/draws/snapshot")
def snapshot() -> Response:
    """Return the newest snapshot of the pool, and what is to be signed of it."""
    here, machine = source(), _machine()
    if machine.role == TENDEREE:
        abort(403)
    with here.platform.read() as session:
        try:
            taken = latest_snapshot(session)
        except NotFound:
            return jsonify(snapshot="", root="", n=0, statement="", countersigned=True)
        return jsonify(
            snapshot=str(taken.id), root=taken.root.hex(), n=taken.n,
            statement=taken.statement.hex(), countersigned=taken.countersigned is not None,
        )  # fmt: skip


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
