"""An answer: taken whole from its thread, which is free at once, and sent as its reader takes it.

Every answer of the pages is made whole in memory, so nothing is doubled by keeping it here; one
that names a kept file is that file's head, and the file is read from the store piece by piece.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from html import escape
from typing import TYPE_CHECKING
from uuid import UUID

from webui.api.shape import PROBLEM_JSON, is_program, reference, shaped
from webui.page.answer.policy import HEADERS
from webui.serve.door.kept import pieces_of, taken_out
from webui.serve.door.message import ENDED, Message, Send, header
from webui.serve.door.pace import Pace, Slow

if TYPE_CHECKING:
    from monitor.store import FileStore

log = logging.getLogger("batong.web")
TEXT, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"
PIECE = 64 * 1024
LATER = 5  # seconds
WORDS = {
    408: "来得太慢，已断开，请重试 / it came too slowly, send it again",
    429: "来自您地址的请求过多，请稍后再试 / too many requests from your address, try again later",
    503: "正忙，请稍后再试 / busy, try again later",
}
PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{zh} · Batong</title></head>
<body><main><h1>{zh} <small>{status}</small></h1>
<p lang="en">{en}</p>
<p>参考号 <span lang="en">/ reference number</span> <code>{number}</code></p>
<p><a href="/">返回公告 <span lang="en">/ back to the notices</span></a></p></main></body></html>
"""
"""What a browser is shown: whole by itself, since whatever it asked for besides waits like it."""


class Answer:
    """A status, headers and body; `take` is what the pages send to."""

    def __init__(self, files: FileStore | None = None) -> None:
        self._files = files
        self._kept: UUID | None = None
        self._start: Message = {}
        self._body: list[bytes] = []
        self.size = 0

    async def take(self, message: Message) -> None:
        """Take the next message in; never waits for anybody."""
        if message["type"] == "http.response.start":
            self._start = message
            self._kept = taken_out(message) if self._files else None
        else:
            self._body.append(message.get("body", b""))
            self.size += len(self._body[-1])

    async def send(self, send: Send, pace: Pace) -> None:
        """Send it piece by piece; a reader who takes nothing is let go in the middle."""
        with suppress(Slow):
            await pace.keep(send(self._start))
            async for piece in self._pieces():
                await pace.keep(send({**ENDED, "body": piece, "more_body": True}))
                pace.earn(len(piece))
            await pace.keep(send(ENDED))
            return
        await send(ENDED)  # shorter than its Content-Length: the server closes the connection

    async def _pieces(self) -> AsyncIterator[bytes]:
        if self._files is not None and self._kept is not None:
            async for piece in pieces_of(self._files, self._kept):
                yield piece
        body = memoryview(b"".join(self._body))
        self._body.clear()
        for at in range(0, len(body), PIECE):
            yield bytes(body[at : at + PIECE])


async def refuse(send: Send, scope: Message, status: int) -> None:
    """Say no in both languages and by a number: a problem to programs, a page to browsers."""
    number, words, accepts = reference(), WORDS[status], header(scope, b"accept")
    log.info("reference %s: %d at the door", number, status)  # who asked for what is kept nowhere
    if is_program(scope["path"], accepts):
        told, kind = json.dumps(shaped(status, words, number), ensure_ascii=False), PROBLEM_JSON
    elif "text/html" in accepts:
        zh, en = map(escape, words.split(" / "))
        told, kind = PAGE.format(zh=zh, en=en, number=number, status=status), HTML
    else:
        told, kind = f"{words}\n参考号 / reference: {number}\n", TEXT
    headers = ((b"x-reference", number.encode()), (b"retry-after", b"%d" % LATER))
    await say(send, status, told, kind.encode(), headers)


async def say(
    send: Send, status: int, told: str, kind: bytes, more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Send a short answer of the door's own, with more headers."""
    body = told.encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
        *more,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({**ENDED, "body": body})
