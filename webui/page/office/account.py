"""Coming in and going out, one's devices, password and second factor."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

import segno
from flask import Blueprint, Response, abort, render_template, request

from monitor.refusal import Invalid, Refusal
from trading.account.door import Attempt, Entrance
from trading.account.gate import Forged
from trading.account.proof.device import Source as Origin
from trading.account.session import SignedOut
from webui.page.answer import cookie
from webui.page.answer.redirection import local, to
from webui.page.view import source
from webui.page.wearer import Wearer, accounts, require, require_sent, wearer

pages = Blueprint("account", __name__)
STATUS = {"too_many": 429, "busy": 503, "unavailable": 503}


def origin() -> Origin:
    """Return where this request comes from."""
    return Origin(request.remote_addr or "", cookie.read("device"))


@pages.errorhandler(Forged)
def older(refusal: Forged) -> Response:
    """Show the account's page again to whoever sent an old one; passwords are typed anew."""
    return _account(require(), refusal, HTTPStatus.FORBIDDEN)


@pages.get("/sign-in")
def sign_in_page() -> Response:
    """Show the form."""
    return _sign_in_form(None)


@pages.post("/sign-in")
def sign_in() -> Response:
    """Let somebody in; says of a failure only that something is wrong."""
    try:
        _require_form(cookie.read("pre"))
        _require_hidden_wire()
        entrance = accounts().door.sign_in(
            Attempt(
                request.form.get("name", ""),
                request.form.get("password", ""),
                request.form.get("code", ""),
                label(),
                _office(),
                held=cookie.read("session"),
            ),
            origin(),
        )
    except Refusal as refusal:
        return _sign_in_form(refusal)
    return enter(entrance, to(local(request.form.get("next", "/tasks"))))


@pages.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    response = to("/")
    if (who := wearer()) is not None:
        require_sent(who)
        accounts().sign_out(who.token)
    cookie.forget(response, "session")
    return response


@pages.post("/switch")
def switch() -> Response:
    """Act from another of one's offices."""
    who = _posted()
    try:
        accounts().switch(who.token, UUID(request.form.get("appointment", "")))
    except (Refusal, ValueError):
        abort(404)
    return to(local(request.form.get("next", "/tasks")))


@pages.get("/account")
def account() -> Response:
    """Show one's offices, devices, password and second factor."""
    return _account(require())


@pages.get("/stay")
def stay() -> Response:
    """Say that the session goes on: asking for this page is a use of it."""
    require()
    return _page("office/stay.html")


@pages.post("/account/revoke")
def revoke() -> Response:
    """End one's sessions elsewhere."""
    who = _posted()
    return _tried(who, lambda: accounts().revoke(who.token, _sessions()))


@pages.post("/account/password")
def password() -> Response:
    """Change one's password."""
    who, told = _posted(), request.form
    if told.get("password", "") != told.get("again", ""):
        return _account(who, Invalid("again", "两次输入不一致 / the two differ"))
    return _tried(
        who,
        lambda: accounts().change_password(
            who.token, told.get("present", ""), told.get("code", ""), told.get("password", "")
        ),
    )


@pages.post("/account/second-factor")
def second_factor() -> Response:
    """Take the second factor that was offered; its recovery codes are shown once."""
    who = _posted()
    told = request.form
    try:
        codes = accounts().enrol_totp(who.token, told.get("ticket", ""), told.get("code", ""))
    except Refusal as refusal:
        return _account(who, refusal)
    return _page("office/codes.html", codes=codes)


@pages.get("/invitation")
def invitation() -> Response:
    """Show the form by which an invited person sets a password; the token is typed, not sent."""
    return _invitation(None)


@pages.post("/invitation")
def set_password() -> Response:
    """Set a password by an invitation."""
    told = request.form
    try:
        _require_form(cookie.read("pre"))
        _require_hidden_wire()
        if told.get("password", "") != told.get("again", ""):
            raise Invalid("again", "两次输入不一致 / the two differ")
        device = accounts().set_password(
            told.get("invitation", "").strip(), told.get("password", ""), origin()
        )
    except Refusal as refusal:
        return _invitation(refusal)
    response = to("/sign-in")
    cookie.write(response, "device", device, cookie.DEVICE_DAYS)
    return response


