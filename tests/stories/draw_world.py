"""A served platform and the three machines of a draw, each with a folder of its own."""

import json
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from werkzeug.serving import make_server

from bidding.envelope.age.key import new_identity, recipient_of
from experts.ceremony.mail.machine import name_machine
from experts.ceremony.mail.reading import published, reading
from experts.ceremony.mail.request import Wanted, found_request, request
from experts.ceremony.mail.view import View
from experts.custody import Custody
from experts.draw.service import DrawService
from experts.inspector import InspectorAgent
from experts.pool.expert import person_of
from experts.pool.stand_in import SPECIALTIES
from monitor.clock import SystemClock
from monitor.runtime.database import Addresses
from monitor.runtime.folder import Kind, claim
from monitor.runtime.settings import load
from monitor.log.tile import TileStore
from monitor.role import SYSTEM, Actor, Role
from tests.builders import an_actor, a_standing, the_act
from tests.experts.drawing import DrawingPool, a_drawing_pool
from tests.monitor.record.house import House, a_house
from tests.stories.demo.run import ROOT
from tests.trading.projects import an_accepted_trade
from trading.account.keeping import Keeping, open_accounts
from trading.account.proof.device import Source as Origin
from trading.account.proof.vault import Vault
from trading.account.session import Policy
from trading.registration.project import sections
from webui.artefact.keys import read_keys, write_keys
from webui.page.app import create_app
from webui.page.source import Source
from webui.program.centre.desk import Centre
from webui.program.centre.notifier import ADDRESSES, KEEPERS, Notifier
from webui.program.client import PASSWORD, Client
from webui.program.inspector import Agent
from webui.program.loop import Loop
from webui.program.mail import unseal
from webui.program.owner import SIGN, Owner
from webui.program.side import Side

WORD = "a long word for tests"
NAMES = {"C": "draw-service", "I": "inspector-agent", "T": "owner-machine"}
COMMANDS = {"C": ("draw", "--stand-in"), "I": ("agent",), "T": ("owner",)}
WANTED = (Wanted(("A01", "A02", "A03"), 3), Wanted(("B01", "B02", "C01"), 2))


@dataclass
class Machines:
    """Whose machines they are, and the folder of each."""

    centre: Actor
    inspector: Actor
    owner: Actor
    folder: Path

    def keys(self, role: str) -> Path:
        return self.folder / NAMES[role]


