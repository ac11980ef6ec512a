"""`/log/…`: the checkpoint and the tiles, C2SP tlog-tiles."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from monitor.log.checkpoint import Checkpoint
from monitor.log.sequencer.mending import lies_within, read_sound
from monitor.log.tile import WIDTH, Address, BadTile, MissingTile, TileStore, pack
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

    A partial one is soon outgrown, and no use to keep. One that is not what was signed is answered
    503: the sequencer finds and rebuilds it, or the log stands still.
    """
    try:
        address = Address.parse(f"tile/{path}")
    except BadTile:
        abort(404)
    here = source()
    head = here.head()
    try:
        if head is None or not lies_within(address, head.size):
            values = here.tiles.read(address)
        else:
            values = _sound(here.tiles, head.checkpoint, address)
        data = pack(address.level, values)
    except (BadTile, MissingTile):
        abort(404)
    response = Response(data, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = FOR_EVER if address.width == WIDTH else FOR_A_WHILE
    return response


def _sound(tiles: TileStore, signed: Checkpoint, address: Address) -> list[bytes]:
    try:
        return read_sound(tiles, signed, address)
    except (BadTile, MissingTile):
        abort(503, "分块损坏，正在重建 / the tile is damaged and is being rebuilt")
