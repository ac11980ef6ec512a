"""A problem as it is answered (RFC 9457): made here alone, so that it is what openapi.py says."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Any

PROBLEM_JSON = "application/problem+json"
BLANK = "about:blank"
PHRASES = {each.value: each.phrase for each in HTTPStatus} | {460: "Checksum Mismatch"}
"""Each status in words; 460 is the one that tus 1.0 adds (extension Checksum)."""


def reference() -> str:
    """Return a new number by which an answer can be asked about."""
    return secrets.token_hex(5)


def shaped(status: int, detail: str, number: str, kind: str = BLANK, **more: Any) -> dict[str, Any]:
    """Return a problem's members; `detail` is 中文 / English, `number` the reference."""
    return {
        "type": kind,
        "title": PHRASES[status],
        "status": status,
        "detail": detail,
        "instance": f"urn:batong:reference:{number}",
        **more,
    }


def is_program(path: str, accepts: str) -> bool:
    """Tell whether a program asks, which reads problems: by its address, or by what it accepts."""
    if path.startswith(("/api/", "/live/", "/files/")):
        return True
    return "json" in accepts and "text/html" not in accepts
