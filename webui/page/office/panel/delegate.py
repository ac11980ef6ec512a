"""`/panel/<project>/delegate`: the owner sends a delegate to the committee, and hands over a paper.

The paper holds the token of the seat and is made once: the platform keeps its hash alone.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request

from experts.draw.pool import mask_of
from experts.panel.attendance import SECRET_BYTES, delegate
from monitor.refusal import Invalid, Refusal
from monitor.role import Role
from trading.account.session import SignedOut
from trading.desk.docket import Matter, matter
from webui.deed.book.evaluation.pool import seal_of
from webui.deed.field import Text
from webui.page.view import source
from webui.page.wearer import accounts, require, require_sent

pages = Blueprint("delegate", __name__)
MOST_MANDATE = 8 * 1024 * 1024


@pages.get("/panel/<uuid:project>/delegate")
def ask(project: UUID) -> str:
    """Show the form."""
    require(Role.TENDEREE)
    return _form(project)


@pages.post("/panel/<uuid:project>/delegate")
def send(project: UUID) -> Response:
    """Seat a delegate and return the paper, which is nowhere else."""
    request.max_content_length = MOST_MANDATE
    who = require(Role.TENDEREE)
    try:
        require_sent(who)
        actor = accounts().gate.admit(who.token, delegate.name, project=project)
        section, name = _section(project), Text("name", most=60).parse(request.form.get("name"))
        dropped, token = request.files.get("mandate"), secrets.token_bytes(SECRET_BYTES)
        mandate = dropped.read() if dropped else b""
        if not mandate:
            raise Invalid("mandate", "请上传授权书 / bring the written mandate", rule="87号令 47")
        proof = hashlib.sha256(token).digest()
        source().platform.perform(
            delegate, actor, project, section=section, token_hash=proof,
            sealed_identity=seal_of(source())(json.dumps({"name": name}).encode()),
            mandate=hashlib.sha256(mandate).digest(),
        )  # fmt: skip
    except SignedOut:
        abort(401)
    except Refusal as refusal:
        return Response(_form(project, refusal), 422, mimetype="text/html")
    return _paper(project, section, proof, token)


def _paper(project: UUID, section: UUID, proof: bytes, token: bytes) -> Response:
    told = {
        "what": "delegate", "project": str(project), "section": str(section),
        "mask": mask_of(proof), "token": token.hex(),
    }  # fmt: skip
    response = Response(json.dumps(told, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="delegate.json"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _section(project: UUID) -> UUID:
    told = request.form.get("section", "")
    found = next((lot.id for lot in _matter(project).lots if str(lot.id) == told), None)
    if found is None:
        raise Invalid("section", "请选择标段 / choose a section")
    return found


def _matter(project: UUID) -> Matter:
    here = source()
    with here.platform.read() as session:
        found = matter(session, project, here.now)
    if found is None:
        abort(404)
    return found


def _form(project: UUID, refusal: Refusal | None = None) -> str:
    found = _matter(project)
    lots = [(str(lot.id), f"{lot.number} {lot.name}") for lot in found.lots]
    return render_template(
        "office/panel/delegate.html", matter=found, lots=lots, typed=request.form,
        errors=[refusal] if refusal else [], now=source().now,
    )  # fmt: skip
