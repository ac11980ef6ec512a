"""Problems (RFC 9457) as openapi.py describes them: held to it strictly, wherever one is answered."""

from __future__ import annotations

import gzip
import json
from typing import Any

import jsonschema_rs
from flask import Response

from webui.api.openapi import document
from webui.api.shape import PROBLEM_JSON

RULES = jsonschema_rs.Draft202012Validator(
    document()["components"]["schemas"]["Problem"], validate_formats=True
)


def amiss(told: Any) -> list[str]:
    """Return what of a problem is not as it is described."""
    return [error.message for error in RULES.iter_errors(told)]


def amiss_in(response: Response) -> list[str]:
    """Return what of an answer is no problem as described; nothing for what is no problem."""
    if response.mimetype != PROBLEM_JSON:
        return []
    data = response.get_data()
    if response.headers.get("Content-Encoding") == "gzip":
        data = gzip.decompress(data)
    told = json.loads(data)
    wrong = amiss(told)
    if told.get("status") != response.status_code:
        wrong.append(f"status {told.get('status')} in an answer of {response.status_code}")
    if not str(told.get("instance", "")).endswith(response.headers.get("X-Reference", "?")):
        wrong.append("another reference in its header")
    return wrong
