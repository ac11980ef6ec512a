"""The ground of a command: own servers, another process's servers, or given ones."""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from monitor.runtime.database import Addresses, libpq
from monitor.runtime.embedded import embedded
from monitor.runtime.folder import FolderError, Kind, kind, socket_folder
from monitor.runtime.settings import load
from monitor.runtime.valkey import EmbeddedValkey
from tests.conftest import Server

ROOT = Path(__file__).parents[3]
NOBODY = 65534


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    shutil.rmtree(socket_folder(folder), ignore_errors=True)


def sockets_of(data: Path) -> Path:
    """Where the sockets lie, without making the folder as the program's own function does."""
    digest = hashlib.sha256(os.fsencode(data.resolve())).hexdigest()
    return Path("/tmp", f"batong-{os.geteuid()}-{digest[:12]}")  # noqa: S108 - only looked at


def works(database: Addresses, redis_url: str) -> bool:
    with psycopg.connect(libpq(database.app_url)) as connection:
        connection.execute("select 1")
    with redis.Redis.from_url(redis_url) as client:
        return bool(client.ping())


def test_a_second_command_uses_the_servers_of_the_first(data: Path) -> None:
    settings = load({}, data=data)
    with embedded(settings) as first:
        with embedded(settings) as second:
            assert works(second.database, second.redis_url)
            assert (first.borrowed, second.borrowed) == (False, True)
            assert second.supervisor.names == []
        assert works(first.database, first.redis_url)
        assert first.supervisor.names == ["postgres", "valkey"]
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert sockets_of(data).exists()
    assert not sockets_of(data).exists()
    with pytest.raises(psycopg.OperationalError):
        works(first.database, first.redis_url)


def test_killed_servers_are_started_again(data: Path) -> None:
    with embedded(load({}, data=data)) as ground:
        before = pids_in(data)
        assert len(before) == 2
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while not (len(now := pids_in(data)) == 2 and not now & before):
            ground.supervisor.tend()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert works(ground.database, ground.redis_url)


def pids_in(data: Path) -> set[int]:
    """The postmaster and the Valkey server whose working folder is below `data`."""
    found = set()
    run = subprocess.run(
        ["ps", "-ewwo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    )
    for line in run.stdout.splitlines():
        pid, parent, words = line.split(maxsplit=2)
        server = "bin/postgres" in words or "valkey-server" in words
        if server and int(parent) == os.getpid() and str(socket_folder(data)) in words:
            found.add(int(pid))
    return found


def test_given_addresses_start_no_server(
    data: Path, postgres: Server, valkey: EmbeddedValkey
) -> None:
    given = postgres.addresses("postgres")
    told = {
        "BATONG_DATABASE_URL": given.app_url,
        "BATONG_DATABASE_OWNER_URL": given.owner_url,
        "BATONG_DATABASE_SEQUENCER_URL": given.sequencer_url,
        "BATONG_REDIS_URL": valkey.url,
    }
    with embedded(load(told, data=data)) as ground:
        assert works(ground.database, ground.redis_url)
        assert ground.supervisor.names == []
    assert not (data / "postgres").exists()


def test_a_folder_marks_its_kind_before_it_holds_data(data: Path) -> None:
    with embedded(load({"BATONG_DEMO": "1"}, data=data)):
        assert kind(data) is Kind.DEMO
    with pytest.raises(FolderError), embedded(load({}, data=data, demo=False)):
        pass


# Imports as root, because this Python may be below a folder that only root enters; then becomes an
# ordinary user for good and does all the work as that user.
AS_USER = """
import os, sys
from pathlib import Path
import psycopg, redis
from monitor.runtime.embedded import embedded
from monitor.runtime.folder import socket_folder
from monitor.runtime.program import postgres_folder
from monitor.runtime.settings import load
number, data = int(sys.argv[1]), Path(sys.argv[2])
os.setgroups([]); os.setgid(number); os.setuid(number); os.chdir(data.parent)
if not os.access(postgres_folder() / "postgres", os.X_OK):
    sys.exit("closed")
with embedded(load({}, data=data)) as ground:
    print(ground.supervisor.names, os.geteuid(), redis.Redis.from_url(ground.redis_url).ping())
socket_folder(data).rmdir()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A short folder of an ordinary user's own, outside pytest's folders that only root enters."""
    folder = Path(tempfile.mkdtemp(prefix="batong-user-"))
    os.chown(folder, NOBODY, NOBODY)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_an_ordinary_user_runs_the_same_servers(home: Path) -> None:
    data = home / "data"
    run = subprocess.run(
        [sys.executable, "-c", AS_USER, str(NOBODY), str(data)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.stderr == "closed\n":
        pytest.skip("this checkout is below a folder that another user may not enter")
    assert run.stdout == f"['postgres', 'valkey'] {NOBODY} True\n", run.stderr
    assert (data / "postgres").stat().st_uid == NOBODY
    assert (data / "secrets").stat().st_uid == NOBODY


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's own folders need no passing")
def test_root_runs_servers_below_folders_that_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data = closed / "data"
    with embedded(load({}, data=data)) as ground:
        assert works(ground.database, ground.redis_url)
        assert (data / "secrets").stat().st_uid == 0
        assert (data / "postgres").stat().st_uid == NOBODY
    shutil.rmtree(socket_folder(data), ignore_errors=True)
