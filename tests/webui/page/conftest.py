"""The pages' own application, over the served platform of this run or over an empty house."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitor.record.disclosure import VISITOR, Disclosed, timeline
from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.served import Served, served_once
from tests.webui.page.counter import Counter, a_counter
from trading import board
from webui.demo.account import open_keeping
from webui.house import House, open_house
from webui.page.app import create_app
from webui.page.source import Source


@pytest.fixture(scope="session")
def served(shared: Path) -> Iterator[Served]:
    with served_once(shared) as platform:
        yield platform


@pytest.fixture(scope="session")
def house(served: Served) -> Iterator[House]:
    with open_house(served.settings) as opened:
        assert opened.ground.borrowed
        yield opened


@pytest.fixture(scope="session")
def source(served: Served, house: House) -> Source:
    return Source.of(served.settings, house)


@pytest.fixture(scope="session")
def app(served: Served, house: House, source: Source) -> Iterator[Flask]:
    keeping = open_keeping(source.platform, served.settings, house.ground.redis_url)
    yield create_app(source, keeping)
    keeping.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="session")
def entry(source: Source) -> board.Entry:
    with source.platform.read() as session:
        return next(board.search(session, source.now))


@pytest.fixture
def records(source: Source, entry: board.Entry) -> list[Disclosed]:
    with source.platform.read() as session:
        return timeline(session, entry.project, VISITOR)


@pytest.fixture(scope="module")
def counter(
    database: Addresses, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Counter]:
    """The pages over an empty house of the module's own."""
    with a_counter(database, valkey.url, tmp_path_factory.mktemp("counter")) as made:
        yield made
