"""The demo bar: what passes for time and for other people in a demo folder, and nowhere else."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, request

from monitor.law.workday import SHANGHAI
from monitor.record.demo import advance
from monitor.refusal import Refusal
from monitor.role import SYSTEM
from trading.account.door import Attempt
from trading.account.roll import Office, roll
from trading.moment import Coming, coming
from webui.demo.account import PASSWORD
from webui.page import cookie
from webui.page.office.account import enter, label, origin
from webui.page.redirection import local, to
from webui.page.view import source
from webui.page.wearer import accounts

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
    """Let demo time pass up to a moment (Beijing time), never back."""
    try:
        told = datetime.fromisoformat(request.form.get("to", ""))
    except ValueError:
        abort(400)
    moment = told if told.tzinfo else told.replace(tzinfo=SHANGHAI)
    here = source()
    try:
        here.platform.perform(advance, SYSTEM, None, to=moment)
    except Refusal:
        abort(400)
    return to(local(request.form.get("next", "/")))


@pages.post("/demo/act-as")
def act_as() -> Response:
    """Sign in as one of the demo's people, by the password that everybody may know."""
    told = request.form
    try:
        entrance = accounts().door.sign_in(
            Attempt(told.get("account", ""), PASSWORD, label=label(), held=cookie.read("session")),
            origin(),
        )
    except Refusal:
        abort(400)
    return enter(entrance, to(local(told.get("next", "/tasks"))))


def people() -> list[Office]:
    """Return whom one may act as."""
    here = source()
    with here.platform.read() as session:
        return roll(session, here.now)


def moments() -> list[Coming]:
    """Return the next moments worth going to, the nearest first."""
    here = source()
    with here.platform.read() as session:
        return coming(session, here.now)


def _own_form() -> bool:
    """Tell whether a page of this very host sent the form."""
    told = request.headers.get("Origin", "")
    return urlsplit(told).netloc == request.host and bool(told)
