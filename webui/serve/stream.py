"""`/live/events?project=…`: server-sent events, native in the ASGI server (FORMATS §3, Stream).

Event `frame` says which range (from, to] of the log it covers and carries the openings that a
visitor may see; frames are contiguous; its id is `to`, so that Last-Event-ID goes on from there.
Event `beat` breaks the silence.
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

from trading.board import find
from webui.page.source import Source
from webui.serve.hub import Hub

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
    """The request names no project, or a place that is not in the log."""


async def stream(scope: Message, receive: Receive, send: Send, hub: Hub, source: Source) -> None:
    """Serve one viewer until it leaves."""
    try:
        project, after = await _asked(scope, source, hub)
    except BadStream as error:
        await _refuse(send, 400 if hub.viewers < MOST_VIEWERS else 503, str(error))
        return
    hub.viewers += 1
    leaving = asyncio.create_task(_left(receive))
    serving = asyncio.create_task(_serve(send, hub, project, after))
    try:
        await asyncio.wait({leaving, serving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hub.viewers -= 1
        for task in (leaving, serving):
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await task


async def _serve(send: Send, hub: Hub, project: UUID, sent: int) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await _write(send, b"retry: 2000\n\n")
    while True:
        head = await hub.beyond(sent, SILENCE)
        if head is None:
            await _write(send, b"event: beat\ndata: %d\n\n" % sent)
            continue
        try:
            frame = await hub.frame(project, sent, head)
        except Exception:
            log.exception("no frame; the viewer comes again by itself")
            return
        sent = head.size
        await _write(send, b"event: frame\nid: %d\ndata: %b\n\n" % (sent, frame))


async def _asked(scope: Message, source: Source, hub: Hub) -> tuple[UUID, int]:
    """Return the project and the size that the viewer has; raises BadStream."""
    query = parse_qs(scope["query_string"].decode("latin-1"))
    headers = dict(scope["headers"])
    wanted = query.get("project", [""])[0]
    told = headers.get(b"last-event-id", b"").decode("latin-1") or query.get("after", ["0"])[0]
    if hub.viewers >= MOST_VIEWERS:
        raise BadStream("观看人数已满，请稍后再试 / too many viewers, try again later")
    head = await asyncio.to_thread(source.head)
    size = head.size if head else 0
    if not (told.isascii() and told.isdecimal() and len(told) < 19 and int(told) <= size):
        raise BadStream(f"after: 应为 0 至 {size} / must be a size of the log, 0 to {size}")
    project = await asyncio.to_thread(_find, source, wanted)
    if project is None:
        raise BadStream("project: 没有此项目 / no such project")
    return project, int(told)


def _find(source: Source, wanted: str) -> UUID | None:
    with source.platform.read() as session:
        return find(session, wanted)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _write(send: Send, data: bytes) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": True})


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
