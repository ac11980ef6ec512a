"""A served platform and the three machines of a draw, each with a folder of its own."""

import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID, uuid4

from argon2 import PasswordHasher
from flask import Flask
from werkzeug.serving import make_server

from bidding.envelope.age.key import new_identity, recipient_of
from experts.ceremony.mail.agenda import agenda
from experts.ceremony.mail.machine.machine import name_machine
from experts.ceremony.mail.purpose import Manner
from experts.ceremony.mail.reading import published, reading
from experts.ceremony.mail.request import USUAL, found_request, request
from experts.ceremony.mail.view import View
from experts.ceremony.mail.wanted import Wanted
from experts.custody import Custody
from experts.draw.service import DrawService
from experts.inspector import InspectorAgent
from experts.pool.expert import person_of
from monitor.clock import SystemClock
from monitor.log.tile import TileStore
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.role import NOBODY, SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from monitor.runtime.folder import Kind, claim
from monitor.runtime.settings import load
from tests import spy
from tests.answering import answering
from tests.builders import a_participation, a_standing, an_actor, the_act
from tests.experts.drawing import DrawingPool, a_drawing_pool
from tests.monitor.record.house import House, a_house
from tests.stories.demo.run import ROOT
from tests.trading.projects import a_filing
from trading.account.keeping import Keeping, open_accounts
from trading.account.proof.device import Source as Origin
from trading.account.proof.password import Hasher
from trading.account.proof.vault import Vault
from trading.account.session import Policy
from trading.notice.participation import identify
from trading.registration.intake import accept, register
from trading.registration.project import sections
from webui.artefact.keys import read_keys, write_keys
from webui.page.app import create_app
from webui.page.source import Source
from webui.program.client import PASSWORD, Client
from webui.program.draw.centre.desk import Centre
from webui.program.draw.centre.notifier import ADDRESSES, KEEPERS, Notifier
from webui.program.draw.inspector import Agent
from webui.program.draw.loop import Loop
from webui.program.draw.owner import SIGN, Owner
from webui.program.draw.side import Side
from webui.program.mail import unseal

