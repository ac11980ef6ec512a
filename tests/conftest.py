"""Real servers for the tests: one PostgreSQL a run, a fresh database a module, Valkey on demand."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from monitor.runtime.database import (
    Addresses,
    Login,
    create_database,
    create_extensions,
    create_logins,
    libpq,
    passwords,
)
from monitor.runtime.folder import socket_folder
from monitor.runtime.postgres import EmbeddedPostgres
from monitor.runtime.valkey import EmbeddedValkey

TEMPLATE = "batong_template"
OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
}
EXTERNAL = "BATONG_TEST_DATABASE_URL"  # superuser of a throw-away server: its logins are changed
TEMPLATE_LOCK = 8_080_808
LONGEST = (
    "test_every_page", "test_six_people", "test_kill", "test_without_script", "test_bad_input",
    "test_schema", "test_cut", "test_programs", "test_serve",
    "test_tenderer", "test_secret", "test_state_matrix",
)  # fmt: skip
"""Files that take minutes begin first: a worker takes a file whole, and none shall end alone."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server that tests fill with databases."""

    folder: Path
    superuser_url: str

    def addresses(self, name: str) -> Addresses:
        """Returns the addresses of database `name`."""
        words = passwords(self.folder)
        place = make_url(self.superuser_url).set(database=name)

        def url(login: Login) -> str:
            return place.set(username=login, password=words[login]).render_as_string(False)

        return Addresses(
            url(Login.OWNER),
            url(Login.APP),
            url(Login.SEQUENCER),
            place.render_as_string(hide_password=False),
        )

    def clone(self) -> Addresses:
        """Returns a fresh copy of the migrated template."""
        name = f"test_{uuid4().hex}"
        create_database(self.superuser_url, name, TEMPLATE)
        return self.addresses(name)

    def drop(self, name: str) -> None:
        """Drops database `name`, whoever is connected."""
        with psycopg.connect(libpq(self.superuser_url), autocommit=True) as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
            )


class Run:
    """What one test run shares; the process that pytest was called in owns it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._server: Server | None = None

    def server(self) -> Server:
        """Returns the server, started on first use."""
        if self._server is None:
            self._server = self._start()
        return self._server

    def close(self) -> None:
        """Stops what was started."""
        self._stack.close()

    def _start(self) -> Server:
        folder = Path(tempfile.mkdtemp(prefix="batong-test-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if EXTERNAL in os.environ:
            url = os.environ[EXTERNAL]
            create_logins(url, passwords(folder))
            return Server(folder, url)
        sockets = socket_folder(folder)
        self._stack.callback(shutil.rmtree, sockets, ignore_errors=True)
        postgres = self._stack.enter_context(EmbeddedPostgres(folder, sockets, options=OPTIONS))
        return Server(folder, postgres.addresses("postgres").superuser_url)


RUN = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--campaign", action="store_true", help="full sizes, run by hand")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Puts what takes longest first; leaves campaign tests out unless they are asked for."""
    items.sort(key=_turn)
    if config.getoption("--campaign"):
        return
    left_out = [item for item in items if item.get_closest_marker("campaign")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def _turn(item: pytest.Item) -> int:
    return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)


@pytest.fixture(scope="session")
def campaign(request: pytest.FixtureRequest) -> bool:
    """Whether full sizes are asked for."""
    return bool(request.config.getoption("--campaign"))


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RUN] = Run()


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[RUN].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tells an xdist worker where the server is."""
    server = node.config.stash[RUN].server()  # type: ignore[attr-defined]
    node.workerinput["folder"] = str(server.folder)  # type: ignore[attr-defined]
    node.workerinput["superuser_url"] = server.superuser_url  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Server:
    """The server of this run."""
    told = getattr(request.config, "workerinput", None)
    if told is None:
        return request.config.stash[RUN].server()
    return Server(Path(told["folder"]), told["superuser_url"])


@pytest.fixture(scope="session")
def migrated(postgres: Server) -> Server:
    """The server with the template database: migrated once a run, by whoever comes first."""
    with psycopg.connect(libpq(postgres.superuser_url), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [TEMPLATE_LOCK])
        query = "select 1 from pg_database where datname = %s"
        if connection.execute(query, [TEMPLATE]).fetchone() is None:
            make_template(postgres, connection)
    return postgres


def make_template(server: Server, connection: psycopg.Connection) -> None:
    """Builds the template under another name, so that a failed build is not taken for one."""
    from monitor.migrations.schema import migrate

    draft = f"{TEMPLATE}_draft"
    server.drop(draft)
    create_database(server.superuser_url, draft)
    addresses = server.addresses(draft)
    create_extensions(addresses.superuser_url)
    migrate(addresses.owner_url)
    connection.execute(
        sql.SQL("alter database {} rename to {}").format(
            sql.Identifier(draft), sql.Identifier(TEMPLATE)
        )
    )


@pytest.fixture(scope="module")
def database(migrated: Server) -> Iterator[Addresses]:
    """A fresh migrated database for the module: an address for each login."""
    addresses = migrated.clone()
    yield addresses
    name = make_url(addresses.owner_url).database
    assert name is not None
    migrated.drop(name)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A Valkey of this worker's own; `.url` is its address."""
    folder = tmp_path_factory.mktemp("valkey")
    sockets = socket_folder(folder)
    with EmbeddedValkey(folder, sockets) as server:
        yield server
    shutil.rmtree(sockets, ignore_errors=True)
