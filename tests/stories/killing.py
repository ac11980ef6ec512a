"""A served platform under load whose processes are killed: what was acknowledged, and what stands."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import text

from monitor.clock import MovableClock, SystemClock
from monitor.record.demo import advance
from monitor.record.platform import Platform
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.process import exists
from tests.builders import an_actor
from tests.monitor.record.house import House
from tests.served import await_answer, free_port, serve
from tests.stories.world import Tender, World, a_tender
from trading.account.proof.device import Source
from trading.notice.message.address import set_address
from trading.registration.party import enrol
from webui.cli.serve import chosen
from webui.demo.account import PASSWORD, open_keeping
from webui.house import open_house
from webui.serve.state import OWN, Signs

PATIENCE = 240.0
PAUSE = 0.05  # seconds between two acts of a writer
WORDS = {
    "postgres": "bin/postgres",
    "valkey": "valkey-server",
    "web": "gunicorn",
    "sequencer": "webui.serve.sequencing",
    "worker": "webui.serve.work.worker",
    "scheduler": "webui.serve.scheduling",
}
VICTIMS = ("worker", "scheduler", "web", "sequencer", "valkey", "postgres", "supervisor")


def until(what: Callable[[], object], told: Callable[[], str] | str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(told if isinstance(told, str) else told())
        time.sleep(0.05)


class PlayedClock:
    """A served demo's clock as a small world moves it: by the act that moves it."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    @property
    def moment(self) -> datetime:
        return self.now()

    @moment.setter
    def moment(self, to: datetime) -> None:
        self._platform.perform(advance, SYSTEM, None, to=to)

    def now(self) -> datetime:
        """A little ahead: within one demo moment every reading ticks, and what is planned for
        "a second from now" must not lie behind the act that says so."""
        return self._platform.clock.now() + timedelta(milliseconds=1)

    def wait(self, duration: timedelta) -> None:
        self.moment = self._platform.clock.now() + duration


@dataclass(slots=True)
class Tale:
    """What the writers were told: names whose act was acknowledged, and those sent at all."""

    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    troubles: int = 0


