"""What every answer has that is for the asker alone."""

from __future__ import annotations

from flask import Response


def never_kept(response: Response) -> Response:
    """Let nobody on the way keep an answer that does not say itself how long it holds."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response
