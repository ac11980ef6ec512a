"""After an answer: a refusal that no action wrote down is put on record here, in one place.

Pages, programs and uploads each refuse in their own way and at their own point; what they have in
common is the answer and the trail of records behind it.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Flask, Response, g, request

from monitor.record.trail import follow
from trading.account.keeping import Keeping
from trading.account.turning import Attempted, Turning
from webui.deed.book import deeds
from webui.page.wearer import bearer, wearer

READS = frozenset({"GET", "HEAD", "OPTIONS"})
DENIED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
UPLOADS = "files."
"""The protocol by which files are sent says no many times without refusing anybody."""


def install(app: Flask, keeping: Keeping) -> None:
    """Put on record whoever is turned away in a session of theirs."""
    turning = Turning(keeping.platform, keeping.door.limiter)

    @app.before_request
    def begin() -> None:
        g.trail = follow()

    @app.after_request
    def look_back(response: Response) -> Response:
        if _is_refused(response.status_code) and not any(step.refused for step in g.trail):
            _put(turning, keeping, response.status_code)
        return response


def _is_refused(status: int) -> bool:
    """Tell whether an answer turns somebody away.

    Who may not read is told 403; a form that asks to be looked at twice refuses nothing.
    """
    if request.url_rule is None or "trail" not in g or g.get("cautioned"):
        return False
    if request.method in READS:
        return status == HTTPStatus.FORBIDDEN
    if (request.endpoint or "").startswith(UPLOADS):
        return status in DENIED
    return HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR


def _put(turning: Turning, keeping: Keeping, status: int) -> None:
    whose = keeping.gate.ended(bearer())
    if whose is None:
        return
    who, told = wearer(), request.view_args or {}
    name = str(told.get("name", ""))
    attempted = Attempted(
        request.method, str(request.url_rule), name if name in deeds() else "", status,
        told.get("project") or g.get("looked_trade"), g.get("refusal"),
    )  # fmt: skip
    turning.put(whose, who.actor if who else None, attempted)
