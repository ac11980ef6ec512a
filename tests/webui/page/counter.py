"""The pages' application over a fresh house, where any actor can be signed in with an account."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bidding.desk import Desk
from bidding.hall.trust import name_log
from monitor.clock import SystemClock
from monitor.log.tile import TileStore
from monitor.role import SYSTEM, Actor
from monitor.runtime.database import Addresses
from monitor.runtime.folder import Kind, claim
from monitor.runtime.settings import load
from monitor.store import FolderStore
from tests.monitor.record.house import House, a_house
from tests.stories.world import World
from trading.account.door import Attempt
from trading.account.keeping import Keeping, open_accounts
from trading.account.proof.device import Source as Origin
from trading.account.proof.password import Hasher
from trading.account.proof.vault import Vault
from trading.account.session import Policy
from webui.artefact.keys import read_keys, write_keys
from webui.page.app import create_app
from webui.page.source import Source

WORD = "a long word for tests"
HERE = Origin("127.0.0.1")
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Person:
    """A browser in which somebody is signed in."""

    client: FlaskClient
    token: str
    csrf: str

    def get(self, path: str, status: int = 200) -> str:
        """Read a page."""
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text[:500]
        return answer.text

    def post(self, path: str, once: str = "", **form: Any) -> TestResponse:
        """Send a form of this session."""
        told = {"csrf": self.csrf, "once": once or secrets.token_hex(8), **form}
        return self.client.post(path, data=told)

    def act(self, name: str, project: UUID | None, /, **form: Any) -> TestResponse:
        """Do a deed by its form."""
        told = {"project": str(project), **form} if project else form
        return self.post(f"/act/{name}", **told)


@dataclass
class Counter:
    """A house with its pages and accounts."""

    house: House
    keeping: Keeping
    source: Source
    app: Flask
    _people: dict[UUID, str] = field(default_factory=dict)

    def person(self, actor: Actor) -> Person:
        """Sign somebody in; an account is made when first needed."""
        name = self._people.get(actor.person)
        if name is None:
            name = f"u{actor.person.hex}"
            invitation = self.keeping.invite(SYSTEM, actor.person, name)
            self.keeping.set_password(invitation, WORD, HERE)
            self._people[actor.person] = name
        entrance = self.keeping.door.sign_in(Attempt(name, WORD), HERE)
        client = self.app.test_client()
        client.set_cookie("session", entrance.token)
        return Person(client, entrance.token, self.keeping.gate.csrf(entrance.token))


def a_world(counter: Counter, folder: Path) -> World:
    """Return a world for stories in a counter's own house."""
    name_log(counter.house.platform, counter.house.policy)
    store = FolderStore(folder / "files")
    desk = Desk(counter.house.platform, store, Ed25519PrivateKey.generate())
    return World(counter.house, folder, store, desk)


@contextmanager
def a_counter(database: Addresses, valkey_url: str, folder: Path) -> Iterator[Counter]:
    """Open the application over an empty house; nobody needs a second factor."""
    with a_house(database, folder) as house:
        settings = load({}, data=folder / "data")
        claim(settings.data, Kind.DEMO)
        rules = Policy(second_factor=frozenset())
        vault = Vault.of(settings.data)
        keeping = open_accounts(
            house.platform, vault, valkey_url, SystemClock(), rules, Hasher(QUICK)
        )
        keys = read_keys(write_keys(house.policy, "00" * 32))
        source = Source(house.platform, database.app_url, settings, keys, TileStore(folder / "log"))
        house.settle()
        try:
            yield Counter(house, keeping, source, create_app(source, keeping))
        finally:
            keeping.close()
