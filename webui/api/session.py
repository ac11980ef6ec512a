"""`/api/v1/session` and `/api/v1/mask`: how a program comes in, and proves its bid key."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, request

from monitor.refusal import Invalid, Refusal
from trading.account.door import Attempt
from trading.account.proof.device import Source as Origin
from webui.api.private import never_kept
from webui.api.problem import body, refused
from webui.page.answer import cookie
from webui.page.wearer import accounts, bearer, wearer

LONGEST = 1000
pages = Blueprint("session", __name__, url_prefix="/api/v1")


@pages.errorhandler(Refusal)
def say_no(refusal: Refusal) -> Response:
    """Answer a refusal."""
    return refused(refusal)


@pages.post("/session")
def sign_in() -> Response:
    """Sign in; the answer's token goes into `Authorization: Bearer …`."""
    told = body()
    if not cookie.may_sign_in():
        raise Invalid("password", "此连接未加密 / this connection is not encrypted")
    names = ("name", "password", "code", "label", "device")
    name, password, code, label, device = (_word(told, each) for each in names)
    entrance = accounts().door.sign_in(
        Attempt(name, password, code, label or "API"), Origin(request.remote_addr or "", device)
    )
    return never_kept(
        jsonify(
            token=entrance.token,
            device=entrance.device,
            ends=entrance.ends.isoformat(),
            csrf=accounts().gate.csrf(entrance.token),
        )
    )


@pages.delete("/session")
def sign_out() -> Response:
    """End this session."""
    _token()
    accounts().sign_out(bearer())
    return Response(status=204)


@pages.get("/me")
def me() -> Response:
    """Tell who acts, and from which office."""
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    return never_kept(
        jsonify(
            account=who.office.account,
            person=str(who.actor.person),
            name=who.person_name,
            org=str(who.actor.org),
            org_name=who.org_name,
            role=who.role.value,
            appointment=str(who.office.appointment),
        )
    )


@pages.get("/mask/<uuid:project>")
def challenge(project: UUID) -> Response:
    """Return what the bid key signs, after `batong-mask/1\\0` and the project's 16 bytes."""
    return never_kept(jsonify(challenge=accounts().gate.challenge(_token(), project)))


@pages.post("/mask/<uuid:project>")
def prove(project: UUID) -> Response:
    """Prove the bid key; the answer's ticket goes into `X-Ticket`."""
    token, told = _token(), body()
    try:
        key, signature = (bytes.fromhex(told[name]) for name in ("public_key", "signature"))
        made = str(told["challenge"])
    except (KeyError, TypeError, ValueError):
        raise Invalid(
            "signature", "应有 public_key、challenge、signature（十六进制） / needed, in hex"
        ) from None
    return never_kept(
        jsonify(ticket=accounts().gate.prove_mask(token, project, key, made, signature))
    )


def _word(told: Mapping[str, object], name: str) -> str:
    """Return what was told as it was typed: a password keeps its blanks."""
    word = told.get(name, "")
    if not isinstance(word, str):
        raise Invalid(name, "应为文字 / must be text")
    if len(word) > LONGEST:
        raise Invalid(name, f"不超过{LONGEST}字 / at most {LONGEST} characters")
    if any(sign == "\0" or "\ud800" <= sign <= "\udfff" for sign in word):
        raise Invalid(name, "含有无法识别的字符 / holds what is no character")
    return word


def _token() -> str:
    if wearer() is None:
        abort(401, "请先登录 / sign in first")
    return bearer()
