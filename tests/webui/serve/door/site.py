"""A site behind the door whose patience is short: what the attackers of these tests are served."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from monitor.store import MemoryStore
from webui.page.answer.attachment import KEPT
from webui.serve.door.door import Door
from webui.serve.door.limit import KIB, MIB, Limits
from webui.serve.door.message import Message, Receive, Send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LIMITS = Limits(requests=48, threads=4, uploads=4, small=64 * KIB, grace=3.0, rate=64 * KIB)
LONG = 16 * MIB
PIECES = 256


STORE = MemoryStore()
NAMED = {"/kept": STORE.put(bytes(LONG)), "/gone": UUID(int=0)}
"""Addresses whose answers name a file of the store, and one that is not there any more."""


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Tell how long a body was, what the door holds, or more than a connection takes at once."""
    if environ["PATH_INFO"] == "/long":
        start_response("200 OK", [("Content-Length", str(LONG))])
        return (bytes(LONG // PIECES) for _ in range(PIECES))
    if environ["PATH_INFO"] in NAMED:
        name = NAMED[environ["PATH_INFO"]].hex
        start_response("200 OK", [("Content-Length", str(LONG)), (KEPT, name)])
        return [b""]
    if environ["PATH_INFO"] == "/held":
        body = json.dumps([door.requests.taken, door.memory.taken, door.large.taken]).encode()
    else:
        body = b"%d" % len(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


door = Door(app, limits=LIMITS, files=STORE)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Serve one connection."""
    if scope["type"] == "http":
        await door(scope, receive, send)