@dataclass(slots=True)
class Served:
    """One data folder that is served, killed, and served again."""

    data: Path
    port: int
    child: subprocess.Popen[bytes]
    ending: threading.Event = field(default_factory=threading.Event)
    by_api: Tale = field(default_factory=Tale)
    direct: Tale = field(default_factory=Tale)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def family(self) -> dict[str, int]:
        """The supervisor's children by name."""
        found: dict[str, int] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                line = (entry / "cmdline").read_text().replace("\0", " ")
            except (OSError, ValueError, IndexError):
                continue
            if parent == self.child.pid:
                found |= {name: int(entry.name) for name, word in WORDS.items() if word in line}
        return found

    def kill(self, victim: str) -> datetime:
        """Kill one process outright, the supervisor with all that dies with it; when."""
        at = SystemClock().now()
        if victim == "supervisor":
            children = self.family()
            self.child.kill()
            self.child.wait()
            self.child = serve(self.data, self.port)
            until(lambda: not any(map(exists, children.values())), f"left over: {children}")
        else:
            until(lambda: victim in self.family(), f"{victim} is not there")
            os.kill(self.family()[victim], signal.SIGKILL)
        return at

    def await_all(self, after: datetime) -> None:
        """Wait until every process is there again and says so."""
        signs = Signs.of(chosen({}, self.data))
        try:
            until(lambda: set(self.family()) == set(WORDS), lambda: f"there: {self.family()}")
            await_answer(self.child, f"{self.url}/readyz", self.data)
            for name in OWN:
                until(
                    lambda name=name: signs.seen(name, after),  # type: ignore[misc]
                    lambda name=name: f"{name}: {self.log(name)}",  # type: ignore[misc]
                )
        finally:
            signs.close()

    def log(self, name: str) -> str:
        return (self.data / f"{name}.log").read_text("utf-8", "replace")[-2000:]

    def post(self, path: str, told: dict[str, Any], **headers: str) -> tuple[int, Any]:
        """Ask by JSON; (0, None) where no answer came."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        try:
            body = json.dumps(told)
            connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    def write_by_api(self, account: str) -> None:
        """Add rooms by JSON; what was not answered is asked again under the same key."""
        token = ""
        while not self.ending.wait(PAUSE):
            if not token:
                told = {"name": account, "password": PASSWORD}
                status, answer = self.post("/api/v1/session", told)
                token = answer["token"] if status == 200 else ""
                continue
            name = f"room-{secrets.token_hex(6)}"
            self.by_api.sent.add(name)
            if self._add_room(name, token):
                self.by_api.acknowledged.add(name)
            else:
                token = ""

    def _add_room(self, name: str, token: str) -> bool:
        """Ask until it is answered; False where the session was not known any more."""
        inputs = {"name": name, "purpose": "opening", "seats": 40}
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": name}
        while True:
            told = {"inputs": inputs}
            status, answer = self.post("/api/v1/acts/venue.add_room", told, **headers)
            if status == 200:
                return True
            self.by_api.troubles += 1
            if status == 401:
                return False
            assert status in {0, 429, 500, 502, 503}, (status, answer)
            if self.ending.wait(PAUSE):
                return False

    def write_directly(self, platform: Platform) -> None:
        """Enrol people; what broke off is not tried again."""
        while not self.ending.wait(PAUSE):
            name = f"测试人{secrets.token_hex(6)}"
            self.direct.sent.add(name)
            try:
                platform.perform(enrol, SYSTEM, None, name=name)
            except Exception:
                self.direct.troubles += 1
            else:
                self.direct.acknowledged.add(name)


@contextmanager
def served(folder: Path) -> Iterator[Served]:
    """A platform over a new folder, stopped at the end."""
    data, port = folder / "data", free_port()
    here = Served(data, port, serve(data, port, "--empty"))
    try:
        await_answer(here.child, f"{here.url}/readyz", data)
        here.await_all(datetime.min.replace(tzinfo=SystemClock().now().tzinfo))
        yield here
    finally:
        here.ending.set()
        here.child.send_signal(signal.SIGINT)
        try:
            here.child.wait(60)
        except subprocess.TimeoutExpired:
            here.child.kill()
            here.child.wait()


@contextmanager
def joined(here: Served) -> Iterator[Platform]:
    """The platform as a further process of its own sees it."""
    with open_house(chosen({}, here.data)) as house:
        url, clock = house.ground.database.app_url, house.platform.clock
        platform = Platform(url, clock, alarm=lambda _fault: None)
        try:
            yield platform
        finally:
            platform.close()


def a_world_in(platform: Platform, folder: Path) -> World:
    """A small world over a platform that is served: its clock is moved by acts."""
    clock = cast("MovableClock", PlayedClock(platform))
    house = House(platform, clock, cast("Any", None), cast("Any", None), cast("Any", None))
    return World(house, folder, cast("Any", None), cast("Any", None))


def tenders(world: World, number: int) -> list[Tender]:
    """Tenders whose deadlines lie a day apart; their owners want mail."""
    made = []
    for _ in range(number):
        tender = a_tender(world)
        world.do(set_address, tender.owner, None, email="owner@example.com")
        made.append(tender)
        world.until(world.now + timedelta(days=1))
    return made


def a_clerk(here: Served, platform: Platform, name: str) -> Actor:
    """One of the centre who may sign in."""
    settings = chosen({}, here.data)
    with ExitStack() as stack:
        house = stack.enter_context(open_house(settings))
        keeping = open_keeping(platform, settings, house.ground.redis_url)
        stack.callback(keeping.close)
        clerk = an_actor(platform, Role.CENTRE)
        keeping.set_password(
            keeping.invite(SYSTEM, clerk.person, name), PASSWORD, Source("127.0.0.1")
        )
    return clerk


def counted(platform: Platform, query: str) -> dict[str, int]:
    """What a query counts, by name."""
    with platform.read() as session:
        return {row[0]: row[1] for row in session.execute(text(query))}
