"""From an act to the streams of many clients, while the site works; what a client costs.

    python -m benchmarks.live_clients --data DIR --url http://127.0.0.1:8008 --pid PID
        [--clients 1000] [--stalled 50] [--acts 40]

Run it against a demo folder that `./batong serve` has filled; `--pid` is of `serve`. The same acts
are done first with one client, then with all of them, and with some more that read nothing: the
ratios are within the one run. A latency begins before the act is asked for: its own transaction,
the sequencer's batch and the client's reading are in it. Clients share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import itertools
import re
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from benchmarks.served_pages import get_json, memory, percentile
from monitor.role import SYSTEM
from monitor.runtime.settings import load
from trading.notice.notice import carry, current_notice
from webui.house import House, open_house

FRAME = re.compile(rb'\nid: (\d+)\ndata: \{"from":(\d+),')
CARRY = b'"action":"notice.carry"'
PAUSE = 0.25  # seconds between two acts
SETTLED = 5.0


@dataclass(slots=True)
class Client(asyncio.Protocol):
    """One reader of a stream: when each range came, and whether each began where one ended."""

    request: bytes
    came: list[tuple[int, float]] = field(default_factory=list)
    broken: int = 0
    lost: bool = False
    _rest: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask."""
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Note the frames that begin in what came."""
        now, end, data = time.perf_counter(), 0, self._rest + data
        for found in FRAME.finditer(data):
            size, start = int(found[1]), int(found[2])
            self.broken += bool(self.came) and self.came[-1][0] != start
            self.came.append((size, now))
            end = found.end()
        self._rest = data[end:][-80:]

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that it is over."""
        self.lost = True

    def latency(self, index: int, asked: float) -> float | None:
        """Return the seconds until a leaf was in a frame; None when it never was."""
        return next((at - asked for size, at in self.came if size > index), None)


class Deaf(Client):
    """A client that asks, and then reads nothing."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask, and stop."""
        super().connection_made(transport)
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", type=Path, required=True)
    asked.add_argument("--url", default="http://127.0.0.1:8008")
    asked.add_argument("--pid", type=int, required=True)
    asked.add_argument("--clients", type=int, default=1000)
    asked.add_argument("--stalled", type=int, default=50)
    asked.add_argument("--acts", type=int, default=40)
    told = asked.parse_args()
    project = get_json(f"{told.url}/api/v1/projects")["projects"][0]
    with open_house(load({}, data=told.data)) as house, _pages(told.url, project["code"]) as pages:
        alone = _round(told, house, project["id"], pages, 1, 0)
        before = memory(told.pid)["gunicorn"]
        with _held(told.url, project["id"], told.clients, 0):
            web = memory(told.pid)["gunicorn"] - before
        print(f"web server: +{web:.1f} MiB, {web * 1024 / told.clients:.1f} KiB a client")
        many = _round(told, house, project["id"], pages, told.clients, told.stalled)
    print(
        f"p50 {many[0] / alone[0]:.2f}×, p99 {many[1] / alone[1]:.2f}×, a page's p50 "
        f"{many[2] / alone[2]:.2f}× of those with one client"
    )


def _round(
    told: argparse.Namespace, house: House, project: str, pages: list[float], count: int, deaf: int
) -> tuple[float, float, float]:  # fmt: skip
    with _held(told.url, project, count, deaf) as clients:
        reading = clients[:count]
        pages.clear()
        done = _acts(house, UUID(project), told.acts)
        time.sleep(SETTLED)
        opened = get_json(f"{told.url}/api/v1/projects/{project}/frame?after=0")["openings"]
        leaves = [each["index"] for each in opened if CARRY in b64decode(each["body"])]
        found = [
            client.latency(leaf, at)
            for client in reading
            for leaf, at in zip(leaves[-told.acts :], done, strict=True)
        ]
        times = [each * 1000 for each in found if each is not None]
        p50, p99 = percentile(times, 50), percentile(times, 99)
        print(
            f"{count} clients (+ {deaf} that read nothing), {told.acts} acts: p50 {p50:.0f} ms, "
            f"p99 {p99:.0f} ms, longest {max(times):.0f} ms; never came {found.count(None)}, not "
            f"contiguous {sum(each.broken for each in reading)}, lost "
            f"{sum(each.lost for each in reading)}; a page p50 {percentile(pages, 50):.0f} ms"
        )
        return p50, p99, percentile(pages, 50)


def _acts(house: House, project: UUID, count: int) -> list[float]:
    with house.platform.read() as session:
        notice = current_notice(session, project)
        assert notice is not None
    done = []
    for _ in range(count):
        done.append(time.perf_counter())
        house.platform.perform(
            carry, SYSTEM, project, notice=notice.id, medium="centre", digest=notice.digest
        )
        time.sleep(PAUSE)
    return done


@contextlib.contextmanager
def _held(url: str, project: str, count: int, deaf: int) -> Iterator[list[Client]]:
    place, loop = urlsplit(url), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    size = get_json(f"{url}/api/v1/projects/{project}/frame?after=0")["to"]

    async def connect(kind: type[Client], after: int) -> tuple[asyncio.Transport, Client]:
        request = (
            f"GET /live/events?project={project}&after={after} HTTP/1.1\r\n"
            f"Host: {place.netloc}\r\n\r\n"
        )
        return await loop.create_connection(
            lambda: kind(request.encode()), place.hostname, place.port
        )

    clients: list[tuple[asyncio.Transport, Client]] = []
    for number in range(count + deaf):
        kind, after = (Client, size) if number < count else (Deaf, 0)
        running = asyncio.run_coroutine_threadsafe(connect(kind, after), loop)
        clients.append(running.result(30))
    time.sleep(SETTLED)
    try:
        yield [client for _, client in clients]
    finally:
        for transport, _ in clients:  # else they keep the seats of the next round's
            loop.call_soon_threadsafe(transport.abort)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


@contextlib.contextmanager
def _pages(url: str, code: str) -> Iterator[list[float]]:
    """Read pages one after the other until the end; give the milliseconds of each."""
    times, ending = list[float](), threading.Event()

    def read() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        for path in itertools.cycle(["/", f"/project/{code}", "/rooms", "/verify"]):
            if ending.is_set():
                return
            begun = time.perf_counter()
            connection.request("GET", path)
            connection.getresponse().read()
            times.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.1)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield times
    finally:
        ending.set()
        thread.join()


if __name__ == "__main__":
    main()
