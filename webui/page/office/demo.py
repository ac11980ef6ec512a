"""The demo bar: what passes for time and for other people in a demo folder, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, Response, abort, request

from bidding.hall.asked import windows
from bidding.identity import transfer
from monitor.law.workday import SHANGHAI
from monitor.record.demo import advance
from monitor.refusal import Refusal
from monitor.role import SYSTEM, Role
from trading.account.door import Attempt
from trading.account.roll import Office, roll
from trading.fee.deposit import receive
from trading.moment import Coming, coming
from webui.api.problem import body, refused
from webui.demo.account import PASSWORD
from webui.page.answer import cookie
from webui.page.answer.redirection import local, to
from webui.page.office.account import enter, label, origin
from webui.page.office.panel.draw import settled
from webui.page.view import source
from webui.page.wearer import accounts, require, wearer

pages = Blueprint("demo", __name__)


@pages.before_request
def only_demo() -> None:
    """Refuse a real folder, and a form that another site made."""
    if not source().demo:
        abort(404)
    if request.method == "POST" and not _own_form():
        abort(400)


@pages.post("/demo/advance")
def move() -> Response:
    """Let demo time pass up to a moment (Beijing time), never back.

    A draw whose machines are exchanging their shares is let finish that first: it takes seconds.
    """
    try:
        told = datetime.fromisoformat(request.form.get("to", ""))
    except ValueError:
        abort(400)
    moment = told if told.tzinfo else told.replace(tzinfo=SHANGHAI)
    here = source()
    if (waiting := settled()) is not None:
        return to(f"/draw/{waiting}")
    try:
        here.platform.perform(advance, SYSTEM, None, to=moment)
    except Refusal:
        abort(400)
    return to(local(request.form.get("next", "/")))


@pages.post("/demo/act-as")
def act_as() -> Response:
    """Sign in as one of the demo's people, by the password that everybody may know."""
    told = request.form
    there = to(local(told.get("next", "/tasks")))
    who = wearer()
    if who is not None and who.office.account == told.get("account"):
        return there  # a new session would ask for the bid key again
    try:
        entrance = accounts().door.sign_in(
            Attempt(told.get("account", ""), PASSWORD, label=label(), held=cookie.read("session")),
            origin(),
        )
    except Refusal:
        abort(400)
    return enter(entrance, there)


@pages.post("/demo/pay")
def pay() -> Response:
    """Have the stand-in bank report that whoever is signed in has paid into a sub-account.

    A real bank's statement is read by the centre; the payer is sealed to the trustees either way.
    """
    who, here = require(Role.TENDERER), source()
    told: Mapping[str, Any] = request.form
    if request.is_json:
        told = body()
    try:
        project, number = UUID(str(told["project"])), str(told["number"])
        with here.platform.read() as session:
            came = transfer(session, project, number, who.actor.org, here.now)
        here.platform.perform(receive, SYSTEM, project, **came)
    except (KeyError, TypeError, ValueError):
        abort(400)
    except Refusal as refusal:
        if request.is_json:
            return refused(refusal)
        raise
    return Response(status=204) if request.is_json else to(local(told.get("next", "/bids")))


def people() -> list[Office]:
    """Return whom one may act as; of a pool's hundreds each signs in by the own number."""
    here = source()
    with here.platform.read() as session:
        return roll(session, here.now, without=Role.EXPERT)


def moments() -> list[Coming]:
    """Return the next moments worth going to, the nearest first."""
    here = source()
    with here.platform.read() as session:
        found = coming(session, here.now)
        ends = [Coming("window", *each) for each in windows(session, here.now)]
    return sorted([*found, *ends], key=lambda each: each.at)


def _own_form() -> bool:
    """Tell whether a page of this very host sent the form, or a program with its own token."""
    if request.headers.get("Authorization"):
        return True  # no page elsewhere can send one
    told = request.headers.get("Origin", "")
    return urlsplit(told).netloc == request.host and bool(told)
