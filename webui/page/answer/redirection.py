"""Going on to another page, of this very host alone."""

from __future__ import annotations

from flask import Response


def to(there: str) -> Response:
    """Send the reader to an address of ours (303: it is to be got, not posted to)."""
    return Response(status=303, headers={"Location": local(there)})


def local(there: str) -> str:
    """Return an address of ours, or the front page for anything else."""
    plain = there.isascii() and there.isprintable() and "\\" not in there
    return there if plain and there.startswith("/") and not there.startswith("//") else "/"
