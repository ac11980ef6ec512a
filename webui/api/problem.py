"""Requests as JSON, and refusals as problem+json (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Response, abort, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from monitor.refusal import Refusal
from webui.api.shape import PROBLEM_JSON, reference, shaped
from webui.deed.deed import Unreadable
from webui.deed.field import Field
from webui.deed.label import called

STATUS = {
    "bad_query": 400,
    "signed_out": 401, "confirm": 401, "enrol": 401, "not_allowed": 403, "not_found": 404,
    "invalid": 422, "too_many": 429, "busy": 503, "unavailable": 503,
}  # fmt: skip


def body() -> dict[str, Any]:
    """Return the JSON object of a request; answers 415 or 400 for anything else."""
    if not request.is_json:
        abort(415, "应为 application/json / must be application/json")
    try:
        told = json.loads(request.get_data(), object_pairs_hook=_members)
    except RequestEntityTooLarge:
        most = request.max_content_length
        abort(413, f"请求不超过{most}字节 / the request may have at most {most} bytes")
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        abort(400, "应为 JSON 对象，成员不得重复 / must be a JSON object, no member of it twice")
    return told


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; raises ValueError where one reader would take another member than we."""
    told = dict(pairs)
    if len(told) < len(pairs):
        raise ValueError("a member twice")
    return told


def refused(
    refusal: Refusal, fields: Iterable[Field] = (), *, status: int | None = None
) -> Response:
    """Answer a refusal: code, field and its label, rule, record, each fault of a form's fields.

    Its code tells the status, where no protocol told another one.
    """
    g.refusal = refusal
    status = status or STATUS.get(refusal.code, 409)
    number = reference()
    told = shaped(
        status, refusal.message, number, f"urn:batong:refusal:{refusal.code}",
        code=refusal.code, field=refusal.field, label=called(fields, refusal.field),
        rule=refusal.rule, record=str(refusal.record) if refusal.record else None,
    )  # fmt: skip
    if isinstance(refusal, Unreadable):
        told["errors"] = [
            {
                "field": each.field,
                "label": called(fields, each.field),
                "detail": each.message,
                "rule": each.rule,
            }
            for each in refusal.faults
        ]
    response = Response(json.dumps(told, ensure_ascii=False), status, mimetype=PROBLEM_JSON)
    response.headers["X-Reference"] = number
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if (wait := getattr(refusal, "wait", None)) is not None:
        response.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return response
