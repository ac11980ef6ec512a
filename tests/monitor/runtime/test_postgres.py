"""Embedded PostgreSQL: who may enter, what is on the command line, what survives a kill -9."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from monitor.runtime.account import for_server
from monitor.runtime.database import Login, addresses, libpq, passwords
from monitor.runtime.folder import socket_folder
from monitor.runtime.postgres import EmbeddedPostgres
from monitor.runtime.process import ProcessError, works_in

ROOT = Path(__file__).parents[3]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder of mode 0700, as `claim` makes it, whose sockets are removed after the test."""
    folder = tmp_path / "data 数据"
    folder.mkdir(mode=0o700)
    yield folder
    for path in socket_folder(folder).iterdir():
        path.unlink()
    socket_folder(folder).rmdir()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def one(url: str, query: str) -> object:
    with psycopg.connect(libpq(url)) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server with the options of production, for tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("data")
    sockets = socket_folder(folder)
    with EmbeddedPostgres(folder, sockets) as running:
        yield running
    sockets.rmdir()


def test_a_server_is_private_and_checked(server: EmbeddedPostgres) -> None:
    urls = server.addresses()
    for name, value in {
        "data_checksums": "on",
        "listen_addresses": "",
        "password_encryption": "scram-sha-256",
        "server_encoding": "UTF8",
        "timezone": "UTC",
        "fsync": "on",
    }.items():
        assert one(urls.app_url, f"select current_setting('{name}')") == value
    assert one(urls.app_url, "select current_user") == Login.APP
    assert one(urls.owner_url, "select current_user") == Login.OWNER
    assert one(urls.sequencer_url, "select current_user") == Login.SEQUENCER
    assert one(urls.app_url, "select count(*) from pg_extension where extname = 'btree_gist'")


def test_a_server_is_not_root_and_its_command_line_has_no_secret(server: EmbeddedPostgres) -> None:
    who = ps("-o", "uid=", "-p", str(server.pid))
    assert int(who) != 0
    shown = ps("axeww")
    assert "unix_socket_directories" in shown
    assert not [word for word in passwords(server.data).values() if word in shown]


def test_an_attacker_without_the_password_gets_no_login_and_no_hint(
    server: EmbeddedPostgres,
) -> None:
    sockets = str(socket_folder(server.data))
    true = passwords(server.data)
    false = addresses(sockets, dict.fromkeys(Login, "guessed"))
    swapped = addresses(sockets, {**true, Login.OWNER: true[Login.APP]})
    for url in (false.app_url, false.superuser_url, swapped.owner_url):
        with pytest.raises(psycopg.OperationalError) as caught:
            psycopg.connect(libpq(url))
        text = str(caught.value)
        assert "password authentication failed" in text
        assert not [word for word in (*true.values(), "guessed") if word in text]
    log = (server.data / "postgres.log").read_text()
    assert "password authentication failed" in log
    assert not [word for word in true.values() if word in log]


def test_the_app_can_create_nothing(server: EmbeddedPostgres) -> None:
    for statement in ("create table t ()", "create temporary table t ()", "create role r"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            one(server.addresses().app_url, statement)


def test_another_login_cannot_enter_the_database(server: EmbeddedPostgres) -> None:
    urls = server.addresses()
    with psycopg.connect(libpq(urls.superuser_url)) as connection:
        connection.execute("create role stranger login")
        entered = connection.execute(
            "select has_database_privilege('stranger', 'batong', 'connect')"
        ).fetchone()
        connection.rollback()
    assert entered == (False,)


def ps(*arguments: str) -> str:
    return subprocess.run(["ps", *arguments], capture_output=True, text=True, check=True).stdout


def test_killed_servers_lose_no_acknowledged_commit(data: Path) -> None:
    with EmbeddedPostgres(data, socket_folder(data)) as server:
        url = libpq(server.addresses().owner_url)
        with psycopg.connect(url) as connection:
            connection.execute("create table written (n integer primary key)")
        acknowledged: list[int] = []
        for _ in range(2):
            write_until_killed(server, url, acknowledged)
            server.start()
        with psycopg.connect(url) as connection:
            found = {row[0] for row in connection.execute("select n from written")}
    assert len(acknowledged) >= 100
    assert set(acknowledged) <= found


def write_until_killed(server: EmbeddedPostgres, url: str, acknowledged: list[int]) -> None:
    goal = len(acknowledged) + 50

    def write() -> None:
        number = len(acknowledged) + 1_000_000 * goal
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                while True:
                    number += 1
                    connection.execute("insert into written values (%s)", [number])
                    acknowledged.append(number)
        except psycopg.OperationalError:
            return

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: len(acknowledged) >= goal)
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: not server.alive())
    writer.join(60)
    assert not writer.is_alive()


STARTS_ONE = """
import sys, time
from pathlib import Path
from monitor.runtime.folder import socket_folder
from monitor.runtime.postgres import EmbeddedPostgres
from monitor.runtime.valkey import EmbeddedValkey
data = Path(sys.argv[1])
with (EmbeddedPostgres(data, socket_folder(data)) as server,
      EmbeddedValkey(data, socket_folder(data)) as valkey):
    print(server.pid, valkey.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_kill_9_of_the_supervisor_leaves_no_server(data: Path) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE, str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout
    with supervisor.stdout as output:
        postgres, valkey = map(int, output.readline().split())
    assert works_in(postgres, data / "postgres")
    assert works_in(valkey, data / "valkey")
    supervisor.kill()
    supervisor.wait()
    until(lambda: not works_in(postgres, data / "postgres"))
    until(lambda: not works_in(valkey, data / "valkey"))
    assert "database system is shut down" in (data / "postgres.log").read_text()


def test_a_leftover_of_a_killed_supervisor_is_ended_before_a_new_start(data: Path) -> None:
    sockets = socket_folder(data)
    first = EmbeddedPostgres(data, sockets)
    first.start()
    leftover = first.pid
    assert leftover
    with EmbeddedPostgres(data, sockets) as second:
        assert not works_in(leftover, data / "postgres")
        assert second.ready()
    first.stop()


def test_a_stale_number_of_another_program_does_not_keep_the_server_down(data: Path) -> None:
    sockets = socket_folder(data)
    with EmbeddedPostgres(data, sockets) as server:
        pid_file = data / "postgres" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not server.alive())
    with subprocess.Popen(["sleep", "600"], **for_server(data).identity()) as other:
        pid_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        try:
            with EmbeddedPostgres(data, sockets) as server:
                assert server.ready()
            assert other.poll() is None
        finally:
            other.kill()


def test_a_start_that_was_cut_off_in_initdb_begins_anew(data: Path) -> None:
    (data / "postgres.new").mkdir()
    (data / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(data, socket_folder(data)) as server:
        assert server.ready()
    assert not (data / "postgres.new").exists()


def test_a_server_that_cannot_start_says_why_in_one_line(data: Path) -> None:
    server = EmbeddedPostgres(data, socket_folder(data), options={"shared_buffers": "none"})
    with pytest.raises(ProcessError) as caught:
        server.start()
    assert "shared_buffers" in str(caught.value)
    assert "\n" not in str(caught.value)
