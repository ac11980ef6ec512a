"""`batong audit` on what the demo left: clean, and naming each row that its owner edits."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from monitor.runtime.database import libpq
from monitor.runtime.embedded import embedded
from monitor.runtime.folder import socket_folder
from monitor.runtime.settings import load
from tests.stories.demo.run import Played, batong
from webui.cli.audit import audit


@dataclass(frozen=True)
class Place:
    """A copy of the demo's data folder."""

    data: Path
    owner_url: str = ""


@pytest.fixture(scope="module")
def place(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("copy")
    for name in ("data", "data-checkpoints"):  # cp -a: the cluster belongs to the servers' account
        source = played.out / "platform" / name
        subprocess.run(["cp", "-a", source, folder / name], check=True)
    yield Place(folder / "data")
    shutil.rmtree(socket_folder(folder / "data"), ignore_errors=True)


@pytest.fixture(scope="module")
def running(place: Place) -> Iterator[Place]:
    """The same with its servers running, as beside `batong serve`."""
    with embedded(load({}, data=place.data)) as ground:
        yield Place(place.data, ground.database.owner_url)


def audited(place: Place) -> Result:
    return CliRunner().invoke(audit, ["--data", str(place.data)])


def test_the_demos_data_folder_is_clean(place: Place, tmp_path: Path) -> None:
    done = batong("audit", "--data", place.data, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    size = (place.data / "log" / "checkpoint").read_text("utf-8").splitlines()[1]
    assert done.stdout.strip().endswith(f"clean，检查点 / checkpoint {size}")
    assert done.stderr == ""


EDITS = [
    ("award", "id", "price_fen", "price_fen - 1"),
    ("deposit", "id", "amount_fen", "amount_fen + 1"),
    ("opened_bid", "id", "price", "price - 100"),
    ("bid", "id", "arrived_at", "arrived_at - interval '1 second'"),
    ("organisation", "id", "name", "name || '之子'"),
    ("seat", "id", "stratum", "stratum + 1"),
    ("change", "n", "digest", "sha256(digest)"),
    ("record", "id", "commitment", "sha256(commitment)"),
    ("opening", "record_id", "salt", "sha256(salt)"),
    ("leaf", "idx", "commitment", "sha256(commitment)"),
]
NAMED = {"change": "'record ' || record_id", "opening": "'record ' || record_id",
         "leaf": "'record ' || record_id"}  # fmt: skip


@contextmanager
def without_triggers(url: str, table: str) -> Iterator[psycopg.Connection]:
    """The owner's own connection, with the fences of one table down."""
    with psycopg.connect(libpq(url), autocommit=True) as owner:
        owner.execute(f"alter table {table} disable trigger user".encode())
        yield owner
        owner.execute(f"alter table {table} enable trigger user".encode())


@pytest.mark.parametrize(("table", "key", "column", "value"), EDITS, ids=[one[0] for one in EDITS])
def test_a_row_that_its_owner_edits_with_triggers_off_is_named(
    running: Place, table: str, key: str, column: str, value: str
) -> None:
    named = NAMED.get(table, f"'{table} ' || {key}")
    some = f"select {key}, {column}, {named} from {table} where {named} is not null"
    with without_triggers(running.owner_url, table) as owner:
        row = owner.execute(f"{some} order by {key} limit 1".encode()).fetchone()
        assert row is not None
        edit = f"update {table} set {column} = {value} where {key} = %s"
        assert owner.execute(edit.encode(), [row[0]]).rowcount == 1
        done = audited(running)
        owner.execute(
            f"update {table} set {column} = %s where {key} = %s".encode(), [row[1], row[0]]
        )
    assert done.exit_code == 1
    assert f"FAILED  {row[2]}: " in done.output
    assert audited(running).exit_code == 0


def test_a_row_that_its_owner_removes_or_adds_is_named(running: Place) -> None:
    with without_triggers(running.owner_url, "download") as owner:
        owner.execute("create temporary table kept as select * from download order by id limit 1")
        row = owner.execute(
            "delete from download using kept where download.id = kept.id returning kept.id"
        ).fetchone()
        assert row is not None
        missing = audited(running)
        owner.execute("update kept set id = gen_random_uuid()")
        added = owner.execute("insert into download select * from kept returning id").fetchone()
        assert added is not None
        swapped = audited(running)
        owner.execute("update download set id = %s where id = %s", [row[0], added[0]])
    assert f"download {row[0]}: row that record" in missing.output
    assert f"download {added[0]}: row was never recorded" in swapped.output
    assert (missing.exit_code, swapped.exit_code, audited(running).exit_code) == (1, 1, 0)
