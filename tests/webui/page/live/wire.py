"""The live stream's own ASGI application, run in this process beside a counter's pages."""

import asyncio
import base64
import json
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.webui.page.counter import Counter
from webui.page.office.desk.listing import has_task_here
from webui.serve.live.hub import Hub
from webui.serve.live.stream import stream

PATIENCE = 30.0
Event = tuple[str, str]


@dataclass
class Viewing:
    """One open stream: what it was answered, and the events that came."""

    status: int = 0
    body: bytes = b""
    _chunks: "queue.Queue[bytes | None]" = field(default_factory=queue.Queue)
    _taken: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: threading.Event = field(default_factory=threading.Event)
    _running: "Future[None] | None" = None

    def __iter__(self) -> Iterator[Event]:
        """Give events as (name, data) until the stream ends."""
        while (chunk := self._chunks.get(timeout=PATIENCE)) is not None:
            fields = dict(line.partition(": ")[::2] for line in chunk.decode().strip().splitlines())
            if "event" in fields:
                yield fields["event"], fields["data"]

    def frames(self) -> Iterator[dict[str, Any]]:
        """Give the frames."""
        return (json.loads(data) for name, data in self if name == "frame")


@dataclass
class Wire:
    """A hub and its loop in a thread of their own."""

    counter: Counter
    hub: Hub
    loop: asyncio.AbstractEventLoop

    def open(
        self, query: str, token: str = "", cookie: str = "", scheme: str = "http", ticket: str = "",
        who: str = "",
    ) -> Viewing:  # fmt: skip
        """Open a stream from an address; return when its answer has begun."""
        told = {b"authorization": f"Bearer {token}".encode()} if token else {}
        told |= {b"cookie": cookie.encode("latin-1")} if cookie else {}
        told |= {b"x-ticket": ticket.encode()} if ticket else {}
        scope = {
            "query_string": query.encode(), "headers": list(told.items()), "scheme": scheme,
            "client": (who, 1),
        }  # fmt: skip
        viewing, begun = Viewing(), threading.Event()
        viewing._taken.set()
        viewing._running = asyncio.run_coroutine_threadsafe(
            self._serve(scope, viewing, begun), self.loop
        )
        assert begun.wait(PATIENCE), "no answer"
        return viewing

    async def _serve(self, scope: Any, viewing: Viewing, begun: threading.Event) -> None:
        async def send(message: Any) -> None:
            if message.get("more_body"):
                await viewing._taken.wait()
            if message["type"] == "http.response.start":
                viewing.status = message["status"]
            elif viewing.status == 200:
                viewing._chunks.put(message["body"])
            else:
                viewing.body = message["body"]
            if message["type"] == "http.response.body":
                begun.set()

        gate, tasks = self.counter.keeping.gate, partial(has_task_here, self.counter.app)
        try:
            await stream(scope, send, self.hub, self.counter.source, gate, tasks)
        finally:
            viewing._chunks.put(None)
            viewing._ended.set()

    def stall(self, viewing: Viewing) -> None:
        """Take nothing more from a stream, as a connection that is full: what is sent waits."""
        self.loop.call_soon_threadsafe(viewing._taken.clear)

    def leave(self, viewing: Viewing) -> None:
        """Close a stream as a browser does: the server cancels what serves it."""
        assert viewing._running is not None
        viewing._running.cancel()
        assert viewing._ended.wait(PATIENCE), "it goes on"


@contextmanager
def a_wire(counter: Counter, valkey_url: str) -> Iterator[Wire]:
    """Run the stream's application until the end."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    hub = Hub(counter.source, valkey_url)
    loop.call_soon_threadsafe(hub.start)
    try:
        yield Wire(counter, hub, loop)
    finally:
        asyncio.run_coroutine_threadsafe(_close(hub), loop).result(PATIENCE)
        # A reading that was given up still runs in its thread, with a connection of the house.
        asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(hub: Hub) -> None:
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        if task is not hub._task:
            task.cancel()
    await hub.stop()
    await asyncio.get_running_loop().shutdown_default_executor()  # who reads still, ends first


def bodies(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """The openings of a frame as records."""
    return [json.loads(base64.b64decode(each["body"])) for each in frame["openings"]]