DICE = 1000  # seconds until the dice may be thrown, and some
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
    app: Flask
    identities: Mapping[str, str]
    project: UUID = NOBODY
    section: UUID = NOBODY
    request: UUID = NOBODY
    declining: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    bidders: list[tuple[str, str]] = field(default_factory=list)
    opened: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)

    @property
    def platform(self) -> Any:
        return self.house.platform

    def wait(self, seconds: int) -> None:
        self.house.clock.wait(timedelta(seconds=seconds))

    def begin(self) -> None:
        """A fresh trade of the same owner, and a request for its panel."""
        self.trade()
        self.ask()

    def trade(self) -> None:
        """A fresh trade of the same owner, in which nothing was asked for."""
        self.project = uuid4()
        filing = a_filing()
        self.platform.perform(register, self.machines.owner, self.project, filing=filing)
        self.platform.perform(accept, self.machines.centre, self.project)
        a_standing(self.platform, self.project, self.machines.inspector, self.machines.centre)
        with self.platform.read() as session:
            self.section = sections(session, self.project)[0].id
        self.declining, self.silent, self.bidders = set(), set(), []

    def ask(self, reason: str = "", manner: Manner = USUAL) -> UUID:
        now = self.house.clock.now()
        self.request = self.platform.perform(
            request, self.machines.centre, self.project, section=self.section, wanted=WANTED,
            starts=now + timedelta(days=5), ends=now + timedelta(days=6),
            reason=reason, manner=manner,
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
                    "--keys", str(keys), "--account", NAMES[role], "--look", "0.1", *more,
                ],
                cwd=keys, env=self.watched({"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}),
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def watched(self, environment: dict[str, str]) -> dict[str, str]:
        """Have what a program opens written down: of the platform's folder and everybody's."""
        world = self.machines.folder.parent
        return environment | spy.environment(str(world), str(world / "opened.txt"))

    def opened_elsewhere(self) -> dict[str, set[str]]:
        """What each program opened that is not in its own folder; it must have opened that."""
        found: dict[str, set[str]] = {}
        for line in (self.machines.folder.parent / "opened.txt").read_text().splitlines():
            word, path, command = line.split("\t")
            name = command.split("--account ")[1].split()[0]
            if word == "opened":
                own = f"{self.machines.folder / name}/"
                found.setdefault(name, set()).update(set() if path.startswith(own) else {path})
        return found

    def letters(self) -> list[tuple[str, dict[str, Any]]]:
        """Every letter, by whom it opens for: each expert tries all, as their program does."""
        told = self.expert("E000000").read("/api/v1/letters")["letters"]
        for sealed in {one["sealed"] for one in told} - set(self.opened):
            for uid, identity in self.identities.items():
                try:
                    self.opened[sealed] = (uid, dict(unseal(sealed, identity, "letter")))
                except ValueError:
                    continue
        return [self.opened[one["sealed"]] for one in told]

    def answer(self) -> int:
        """Let the experts answer their invitations; tell how many did."""
        done, drawn = 0, {seat["mask"] for seat in self.view().seats()}
        for uid, told in self.letters():
            mine = told["what"] == "invitation" and told["mask"] in drawn
            if not mine or uid in self.silent or self._answered(told["mask"]):
                continue
            accepts = uid not in self.declining
            inputs = {"mask": told["mask"], "token": told["token"], "accepts": accepts}
            self.expert(uid).act("draw.answer", inputs)
            done += 1
        return done

    def check_in(self) -> int:
        done = 0
        for uid, told in self.letters():
            if told["what"] != "seat" or told["project"] != str(self.project):
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
        if uid not in self.clients:
            folder = self.machines.folder / uid
            with self.platform.read() as session:
                person = person_of(session, uid)
            an_account(self.keeping, person, uid.lower(), folder)
            self.clients[uid] = Client(self.url, uid.lower(), folder)
        return self.clients[uid]

    def bundle(self) -> bytes:
        with self.platform.read() as session:
            assert published(session, self.request)
        client = Client(self.url, "", Path())
        return client._call("GET", f"/api/v1/draws/{self.request}/bundle", None, {})

    def invited(self) -> list[str]:
        """The uids that were sent an invitation of this draw, in the order of their places."""
        return self._reached("invitation", self.view().seats())

    def masks(self) -> list[tuple[str, str]]:
        """Every uid with its pseudonym, as the opened letters tell."""
        return [(uid, told["mask"]) for uid, told in self.opened.values()]

    def seated(self) -> list[str]:
        """The uids of those who sit, which the letters tell and the platform cannot."""
        return self._reached("invitation", self.view().seated)

    def _reached(self, what: str, seats: list[Mapping[str, Any]]) -> list[str]:
        self.letters()
        known = {told["mask"]: uid for uid, told in self.opened.values() if told["what"] == what}
        return [known[seat["mask"]] for seat in seats]

    def bid_by_the_employer_of(self, uid: str) -> None:
        """Somebody bids whose own people may not judge."""
        employer = self.pool.people[uid].facts.employers[-1].employer
        bidder = a_participation(self.platform, self.project)
        self.bidders.append((str(bidder.mask), employer))

    def identify(self) -> None:
        for mask, uscc in self.bidders:
            self.platform.perform(
                identify, SYSTEM, self.project, mask=mask, uscc=uscc, name="某投标人"
            )

    def close(self) -> None:
        """CLOSE of the tender, which is bidding's act: how many bid, and not who."""
        count = len(self.bidders)

        def run(act: Act) -> None:
            act.note(section=str(self.section), bids={"count": count})

        verb = Action("opening.close", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
        self.platform.perform(verb, SYSTEM, self.project)

    def act(self, name: str) -> None:
        the_act(self.platform, name, self.project)

    def _answered(self, mask: str) -> bool:
        return self.view().answer(mask) is not None


def an_account(keeping: Keeping, person: UUID, name: str, folder: Path) -> None:
    """An account by which a program signs in; its password lies in its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    keeping.set_password(keeping.invite(SYSTEM, person, name), WORD, Origin("127.0.0.1"))
    (folder / PASSWORD).write_text(WORD)


@contextmanager
def a_world(
    database: Addresses, valkey_url: str, folder: Path, people: int = 60
) -> Iterator[World]:
    with ExitStack() as stack:
        house = stack.enter_context(a_house(database, folder))
        pool = a_drawing_pool(house.platform, people)
        keeping = the_accounts(house, folder, valkey_url)
        stack.callback(keeping.close)
        inspector = an_actor(house.platform, Role.DEPARTMENT)
        owner = an_actor(house.platform, Role.TENDEREE)
        machines = Machines(pool.keepers.first, inspector, owner, folder / "stand-ins")
        identities = {uid: new_identity() for uid in pool.people}
        name_machines(house, keeping, machines, identities)
        house.settle()
        url, app = stack.enter_context(served(database, house, keeping, folder))
        yield World(house, keeping, pool, machines, url, app, identities)


def the_accounts(house: House, folder: Path, valkey_url: str) -> Keeping:
    claim(folder / "data", Kind.DEMO)
    policy = Policy(second_factor=frozenset())
    vault = Vault.of(folder / "data")
    hasher = Hasher(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    return open_accounts(house.platform, vault, valkey_url, SystemClock(), policy, hasher)


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
def served(
    database: Addresses, house: House, keeping: Keeping, folder: Path
) -> Iterator[tuple[str, Flask]]:
    """The pages' own application over loopback HTTP."""
    settings = load({}, data=folder / "data")
    keys = read_keys(write_keys(house.policy, "00" * 32))
    tiles = TileStore(folder / "log")
    app = create_app(Source(house.platform, database.app_url, settings, keys, tiles), keeping)
    with answering(make_server("127.0.0.1", 0, app, threaded=True)) as url:
        yield url, app


class Looks(Protocol):
    """What looks at the platform once; tells whether it did something."""

    def once(self) -> bool: ...


def settle(world: World, loops: Mapping[str, Looks], others: Callable[[], int]) -> None:
    """Let every machine look in turn until none has anything to do."""
    for _ in range(200):
        done = [loop.once() for loop in loops.values()]
        if not any(done) and not others():
            return
    raise AssertionError("the machines do not come to rest")


def nobody() -> int:
    return 0


def the_loops(world: World) -> dict[str, Loop]:
    return {role: Loop(world.side(role)) for role in "CIT"}


def thrown(world: World) -> dict[str, Loop]:
    """A fresh draw up to its dice, which may be thrown now; the machines that go on."""
    world.begin()
    loops = the_loops(world)
    settle(world, loops, nobody)
    world.wait(DICE)
    return loops


def wants(world: World) -> set[tuple[str, str]]:
    return {(todo.who, todo.what) for todo in agenda(world.view())}


def done_acts(world: World) -> list[dict[str, Any]]:
    """What the department may see of the draw, refused attempts included."""
    viewer = Viewer(Audience.INSPECTOR, world.machines.inspector.org)
    with world.platform.read() as session:
        rows = timeline(session, world.project, viewer)
    return [row.facts for row in rows if row.facts["action"].startswith("draw.")]


def the_clerk(world: World) -> Client:
    folder = world.machines.folder / "clerk"
    if "clerk" not in world.clients:
        an_account(world.keeping, world.machines.centre.person, "clerk", folder)
        world.clients["clerk"] = Client(world.url, "clerk", folder)
    return world.clients["clerk"]
