"""Error pages with a reference number; problem+json under /api. Never a stack trace."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from monitor.refusal import Refusal
from monitor.runtime.postgres import answers
from webui.api.problem import STATUS, refused
from webui.api.shape import PROBLEM_JSON, is_program, reference, shaped
from webui.page.language import LANGUAGES, text

log = logging.getLogger("batong.web")
HALVES = " / "
TOLD = {400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503}


def install(app: Flask, app_url: str) -> None:
    """Answer every error in the reader's words."""

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return problem(error.code or 500, error.description or "")

    @app.errorhandler(Refusal)
    def no(refusal: Refusal) -> Response:
        if is_program(request.path, request.headers.get("Accept", "")):
            return refused(refusal)
        g.refusal = refusal
        return problem(STATUS.get(refusal.code, 409), refusal.message, refusal.message)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        status = 500 if answers(app_url) else 503
        response = problem(status, "")
        log.error("reference %s", response.headers["X-Reference"], exc_info=error)
        return response


def problem(status: int, detail: str, reason: str = "", back: str = "") -> Response:
    """Return the answer for a status: JSON under /api and /live, else a page with the reason.

    `back` is where the reader came from, to try again there.
    """
    number = reference()
    if is_program(request.path, request.headers.get("Accept", "")):
        response = _json(status, detail, number)
    else:
        shown = status if status in TOLD else 500
        g.setdefault("wearer", None)  # who is there cannot be looked up while the database is away
        page = render_template(
            "error.html",
            status=status,
            shown=str(shown),
            reference=number,
            reason=reason,
            back=back,
        )
        response = Response(page, status, mimetype="text/html")
    response.headers["X-Reference"] = number
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "5"
    return response


def _json(status: int, detail: str, number: str) -> Response:
    told = detail if HALVES in detail else _said(status)
    body = json.dumps(shaped(status, told, number), ensure_ascii=False)
    return Response(body, status, mimetype=PROBLEM_JSON)


def _said(status: int) -> str:
    """Say a status in both languages: what the framework says of itself is English alone."""
    note = f"error.{status if status in TOLD else 500}.note"
    return HALVES.join(text(note, lang) for lang in LANGUAGES)