@dataclass
class World:
    """One draw on a platform that is served over loopback."""

    house: House
    keeping: Keeping
    pool: DrawingPool
    machines: Machines
    url: str
    project: UUID
    section: UUID
    identities: Mapping[str, str]
    request: UUID = UUID(int=0)
    declining: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)

    @property
    def platform(self) -> Any:
        return self.house.platform

    def wait(self, seconds: int) -> None:
        self.house.clock.wait(timedelta(seconds=seconds))

    def ask(self) -> UUID:
        now = self.house.clock.now()
        self.request = self.platform.perform(
            request, self.machines.centre, self.project, section=self.section, wanted=WANTED,
            starts=now + timedelta(days=5), ends=now + timedelta(days=6),
        )  # fmt: skip
        return self.request

    def view(self) -> View:
        with self.platform.read() as session:
            asked = found_request(session, self.request)
            return View(reading(session, asked, "C", self.house.clock.now()))

    def side(self, role: str) -> Side:
        """The machine as an object of this process, over the same HTTP and folder."""
        keys = self.machines.keys(role)
        client = Client(self.url, NAMES[role], keys)
        if role == "C":
            return Centre(client, DrawService(Custody(keys)), Notifier(keys), True)
        if role == "I":
            return Agent(client, InspectorAgent(Custody(keys)))
        return Owner(client, keys)

    def program(self, role: str) -> subprocess.Popen[bytes]:
        """The machine as a program of its own."""
        group, *more = COMMANDS[role]
        keys = self.machines.keys(role)
        with (keys.parent / f"{NAMES[role]}.log").open("ab") as log:
            return subprocess.Popen(
                [
                    sys.executable, "-P", "-m", "webui.cli", group, "run", "--url", self.url,
                    "--keys", str(keys), "--account", NAMES[role], *more,
                ],
                cwd=keys, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def letters(self) -> list[tuple[str, dict[str, Any]]]:
        """Every letter, by whom it opens for: each expert tries all, as their program does."""
        found = []
        for one in self.expert("E000000").read("/api/v1/letters")["letters"]:
            for uid, identity in self.identities.items():
                try:
                    found.append((uid, dict(unseal(one["sealed"], identity, "letter"))))
                except ValueError:
                    continue
        return found

    def answer(self) -> int:
        """Let the experts answer their invitations; tell how many did."""
        done = 0
        for uid, told in self.letters():
            if told["what"] != "invitation" or uid in self.silent or self._answered(told["mask"]):
                continue
            accepts = uid not in self.declining
            inputs = {"mask": told["mask"], "token": told["token"], "accepts": accepts}
            self.expert(uid).act("draw.answer", inputs)
            done += 1
        return done

    def check_in(self) -> int:
        done = 0
        for uid, told in self.letters():
            if told["what"] != "seat" or self._sits(told["mask"]):
                continue
            inputs = {
                "mask": told["mask"], "section": told["section"], "opening": told["opening"],
                "secret": secrets.token_hex(32),
            }  # fmt: skip
            self.expert(uid).act("panel.check_in", inputs, told["project"])
            done += 1
        return done

    def expert(self, uid: str) -> Client:
        """The expert's own program: invited and signed in when first needed."""
        folder = self.machines.folder / uid
        if not folder.exists():
            with self.platform.read() as session:
                person = person_of(session, uid)
            an_account(self.keeping, person, uid.lower(), folder)
        return Client(self.url, uid.lower(), folder)

    def bundle(self) -> bytes:
        with self.platform.read() as session:
            assert published(session, self.request)
        client = Client(self.url, "", Path())
        return client._call("GET", f"/api/v1/draws/{self.request}/bundle", None, {})

    def act(self, name: str) -> None:
        the_act(self.platform, name, self.project)

    def _answered(self, mask: str) -> bool:
        return self.view().answer(mask) is not None

    def _sits(self, mask: str) -> bool:
        return any(s["mask"] == mask and s["state"] == "checked_in" for s in self.view().seats())


def an_account(keeping: Keeping, person: UUID, name: str, folder: Path) -> None:
    """An account by which a program signs in; its password lies in its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    keeping.set_password(keeping.invite(SYSTEM, person, name), WORD, Origin("127.0.0.1"))
    (folder / PASSWORD).write_text(WORD)


@contextmanager
def a_world(database: Addresses, valkey_url: str, folder: Path) -> Iterator[World]:
    with ExitStack() as stack:
        house = stack.enter_context(a_house(database, folder))
        pool = a_drawing_pool(house.platform, 60)
        keeping = the_accounts(house, folder, valkey_url)
        stack.callback(keeping.close)
        trade = an_accepted_trade(house.platform)
        inspector = an_actor(house.platform, Role.DEPARTMENT)
        a_standing(house.platform, trade.id, inspector, pool.keepers.first)
        machines = Machines(pool.keepers.first, inspector, trade.owner, folder / "stand-ins")
        identities = {uid: new_identity() for uid in pool.people}
        name_machines(house, keeping, machines, identities)
        house.settle()
        with house.platform.read() as session:
            [section] = sections(session, trade.id)
        url = stack.enter_context(served(database, house, keeping, folder))
        yield World(house, keeping, pool, machines, url, trade.id, section.id, identities)


def the_accounts(house: House, folder: Path, valkey_url: str) -> Keeping:
    claim(folder / "data", Kind.DEMO)
    policy = Policy(second_factor=frozenset())
    vault = Vault.of(folder / "data")
    return open_accounts(house.platform, vault, valkey_url, SystemClock(), policy)


def name_machines(
    house: House, keeping: Keeping, machines: Machines, identities: Mapping[str, str]
) -> None:
    """Each side names its own machine; the keys were made in the machine's own folder."""
    administrator = an_actor(house.platform, Role.ADMINISTRATOR, machines.centre.org)
    by = {"C": administrator, "I": machines.inspector, "T": machines.owner}
    roles = {"C": Role.CENTRE, "I": Role.DEPARTMENT, "T": Role.TENDEREE}
    for role, actor in by.items():
        keys = machines.keys(role)
        public = the_keys(role, keys)
        own = an_actor(house.platform, roles[role], actor.org)
        house.platform.perform(name_machine, actor, None, person=own.person, **public)
        an_account(keeping, own.person, NAMES[role], keys)
    addresses = {uid: recipient_of(one) for uid, one in identities.items()}
    (machines.keys("C") / ADDRESSES).write_text(json.dumps(addresses))
    (machines.keys("C") / KEEPERS).write_text(recipient_of(new_identity()))


def the_keys(role: str, keys: Path) -> dict[str, bytes]:
    if role != "T":
        public = Custody.create(keys).public()
        return {name: bytes.fromhex(str(value)) for name, value in public.items()}
    keys.mkdir(parents=True)
    (keys / SIGN).write_bytes(secrets.token_bytes(32))
    return {"sign": Owner(Client("", "", keys), keys).public()}


@contextmanager
def served(database: Addresses, house: House, keeping: Keeping, folder: Path) -> Iterator[str]:
    """The pages' own application over loopback HTTP."""
    settings = load({}, data=folder / "data")
    keys = read_keys(write_keys(house.policy, "00" * 32))
    tiles = TileStore(folder / "log")
    app = create_app(Source(house.platform, database.app_url, settings, keys, tiles), keeping)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def settle(world: World, loops: Mapping[str, Loop], others: Callable[[], int]) -> None:
    """Let every machine look in turn until none has anything to do."""
    for _ in range(200):
        done = [loop.once() for loop in loops.values()]
        if not any(done) and not others():
            return
    raise AssertionError("the machines do not come to rest")
