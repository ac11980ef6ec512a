"""A form that came after its session had ended: kept for the same person, and shown again.

Nothing is done by showing it: the form's own view is asked as if it had been sent without the word
that makes it the session's, and every view answers that with the form, as it was filled in.
"""

from __future__ import annotations

import io
import re

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.test import EnvironBuilder

from monitor.refusal import NotFound
from trading.account.gate import Ended
from trading.account.limit.draft import Draft
from webui.deed.upload.leak import SECRETS
from webui.page.language import text
from webui.page.office.account import over
from webui.page.wearer import SentTooLateError, accounts, require

pages = Blueprint("draft", __name__)
KEEPING = {
    "act.act", "delegate.send", "expert.reply", "finance.confirm", "finance.many", "invite.make",
    "market.bring", "panel.act", "paper.compare", "pool.bring",
}  # fmt: skip
"""Views whose forms are kept: each answers one that is not of the session with the form again."""
NEVER = re.compile(
    r"csrf|office|once|heeded|confirm_\w+|\w*(?:password|secret|token|seed|private)\w*",
    re.IGNORECASE,
)
"""Names of fields that are never kept: secrets, and what binds a form to its session."""


def install(app: Flask) -> None:
    """Answer every form that comes after its session has ended."""

    @app.errorhandler(SentTooLateError)
    def late(error: SentTooLateError) -> Response:
        ended = error.ended
        if not _keeps():
            return over("/tasks", ended.appointment, text("account.ended_none"))
        number = _kept(ended)
        words = text("account.ended_kept" if number else "account.ended_large")
        return over(f"/kept/{number}" if number else "/tasks", ended.appointment, words)


@pages.get("/kept/<number>")
def again(number: str) -> Response:
    """Show a kept form as it was filled in; raises NotFound for anybody else's."""
    who = require()
    draft = accounts().gate.drafts.open(number, who.pass_.account)
    if draft is None:
        raise NotFound(
            "没有为此账号保留的内容，或已过两小时 / "
            "nothing is kept here for this account, or its two hours are over"
        )
    g.shown_again = True
    with current_app.request_context(_sent(draft).get_environ()):
        if not _keeps():
            abort(404)
        answer: Response = current_app.make_response(current_app.dispatch_request())
    answer.status_code = 200 if answer.status_code in {403, 409, 422} else answer.status_code
    return answer


def _keeps() -> bool:
    return ".".join((request.endpoint or "").split(".")[-2:]) in KEEPING


def _kept(ended: Ended) -> str:
    """Keep what was typed, without files and secrets; return its number, "" where it cannot be."""
    try:
        fields = [
            (name, value)
            for name, value in request.form.items(multi=True)
            if not NEVER.fullmatch(name) and not _is_secret(value)
        ]
        files = [name for name, file in request.files.items(multi=True) if file]
    except RequestEntityTooLarge:
        return ""
    draft = Draft(request.path, request.query_string.decode("ascii", "replace"), fields, files)
    return accounts().gate.drafts.keep(ended.session, ended.account, draft)


def _is_secret(value: str) -> bool:
    return any(mark.decode() in value for mark in SECRETS)


def _sent(draft: Draft) -> EnvironBuilder:
    """Return the request of a kept form: from this browser, without the word of the session."""
    data: MultiDict[str, object] = MultiDict(draft.fields)
    for name in draft.files:
        data.add(name, FileStorage(io.BytesIO(), "again", name))
    return EnvironBuilder(
        draft.path, request.url_root, draft.query, method="POST", data=data,
        headers=[("Cookie", request.headers.get("Cookie", ""))],
        environ_base={"REMOTE_ADDR": request.remote_addr or ""},
    )  # fmt: skip
