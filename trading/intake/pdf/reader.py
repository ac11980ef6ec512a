"""Read a PDF from outside, and show places of it; all by child processes with hard limits."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from trading.intake.pdf.child import ask
from trading.intake.pdf.limit import LIMITS, Limits
from trading.intake.pdf.page import Box, NotAReading, Reading, reading
from trading.intake.pdf.trouble import CannotRead, Trouble

HEAD = 1024
PNG = b"\x89PNG\r\n\x1a\n"


def read(file: bytes, limits: Limits = LIMITS) -> Reading:
    """Return the words and tables of the pages that matter; raises CannotRead with a named trouble.

    Pages are counted and chosen by pdfium, at most `limits.read` of them read by pdfplumber.
    """
    _refuse_unread(file, limits)
    try:
        found = reading(ask("read", file, limits))
    except NotAReading as fault:
        raise CannotRead(Trouble.CRASHED, limits) from fault
    return found


def _refuse_unread(file: bytes, limits: Limits) -> None:
    """Refuse what needs no child to be seen; the head may follow some junk (ISO 32000-1 §7.5.2)."""
    if not file:
        raise CannotRead(Trouble.EMPTY, limits)
    if len(file) > limits.file:
        raise CannotRead(Trouble.TOO_LARGE, limits)
    if b"%PDF-" not in file[:HEAD]:
        raise CannotRead(Trouble.NOT_PDF, limits)


def pictures(file: bytes, boxes: Sequence[Box], limits: Limits = LIMITS) -> list[bytes]:
    """Return a PNG of each place with what stands around it, the place framed; b"" where none is.

    A file that cannot be drawn gives no pictures, and no trouble: it has been read.
    """
    wanted = boxes[: limits.pictures]
    places = [[one.page, one.left, one.top, one.right, one.bottom] for one in wanted]
    try:
        told = ask("show", file, limits, places=places)
    except CannotRead:
        return [b""] * len(boxes)
    drawn = [_png(one) for one in _listed(told, len(wanted))]
    return [*drawn, *[b""] * (len(boxes) - len(drawn))]


def _listed(told: Mapping[str, Any], count: int) -> list[Any]:
    listed = told.get("pictures")
    return listed if isinstance(listed, list) and len(listed) == count else []


def _png(told: Any) -> bytes:
    """Return a picture that is one by its first bytes; b"" for anything else."""
    try:
        data = base64.b64decode(told, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return b""
    return data if data.startswith(PNG) else b""
