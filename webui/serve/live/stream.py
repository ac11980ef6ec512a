"""`/live/events?project=…`: server-sent events, native in the ASGI server (FORMATS §3, Stream).

Event `frame` says which range (from, to] of the log it covers and carries the openings that a
visitor may see; frames are contiguous; its id is `to`, so that Last-Event-ID goes on from there.
Event `beat` breaks the silence. With `as=wearer` it is the stream of whoever is signed in, of one
project or of all of theirs; the right to it is asked at each frame and beat, and `end` says that
it is over.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from monitor.refusal import NotAllowed, Refusal
from trading.account.gate import Gate
from trading.account.session import SignedOut
from trading.board import find
from webui.page.source import Source
from webui.serve.live.hub import Hub
from webui.serve.live.watching import Watch, credentials, visitor, wearer

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

log = logging.getLogger("batong.live")
SILENCE = 8.0  # seconds between two signs of life
MOST_VIEWERS = 5000
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


class BadStream(ValueError):
    """The request names no project, or a place that is not in the log, or nobody is signed in."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.status = status


async def stream(
    scope: Message, receive: Receive, send: Send, hub: Hub, source: Source, gate: Gate
) -> None:
    """Serve one viewer until it leaves, or may see no more."""
    try:
        watch, after = await _asked(scope, source, hub, gate)
    except BadStream as error:
        await _refuse(send, error.status, str(error))
        return
    hub.viewers += 1
    leaving = asyncio.create_task(_left(receive))
    serving = asyncio.create_task(_serve(send, hub, watch, after))
    try:
        await asyncio.wait({leaving, serving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.viewers -= 1
        for task in (leaving, serving):
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await task


async def _serve(send: Send, hub: Hub, watch: Watch, sent: int) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await _write(send, b"retry: 2000\n\n")
    while True:
        head = await hub.beyond(sent, SILENCE)
        try:
            viewers = await watch()
            frame = await hub.frame(viewers, sent, head) if head else b""
        except Refusal as over:
            await _end(send, over.code)
            return
        except Exception:
            log.exception("no frame; the viewer comes again by itself")
            return
        if head is None:
            await _write(send, b"event: beat\ndata: %d\n\n" % sent)
            continue
        sent = head.size
        await _write(send, b"event: frame\nid: %d\ndata: %b\n\n" % (sent, frame))


async def _asked(scope: Message, source: Source, hub: Hub, gate: Gate) -> tuple[Watch, int]:
    """Return who watches what, and the size that the viewer has; raises BadStream."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    headers = dict(scope["headers"])
    wanted = query.get("project", [""])[0]
    told = headers.get(b"last-event-id", b"").decode("latin-1") or query.get("after", ["0"])[0]
    if hub.viewers >= MOST_VIEWERS:
        raise BadStream("观看人数已满，请稍后再试 / too many viewers, try again later", 503)
    head = await asyncio.to_thread(source.head)
    size = head.size if head else 0
    if not (told.isascii() and told.isdecimal() and len(told) < 19 and int(told) <= size):
        raise BadStream(f"after: 应为 0 至 {size} / must be a size of the log, 0 to {size}")
    own = query.get("as", [""])[0] == "wearer"
    project = await asyncio.to_thread(_find, source, wanted) if wanted or not own else None
    if project is None and (wanted or not own):
        raise BadStream("project: 没有此项目 / no such project")
    if project is not None and not own:
        return visitor(project), int(told)
    return await _worn(scope, source, gate, project), int(told)


async def _worn(scope: Message, source: Source, gate: Gate, project: UUID | None) -> Watch:
    """Return the watch of whoever is signed in; raises BadStream 401 or 403."""
    told = credentials(scope, project)
    try:
        return await wearer(source, gate, told, project)
    except SignedOut as nobody:
        raise BadStream(nobody.message, 401) from None
    except NotAllowed as no:
        raise BadStream(no.message, 403) from None


def _find(source: Source, wanted: str) -> UUID | None:
    with source.platform.read() as session:
        return find(session, wanted)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


async def _end(send: Send, why: str) -> None:
    """Say that the right to watch is over; whoever comes again is asked who it is."""
    await _write(send, b"event: end\ndata: %b\n\n" % why.encode())
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _refuse(send: Send, status: int, detail: str) -> None:
    problem = {"type": "about:blank", "title": "Bad stream", "status": status, "detail": detail}
    body = json.dumps(problem, ensure_ascii=False).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
