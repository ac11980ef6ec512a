"""An answer: taken whole from its thread, which is free at once, and sent as its reader takes it.

Every answer of the pages is made whole in memory, so nothing is doubled by keeping it here.
"""

from __future__ import annotations

import json
from contextlib import suppress
from http import HTTPStatus

from webui.page.answer.policy import HEADERS
from webui.serve.door.message import ENDED, Message, Send
from webui.serve.door.pace import Pace, Slow

PIECE = 64 * 1024
LATER = 5  # seconds
WORDS = {
    408: "来得太慢，已断开，请重试 / it came too slowly, send it again",
    429: "来自您地址的请求过多，请稍后再试 / too many requests from your address, try again later",
    503: "正忙，请稍后再试 / busy, try again later",
}


class Answer:
    """A status, headers and body; `take` is what the pages send to."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._body: list[bytes] = []
        self.size = 0

    async def take(self, message: Message) -> None:
        """Take the next message in; never waits for anybody."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._body.append(message.get("body", b""))
            self.size += len(self._body[-1])

    async def send(self, send: Send, pace: Pace) -> None:
        """Send it piece by piece; a reader who takes nothing is let go in the middle."""
        body = memoryview(b"".join(self._body))
        self._body.clear()
        with suppress(Slow):
            await pace.keep(send(self._start))
            for at in range(0, len(body) - PIECE, PIECE):
                piece = {**ENDED, "body": bytes(body[at : at + PIECE]), "more_body": True}
                await pace.keep(send(piece))
                pace.earn(PIECE)
            last = body[(len(body) - 1) // PIECE * PIECE :] if body else body
            await pace.keep(send({**ENDED, "body": bytes(last)}))
            return
        await send(ENDED)  # shorter than its Content-Length: the server closes the connection


async def refuse(send: Send, path: str, status: int) -> None:
    """Say no in words: a problem to programs, a line of text to people."""
    if path.startswith(("/api/", "/live/")):
        told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
        body = json.dumps({**told, "detail": WORDS[status]}, ensure_ascii=False)
        await say(send, status, body, b"application/problem+json")
    else:
        await say(send, status, f"{WORDS[status]}\n", b"text/plain; charset=utf-8")


async def say(send: Send, status: int, told: str, kind: bytes) -> None:
    """Send a short answer of the door's own."""
    body = told.encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
    ]
    if status in (429, 503):
        headers.append((b"retry-after", b"%d" % LATER))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({**ENDED, "body": body})
