"""A backup is whole or none, comes back as the same platform, and never lets its log fork."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.role import SYSTEM
from monitor.runtime.settings import load
from tests.served import free_port
from tests.webui.cli.test_real_folder import ORIGIN, act, run
from trading.registration.party import enrol
from webui.house import log_key, open_house


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A real folder with a log that nobody witnesses, and a file that was received."""
    monkeypatch.setenv("BATONG_DEMO", "0")
    monkeypatch.setenv("BATONG_LOG_ORIGIN", ORIGIN)
    made = tmp_path / "data"
    act(made)
    (made / "files" / "ab").mkdir(parents=True)
    (made / "files" / "ab" / "object").write_bytes(b"sealed")
    (made / "incoming" / "a").mkdir(parents=True)
    (made / "incoming" / "a" / "letter.age").write_bytes(b"half of it")
    return made


def backed_up(data: Path) -> Path:
    out = data.parent / "backup"
    status, said = run("backup", str(out), "--data", str(data))
    assert status == 0, said
    return out


def restored(data: Path, out: Path, *more: str) -> str:
    shutil.rmtree(data)
    status, said = run("restore", str(out), "--data", str(data), *more)
    assert status == 0, said
    return said


def named(data: Path) -> list[str]:
    with open_house(load(os.environ, data=data)) as house, house.platform.read() as session:
        return list(session.scalars(text("SELECT name FROM person ORDER BY id")))


def test_a_folder_comes_back_and_goes_on_as_the_same_platform(data: Path) -> None:
    out, vkey = backed_up(data), str(log_key(load(os.environ, data=data)).verifier)
    people = named(data)
    said = restored(data, out)
    assert "log recover" not in said
    assert run("audit", "--data", str(data))[0] == 0
    assert named(data) == people
    assert (data / "files" / "ab" / "object").read_bytes() == b"sealed"
    assert not (data / "incoming").exists()
    assert str(log_key(load(os.environ, data=data)).verifier) == vkey
    assert act(data) > 1
    assert run("audit", "--data", str(data))[0] == 0


def test_transactions_are_numbered_on(data: Path) -> None:
    """The record's fence rests on it: a number that comes twice lets a change lean on an old act."""

    def number() -> int:
        with open_house(load(os.environ, data=data)) as house, house.platform.read() as session:
            return int(session.scalar(text("SELECT max(xact::text::bigint) FROM record")) or 0)

    out, before = backed_up(data), number()
    restored(data, out)
    act(data)
    assert number() > before > 0


def test_a_backup_from_before_the_last_checkpoint_does_not_fork_the_log(data: Path) -> None:
    out = backed_up(data)
    lost = [act(data), act(data)][-1]
    mirror = data.parent / "mirror"
    shutil.copytree(data / "log", mirror)
    said = restored(data, out)
    assert "log recover" in said
    status, told = run("serve", "--data", str(data), "--port", str(free_port()))
    assert (status, "落后" in told) == (1, True), told
    status, told = run("log", "recover", "--data", str(data), "--from", str(mirror))
    assert status == 0, told
    assert run("audit", "--data", str(data))[0] == 0
    assert act(data) > lost


def test_without_the_checkpoint_store_nothing_is_restored_unless_it_is_said_to_be_lost(
    data: Path,
) -> None:
    out, store = backed_up(data), load(os.environ, data=data).checkpoint_store
    shutil.rmtree(data)
    shutil.rmtree(store)
    status, said = run("restore", str(out), "--data", str(data))
    assert (status, "--store-lost" in said, data.exists()) == (1, True, False)
    status, said = run("restore", str(out), "--data", str(data), "--store-lost")
    assert status == 0, said
    assert run("audit", "--data", str(data))[0] == 0
    assert act(data) > 1


def flipped(name: str) -> Callable[[Path], None]:
    def spoil(out: Path) -> None:
        path = out / name
        told = bytearray(path.read_bytes())
        told[len(told) // 2] ^= 1
        path.write_bytes(told)

    return spoil


Spoil = Callable[[Path], object]
SPOILS: dict[str, Spoil] = {
    "a bit of the database": flipped("database/base.tar.gz"),
    "a bit of its write-ahead log": flipped("database/pg_wal.tar.gz"),
    "a bit of a file": flipped("data/files/ab/object"),
    "a bit of the log's key": flipped("data/secrets/log.key"),
    "a file away": lambda out: (out / "data/files/ab/object").unlink(),
    "a file more": lambda out: (out / "data/files/ab/other").write_bytes(b""),
    "no manifest": lambda out: (out / "backup.json").unlink(),
    "another form": lambda out: (
        (out / "backup.json").write_text('{"v": "x", "files": {}}') and None
    ),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One backup for all who spoil a copy of it."""
    with pytest.MonkeyPatch.context() as patch:
        made = data.__wrapped__(tmp_path_factory.mktemp("kept"), patch)  # type: ignore[attr-defined]
        return backed_up(made)


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_backup_that_is_not_what_it_was_is_not_restored(
    kept: Path, tmp_path: Path, spoil: str
) -> None:
    out = tmp_path / "backup"
    shutil.copytree(kept, out)
    SPOILS[spoil](out)
    there = tmp_path / "new"
    status, said = run("restore", str(out), "--data", str(there), "--store-lost")
    assert (status, there.exists()) == (1, False), said
    assert "Traceback" not in said


def test_nothing_is_written_over(data: Path) -> None:
    out = backed_up(data)
    before = sorted(out.rglob("*"))
    status, said = run("backup", str(out), "--data", str(data))
    assert (status, sorted(out.rglob("*"))) == (2, before), said
    status, said = run("restore", str(out), "--data", str(data))
    assert (status, "已存在" in said) == (2, True)


def test_a_database_that_runs_elsewhere_is_not_backed_up_from_here(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("", "OWNER_", "SEQUENCER_"):
        login = f"login_{name.lower()}x"
        monkeypatch.setenv(
            f"BATONG_DATABASE_{name}URL",
            f"postgresql://{login}:a-long-word-of-{login}@127.0.0.1:9/batong",
        )
    status, said = run("backup", str(data.parent / "b"), "--data", str(data))
    assert (status, "BATONG_DATABASE_URL" in said) == (2, True), said


def test_what_was_done_before_it_began_is_in_a_backup_taken_while_others_act(data: Path) -> None:
    settings, stop, done = load(os.environ, data=data), threading.Event(), list[str]()
    with open_house(settings) as house:
        house.prepare()

        def go_on() -> None:
            while not stop.is_set():
                name = f"人员{len(done)}"
                (data / "files" / name).write_bytes(b"what its act rests on")
                house.platform.perform(enrol, SYSTEM, None, name=name)
                done.append(name)

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            while len(done) < 20:
                assert thread.is_alive()
            before = list(done)
            out = backed_up(data)
        finally:
            stop.set()
            thread.join()
    restored(data, out)
    found = named(data)
    assert set(before) <= set(found)
    missing = [name for name in found if name in done and not (data / "files" / name).exists()]
    assert missing == []
    status, said = run("audit", "--data", str(data))
    assert status == 0, said
