"""`/log/…`: the checkpoint and the tiles, C2SP tlog-tiles."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from monitor.log.tile import WIDTH, Address, BadTile, MissingTile, pack
from webui.page.answer.asset import FOR_EVER
from webui.page.view import source

pages = Blueprint("log", __name__)
FOR_A_WHILE = "public, max-age=300"


@pages.get("/log/checkpoint")
def checkpoint() -> Response:
    """Return the last published checkpoint."""
    head = source().head()
    if head is None:
        abort(404)
    response = Response(head.note, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@pages.get("/log/tile/<path:path>")
def tile(path: str) -> Response:
    """Return a tile or an entry bundle, for ever the same; a partial one is cut from the full.

    A partial one is soon outgrown, and no use to keep.
    """
    try:
        address = Address.parse(f"tile/{path}")
        data = pack(address.level, source().tiles.read(address))
    except (BadTile, MissingTile):
        abort(404)
    response = Response(data, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = FOR_EVER if address.width == WIDTH else FOR_A_WHILE
    return response
