"""`/report`, 举报: what anybody of the public reports of a trade, and what became of it.

Nobody is asked who they are. The answer to a report shows the code by which its state is asked for;
the code stands in no address and is kept nowhere, and who is signed in leaves no trace in it.
"""

from __future__ import annotations

import secrets
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request

from monitor.refusal import Refusal
from monitor.role import SYSTEM, Role
from trading import board
from trading.account.proof.device import Source as Origin
from trading.desk.body import bodies
from trading.supervision.case import MAX_TEXT
from trading.supervision.tip import CODE_BYTES, MAX_NAME, State, ask, code_of, file, receipt_of
from webui.deed.field import Ident, Long, Text
from webui.page.answer import cookie
from webui.page.view import source
from webui.page.wearer import accounts

pages = Blueprint("report", __name__)
STATUS = {"too_many": 429, "unavailable": 503}
TYPED = (
    Long("text", required=False, most=MAX_TEXT),
    Text("name", required=False, most=MAX_NAME),
    Text("contact", required=False, most=MAX_NAME),
)
"""What is typed; that a report says something at all, the act itself looks at."""
BODY = Ident("body", required=False)


@pages.get("/report")
def box() -> Response:
    """Show the form for a trade, and the one that asks for a report's state."""
    return _shown()


@pages.post("/report")
def send() -> Response:
    """Take a report in and show its code, once."""
    entry, told = _entry(), request.form
    if entry is None:
        abort(404)
    code = code_of(secrets.token_bytes(CODE_BYTES))
    try:
        _admit()
        typed = {each.name: each.parse(told.get(each.name)) or "" for each in TYPED}
        body = BODY.parse(told.get(BODY.name))
        source().platform.perform(
            file, SYSTEM, entry.project, receipt=receipt_of(code), body=body, **typed
        )
    except Refusal as refusal:
        return _shown(refusal)
    return _shown(code=code)


@pages.post("/report/state")
def state() -> Response:
    """Tell what became of a report, to whoever has its code; that it was asked is on record."""
    try:
        _admit()
        told = source().platform.perform(
            ask, SYSTEM, None, receipt=receipt_of(request.form.get("code", ""))
        )
    except Refusal as refusal:
        return _shown(refusal)
    return _shown(told=told)


def _admit() -> None:
    """Let a form of this page in, not too many from one place. Raises Forged, TooMany, NoCounter.

    The counter is that of strangers who try to sign in: that it counted tells of no report.
    """
    accounts().gate.require_csrf(cookie.read("pre"), request.form.get("csrf", ""))
    accounts().admit_stranger(Origin(request.remote_addr or ""))


def _entry() -> board.Entry | None:
    """Return the announced trade that is asked about."""
    try:
        project = UUID(request.values.get("project", ""))
    except ValueError:
        return None
    here = source()
    with here.platform.read() as session:
        return board.entry(session, project, here.now)


def _readers() -> list[tuple[UUID, str]]:
    """Return the bodies of discipline to choose from, each by id and name."""
    here = source()
    with here.platform.read() as session:
        return [(each.id, each.name) for each in bodies(session, Role.DISCIPLINE, here.now)]


def _shown(
    refusal: Refusal | None = None, code: str = "", told: tuple[State, str] | None = None
) -> Response:
    pre = cookie.read("pre") or cookie.random()
    page = render_template(
        "public/report.html", refusal=refusal, code=code, told=told, entry=_entry(),
        csrf=accounts().gate.csrf(pre), typed=request.form, now=source().now, most=MAX_TEXT,
        longest=MAX_NAME, readers=_readers(),
    )  # fmt: skip
    status = STATUS.get(refusal.code, 422) if refusal else 200
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    cookie.write(response, "pre", pre)
    return response
