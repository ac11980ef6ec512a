"""The wording of what supervision writes: kept within bounds, and told on record by its digest."""

from __future__ import annotations

import hashlib

from monitor.refusal import Invalid


def worded(field: str, text: str, most: int) -> str:
    """Return text without its blanks; raises Invalid for none and for too much."""
    if not 0 < len(text.strip()) <= most:
        raise Invalid(field, f"应为1至{most}字 / 1 to {most} characters")
    return text.strip()


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text, in hexadecimal: what a record says of it."""
    return hashlib.sha256(text.encode()).hexdigest()
