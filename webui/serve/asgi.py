"""The web server's application: Flask behind its door, the live stream native beside it."""

from __future__ import annotations

import logging
import os
from contextlib import ExitStack
from functools import partial

from monitor.runtime.discretion import begin_log
from monitor.runtime.settings import Settings, load
from webui.demo.account import open_keeping
from webui.house import open_house
from webui.page.answer.attachment import BEHIND_DOOR
from webui.page.app import create_app
from webui.page.office.desk.listing import has_task_here
from webui.page.sealing import Place, create_frame
from webui.page.source import Source
from webui.serve.door.door import Door
from webui.serve.door.limit import Limits
from webui.serve.door.message import Message, Receive, Send
from webui.serve.live.hub import Hub
from webui.serve.live.stream import stream
from webui.serve.tree import PORTS

STREAM = "/live/events"
FRAME = Limits(threads=16)
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
        place = _place(settings)
        flask = create_app(self.source, keeping, viewers=lambda: self.hub.viewers, frame=place)
        self.tasks = partial(has_task_here, flask)
        flask.config[BEHIND_DOOR] = True
        self.pages = Door(flask.wsgi_app, settings.trusted_proxies, files=self.source.store)
        self.frame_port = place.port if place else 0
        frame = create_frame(place or Place(0, 0), settings.public_url)
        self.frame = Door(frame.wsgi_app, settings.trusted_proxies, FRAME)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["server"][1] == self.frame_port:
            await self.frame(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] == STREAM and scope["method"] == "GET":
            await stream(scope, send, self.hub, self.source, self.gate, self.tasks)
        else:
            await self.pages(scope, receive, send)

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


def _place(settings: Settings) -> Place | None:
    """Return where the sealing frame is; None where nobody told of a second port."""
    ports = [int(each) for each in os.environ.get(PORTS, "").split()]
    return Place(ports[1], ports[0], settings.seal_url) if len(ports) == 2 else None


begin_log()
application = Application()
