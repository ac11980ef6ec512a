"""`POST /api/v1/acts/<action>`: every deed by JSON, once for each Idempotency-Key."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, request

from monitor.refusal import Invalid, Refusal
from trading import board
from webui.api.private import never_kept
from webui.api.problem import body, refused
from webui.deed.book import deeds
from webui.deed.deed import Deed
from webui.deed.doing import Asked
from webui.page.answer import cookie
from webui.page.office.act.act import doer
from webui.page.view import source
from webui.page.wearer import Wearer, accounts, ticket, wearer

pages = Blueprint("acts", __name__, url_prefix="/api/v1")
KEY = "Idempotency-Key"
LONGEST_KEY = 200


@pages.errorhandler(Refusal)
def say_no(refusal: Refusal) -> Response:
    """Answer a refusal."""
    deed = deeds().get((request.view_args or {}).get("name", ""))
    return refused(refusal, deed.fields if deed else ())


@pages.post("/acts/<name>")
def act(name: str) -> Response:
    """Do a deed: {"project": id or code, "inputs": {…}}."""
    deed = _deed(name)
    who = _who()
    if who.role in deed.action.by:  # nobody else sends megabytes to be refused
        request.max_content_length = 2 * deed.longest  # base64 takes a third more
    told = body()
    inputs = told.get("inputs", {})
    if not isinstance(inputs, dict):
        raise Invalid("inputs", "应为对象 / must be an object")
    project = _project(deed, told.get("project"))
    key = request.headers.get(KEY, "")
    if len(key) > LONGEST_KEY:
        raise Invalid(KEY, f"不超过{LONGEST_KEY}字 / at most {LONGEST_KEY} characters")
    asked = Asked(
        who.token, inputs, project, None, ticket(project) if project else "",
        key or cookie.random(),
    )  # fmt: skip
    done = doer().do(deed, asked)
    response = jsonify(
        record=str(done.record), project=str(done.project) if done.project else None,
        result=done.result,
    )  # fmt: skip
    return never_kept(response)


def _deed(name: str) -> Deed:
    deed = deeds().get(name)
    if deed is None:
        abort(404, "没有此项操作 / no such deed")
    return deed


def _who() -> Wearer:
    """Return who asks: a program by its bearer, a page by its cookie and its form's own word."""
    who = wearer()
    if who is None:
        abort(401, "请先登录 / sign in first")
    if not request.headers.get("Authorization"):
        accounts().gate.require_csrf(who.token, request.headers.get("X-CSRF", ""))
    return who


def _project(deed: Deed, told: object) -> UUID | None:
    if deed.whole or deed.fresh or told is None:
        return None
    here = source()
    with here.platform.read() as session:
        found = board.find(session, str(told))
    if found is None:
        abort(404, "没有此项目 / no such project")
    return found
