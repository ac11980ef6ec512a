"""`/log/…`: the checkpoint and the tiles, C2SP tlog-tiles."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from monitor.log.tile import Address, BadTile, MissingTile, pack
from webui.page.answer.asset import FOR_EVER
from webui.page.view import source

pages = Blueprint("log", __name__)


@pages.get("/log/checkpoint")
def checkpoint() -> Response:
    """Return the last published checkpoint."""
    head = source().head()
    if head is None:
        abort(404)
    return Response(head.note, content_type="text/plain; charset=utf-8")


@pages.get("/log/tile/<path:path>")
def tile(path: str) -> Response:
    """Return a tile or an entry bundle, for ever the same; a partial one is cut from the full."""
    try:
        address = Address.parse(f"tile/{path}")
        data = pack(address.level, source().tiles.read(address))
    except (BadTile, MissingTile):
        abort(404)
    response = Response(data, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = FOR_EVER
    return response
