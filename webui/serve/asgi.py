"""The web server's application: Flask behind a2wsgi, the live stream native beside it."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack

from a2wsgi import WSGIMiddleware

from monitor.runtime.settings import load
from webui.demo.account import open_keeping
from webui.house import open_house
from webui.page.app import create_app
from webui.page.source import Source
from webui.serve.live.hub import Hub
from webui.serve.live.stream import Message, Receive, Send, stream
from webui.serve.tree import THREADS

STREAM = "/live/events"
log = logging.getLogger("batong.web")


class Application:
    """One process: opened when the server starts its worker, closed when it ends it."""

    def __init__(self) -> None:
        self._stack = ExitStack()

    def _open(self) -> None:
        settings = load(os.environ)
        house = self._stack.enter_context(open_house(settings))
        self.source = Source.of(settings, house)
        self.hub = Hub(self.source, house.ground.redis_url)
        self.hub.start()
        keeping = open_keeping(house.platform, settings, house.ground.redis_url)
        self._stack.callback(keeping.close)
        self.gate = keeping.gate
        flask = create_app(self.source, keeping, viewers=lambda: self.hub.viewers)
        self.pages = WSGIMiddleware(flask.wsgi_app, workers=THREADS)  # type: ignore[arg-type]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"] == STREAM and scope["method"] == "GET":
            await stream(scope, receive, send, self.hub, self.source, self.gate)
        else:
            await self.pages(scope, receive, send)  # type: ignore[arg-type]

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            self._open()
        except Exception as fault:
            # Said, not left to be guessed: a server that cannot serve must end and be begun anew.
            log.exception("the web server cannot open its data folder")
            await send({"type": "lifespan.startup.failed", "message": type(fault).__name__})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.hub.stop()
        self._stack.close()
        await send({"type": "lifespan.shutdown.complete"})


logging.basicConfig(level=logging.WARNING)
application = Application()