def enter(entrance: Entrance, response: Response) -> Response:
    """Give the browser what it keeps of a sign-in."""
    cookie.write(response, "session", entrance.token)
    cookie.write(response, "device", entrance.device, cookie.DEVICE_DAYS)
    cookie.forget(response, "pre")
    return response


def label() -> str:
    """Name the device as its owner would know it again: what the browser says of itself."""
    agent = request.headers.get("User-Agent", "")
    systems = ("Android", "iPhone", "Windows", "Macintosh", "Linux")
    browsers = ("Firefox", "Edg", "Chrome", "Safari")
    system = next((each for each in systems if each in agent), "")
    browser = next((each for each in browsers if each in agent), agent.partition("/")[0][:40])
    return f"{browser} {system}".strip()


def _tried(who: Wearer, done: object) -> Response:
    try:
        done()  # type: ignore[operator]
    except SignedOut:
        return to("/sign-in")
    except Refusal as refusal:
        return _account(who, refusal)
    return to("/account?changed=1")


def _sessions() -> tuple[UUID, ...]:
    try:
        return tuple(UUID(each) for each in request.form.getlist("session"))
    except ValueError:
        abort(400)


def _account(who: Wearer, refusal: Refusal | None = None, status: int = 0) -> Response:
    keeping = accounts()
    offer = None if who.pass_.enrolled else keeping.offer_totp(who.token)
    picture = segno.make(offer.address).svg_data_uri(scale=4, border=2) if offer else ""
    return _page(
        "office/account.html", devices=keeping.devices(who.token), offer=offer, picture=picture,
        refusal=refusal, own=who.pass_.session, status=status,
    )  # fmt: skip


def _sign_in_form(refusal: Refusal | None) -> Response:
    return _entry(
        refusal, next=local(request.values.get("next", "/tasks")), office=_office() or "",
        name=request.form.get("name", ""),
    )  # fmt: skip


def over(there: str, office: UUID, words: str) -> Response:
    """Show the form to whoever sent something after their session had ended, and say so."""
    return _entry(None, status=HTTPStatus.UNAUTHORIZED, next=there, office=office, over=words)


def _entry(refusal: Refusal | None, **told: object) -> Response:
    shown = {"name": "", "over": "", "may": cookie.may_sign_in(), **told}
    return _before("office/sign-in.html", refusal, **shown)


def _office() -> UUID | None:
    """Return the office to come in under: the one of the session before, if there was one."""
    try:
        return UUID(request.form.get("into", ""))
    except ValueError:
        return None


def _invitation(refusal: Refusal | None) -> Response:
    return _before("office/invitation.html", refusal, may=cookie.may_sign_in())


def _before(template: str, refusal: Refusal | None, **told: Any) -> Response:
    """Show a form of somebody who is not in yet: it is bound to a cookie of this browser."""
    pre = cookie.read("pre") or cookie.random()
    response = _page(template, refusal=refusal, csrf=accounts().gate.csrf(pre), **told)
    cookie.write(response, "pre", pre)
    return response


def _page(
    template: str, refusal: Refusal | None = None, *, status: int = 0, **told: object
) -> Response:
    page = render_template(template, refusal=refusal, now=source().now, **told)
    status = status or (STATUS.get(refusal.code, 422) if refusal else 200)
    response = Response(page, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    if refusal is not None and (wait := getattr(refusal, "wait", None)):
        response.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return response


def _require_form(token: str) -> None:
    accounts().gate.require_csrf(token, request.form.get("csrf", ""))


def _require_hidden_wire() -> None:
    if not cookie.may_sign_in():
        raise Invalid(
            "password", "此连接未加密，不能登录 / this connection is not encrypted: no sign-in"
        )


def _posted() -> Wearer:
    """Return who posts a form of this very session."""
    who = require()
    require_sent(who)
    return who
