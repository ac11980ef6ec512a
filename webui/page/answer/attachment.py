"""A file that one reader may save: never shown in the page, never kept on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote
from uuid import UUID

from flask import Response, abort, current_app

from monitor.store import FileStore

KEPT = "X-Kept-File"
"""Names to the door before the pages which file of the store is the body; it goes no further."""
BEHIND_DOOR = "BEHIND_DOOR"
PIECE = 256 * 1024
_OTHERS = re.compile("[^A-Za-z0-9._-]")


def attached(data: bytes, kind: str, name: str) -> Response:
    """Return a file of that media type under that name."""
    return _saved(Response(data, mimetype=kind), name)


def kept(store: FileStore, blob: UUID, size: int, name: str) -> Response:
    """Return a file of the store, of so many bytes, however large; 404 where it is gone."""
    try:
        source = store.open(blob)
    except KeyError:
        abort(404)
    with source:
        pass
    kind = "application/octet-stream"
    if current_app.config.get(BEHIND_DOOR):
        response = Response(b"", mimetype=kind)
        response.headers[KEPT] = blob.hex
    else:
        response = Response(_pieces(store, blob), mimetype=kind)
    response.content_length = size
    return _saved(response, name)


def saved_as(name: str) -> str:
    """Return the header that has a file saved under a name in any script (RFC 6266, RFC 8187)."""
    plain = _OTHERS.sub("_", name)
    whole = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f"attachment; filename={plain}{whole}"


def _pieces(store: FileStore, blob: UUID) -> Iterator[bytes]:
    with store.open(blob) as source:
        while piece := source.read(PIECE):
            yield piece


def _saved(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = saved_as(name)
    response.headers["Cache-Control"] = "no-store"
    return response
