"""A file that one reader may save: never shown in the page, never kept on the way."""

from __future__ import annotations

from flask import Response


def attached(data: bytes, kind: str, name: str) -> Response:
    """Return a file of that media type under that name."""
    response = Response(data, mimetype=kind)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    response.headers["Cache-Control"] = "no-store"
    return response
