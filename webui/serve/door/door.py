"""The door: no peer holds a thread while it sends or reads slowly, no address all that there is.

A small body is here whole before a thread is taken, and an answer leaves its thread whole; what
comes as it comes, an upload, has threads of its own. Each address has its fair share of everything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from a2wsgi import WSGIMiddleware

from monitor.runtime.settings import Network
from webui.serve.door.address import address
from webui.serve.door.answer import Answer, refuse, say
from webui.serve.door.body import Coming, Left, given, length, whole
from webui.serve.door.limit import Limits
from webui.serve.door.line import Line
from webui.serve.door.message import Message, Receive, Send, Serving
from webui.serve.door.pace import Pace, Slow
from webui.serve.door.share import Share

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from monitor.store import FileStore

ALIVE = "/healthz"


class Refused(Exception):
    """No to a request, by its status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Threads:
    """The application in threads of its own, and the line before them."""

    def __init__(self, app: WSGIApplication, count: int, files: FileStore | None) -> None:
        self.line = Line(count)
        self._files = files
        self._app = cast("Serving", WSGIMiddleware(app, workers=count))  # type: ignore[arg-type]
        self._running: set[asyncio.Task[None]] = set()

    async def answer(self, who: str, scope: Message, receive: Receive) -> Answer:
        """Return the application's answer; the caller is in the line, and out when it is made.

        Out when the thread is free, that is: not before, where the peer is gone meanwhile.
        """
        answer = Answer(self._files)
        task = asyncio.ensure_future(self._app(scope, receive, answer.take))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        task.add_done_callback(lambda _: self.line.leave(who))
        await asyncio.shield(task)
        return answer


class Door:
    """An application of WSGI, served to whoever comes in; `files` is what its answers may name."""

    def __init__(
        self,
        app: WSGIApplication,
        proxies: Sequence[Network] = (),
        limits: Limits | None = None,
        files: FileStore | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self._proxies = proxies
        self._pages = Threads(app, self.limits.threads, files)
        self._uploads = Threads(app, self.limits.uploads, files)
        self.requests = Share(self.limits.requests)
        self.memory = Share(self.limits.memory)
        self.large = Share(self.limits.large)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["path"] == ALIVE and scope["method"] in ("GET", "HEAD"):
            await say(send, 200, "ok\n", b"text/plain; charset=utf-8")
            return
        try:
            await self._serve(address(scope, self._proxies), scope, receive, send)
        except Refused as no:
            await refuse(send, scope, no.status)
        except Left:
            return

    async def _serve(self, who: str, scope: Message, receive: Receive, send: Send) -> None:
        with _taken(self.requests, who, 1):
            if scope["method"] == "PATCH" or length(scope) > self.limits.small:
                answer = await self._coming(who, scope, receive)
            else:
                answer = await self._small(who, scope, receive)
            with self._kept(who, answer.size):
                await answer.send(send, self._pace())

    async def _small(self, who: str, scope: Message, receive: Receive) -> Answer:
        """Have a request answered whose body is short, or none."""
        with _taken(self.memory, who, length(scope)):
            try:
                body = await whole(receive, self._pace()) if length(scope) else b""
            except Slow:
                raise Refused(408) from None
            await self._pages.line.enter(who)
            if not self.memory.fits(who, 0):  # what they asked before lies here and is not taken
                self._pages.line.leave(who)
                raise Refused(429)
            return await self._pages.answer(who, scope, given(body))

    async def _coming(self, who: str, scope: Message, receive: Receive) -> Answer:
        """Have a request answered whose body is read as it comes: what came of an upload stays."""
        coming = Coming(receive, self._pace())
        await self._uploads.line.enter(who)
        answer = await self._uploads.answer(who, scope, coming)
        if coming.late:
            raise Refused(408)
        return answer

    @contextmanager
    def _kept(self, who: str, size: int) -> Iterator[None]:
        """Keep an answer for its reader; an archive only where there is room, or they have none."""
        share = self.memory if size <= self.limits.small else self.large
        if share is self.large and share.held(who) and not share.fits(who, size):
            raise Refused(429)
        share.hold(who, size)
        try:
            yield
        finally:
            share.give(who, size)

    def _pace(self) -> Pace:
        return Pace(self.limits.grace, self.limits.rate)


@contextmanager
def _taken(share: Share, who: str, count: int) -> Iterator[None]:
    if not share.take(who, count):
        raise Refused(429 if share.held(who) else 503)
    try:
        yield
    finally:
        share.give(who, count)
