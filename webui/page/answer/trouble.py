"""Error pages with a reference number; problem+json under /api. Never a stack trace."""

from __future__ import annotations

import json
import logging
import secrets
from http import HTTPStatus

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException

from monitor.refusal import Refusal
from monitor.runtime.postgres import answers
from webui.api.problem import STATUS, refused

log = logging.getLogger("batong.web")
TOLD = {400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503}


def install(app: Flask, app_url: str) -> None:
    """Answer every error in the reader's words."""

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return problem(error.code or 500, error.description or "")

    @app.errorhandler(Refusal)
    def no(refusal: Refusal) -> Response:
        if request.path.startswith(("/api/", "/live/")):
            return refused(refusal)
        return problem(STATUS.get(refusal.code, 409), refusal.message, refusal.message)

    @app.errorhandler(Exception)
    def fault(error: Exception) -> Response:
        status = 500 if answers(app_url) else 503
        response = problem(status, "")
        log.error("reference %s", response.headers["X-Reference"], exc_info=error)
        return response


def problem(status: int, detail: str, reason: str = "") -> Response:
    """Return the answer for a status: JSON under /api and /live, else a page with the reason."""
    reference = secrets.token_hex(5)
    if request.path.startswith(("/api/", "/live/")):
        response = _json(status, detail, reference)
    else:
        shown = status if status in TOLD else 500
        g.setdefault("wearer", None)  # who is there cannot be looked up while the database is away
        page = render_template(
            "error.html", status=status, shown=str(shown), reference=reference, reason=reason
        )
        response = Response(page, status, mimetype="text/html")
    response.headers["X-Reference"] = reference
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "5"
    return response


def _json(status: int, detail: str, reference: str) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": f"urn:batong:reference:{reference}",
    }
    return Response(
        json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json"
    )
