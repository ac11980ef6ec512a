"""Many clients at once over the wire: nothing lost, nothing doubled, and who reads nothing goes."""

import asyncio
import json
import re
import socket
import time
import urllib.request
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

from monitor.role import SYSTEM
from tests.served import Served
from trading import board
from trading.notice.notice import carry, current_notice
from webui.page.source import Source

PATIENCE = 120.0
TINY = 2048  # bytes that a client which reads nothing lets the kernel keep for it


@dataclass(slots=True)
class Client(asyncio.Protocol):
    """A client of a stream: the ranges of its frames, and the places of what was carried."""

    request: bytes
    ranges: list[tuple[int, int]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    is_in: bool = False
    is_lost: bool = False
    _rest: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.is_in = True
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for told in events:
            if told.startswith(b"event: frame\n"):
                self._take(json.loads(told.partition(b"\ndata: ")[2]))

    def _take(self, frame: dict[str, object]) -> None:
        self.ranges.append((frame["from"], frame["to"]))  # type: ignore[arg-type]
        for opening in frame["openings"]:  # type: ignore[attr-defined]
            if b'"action":"notice.carry"' in b64decode(opening["body"]):
                self.places.append(opening["index"])

    def connection_lost(self, _: Exception | None) -> None:
        self.is_lost = True

    def up_to(self, end: int) -> list[int]:
        return [place for place in self.places if place < end]

    def is_contiguous(self, start: int) -> bool:
        ends = [start, *(end for _, end in self.ranges)]
        return [begin for begin, _ in self.ranges] == ends[:-1]


class Deaf(Client):
    """A client that asks, and then reads nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        Client.connection_made(self, transport)
        assert isinstance(transport, asyncio.ReadTransport)
        # After it began to read: an older Python begins only then, whatever was asked before.
        asyncio.get_running_loop().call_soon(transport.pause_reading)


@dataclass
class Crowd:
    """The clients of one trade's stream."""

    served: Served
    source: Source
    entry: board.Entry
    opened: list[asyncio.BaseTransport] = field(default_factory=list)

    async def join(self, kind: type[Client], after: int) -> Client:
        place, loop = urlsplit(self.served.url), asyncio.get_running_loop()
        wire = socket.socket()
        wire.setblocking(False)
        if kind is Deaf:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY)
        assert place.hostname
        await loop.sock_connect(wire, (place.hostname, place.port))
        request = (
            f"GET /live/events?project={self.entry.project} HTTP/1.0\r\nHost: {place.netloc}\r\n"
            f"Last-Event-ID: {after}\r\n\r\n"
        )
        transport, made = await loop.create_connection(lambda: kind(request.encode()), sock=wire)
        self.opened.append(transport)
        return made

    def size(self) -> int:
        head = self.source.head()
        assert head is not None
        return head.size

    def act(self) -> None:
        """Compare the notice with a medium once more: public, and harmless."""
        with self.source.platform.read() as session:
            notice = current_notice(session, self.entry.project)
            assert notice is not None
        self.source.platform.perform(
            carry, SYSTEM, self.entry.project, notice=notice.id, medium="centre",
            digest=notice.digest,
        )  # fmt: skip

    def watching(self) -> int:
        """How many streams the server holds open, everybody's."""
        with urllib.request.urlopen(f"{self.served.url}/metrics", timeout=60) as answer:  # noqa: S310
            found = re.search(rb"^batong_viewers (\d+)", answer.read(), re.MULTILINE)
        assert found is not None
        return int(found[1])


async def until(what: Callable[[], bool], told: str) -> None:
    """Wait for something that must come; how long it takes is asserted nowhere."""
    deadline = time.monotonic() + PATIENCE
    while not await asyncio.to_thread(what):
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.1)


def test_every_client_of_a_crowd_gets_every_act_once_in_its_place(
    served: Served, source: Source, entry: board.Entry, campaign: bool
) -> None:
    count, deaf, acts = (1000, 50, 40) if campaign else (24, 0, 5)

    async def run() -> None:
        crowd = Crowd(served, source, entry)
        try:
            begun = crowd.size()
            readers = [await crowd.join(Client, begun) for _ in range(count)]
            await until(lambda: all(each.is_in for each in readers), "not all are let in")
            before = crowd.watching()
            silent = [await crowd.join(Deaf, 0) for _ in range(deaf)]
            for _ in range(acts):
                await asyncio.to_thread(crowd.act)
            await until(
                lambda: all(len(each.places) >= acts for each in readers), "something was lost"
            )
            assert [each.is_lost for each in readers] == [False] * count
            assert all(each.is_contiguous(begun) for each in readers)
            end = min(each.ranges[-1][1] for each in readers)
            places = readers[0].up_to(end)
            assert len(places) >= acts
            assert len(set(places)) == len(places), "each act has one place, and comes once"
            assert all(each.up_to(end) == places for each in readers)
            assert not any(each.ranges for each in silent), "who reads nothing kept nobody waiting"
            if deaf:
                await until(lambda: crowd.watching() <= before, "nobody was sent away")
            again = [await crowd.join(Client, begun) for _ in range(deaf or 1)]
            await until(
                lambda: all(each.up_to(end) == places for each in again), "lost on resuming"
            )
            assert all(each.is_contiguous(begun) for each in again)
        finally:
            for each in crowd.opened:
                each.close()
            await asyncio.sleep(0)

    asyncio.run(run())


@pytest.mark.parametrize("told", [[(0, 5), (6, 9)], [(0, 5), (4, 9)], [(1, 5)]])
def test_a_gap_or_an_overlap_would_be_seen(told: list[tuple[int, int]]) -> None:
    assert not Client(b"", ranges=told).is_contiguous(0)
