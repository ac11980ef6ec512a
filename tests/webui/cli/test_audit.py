"""`batong audit` and `batong export` on a real data folder with its own servers."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from monitor.clock import SystemClock
from monitor.log.checkpoint import Policy
from monitor.log.note import Kind, SigningKey
from monitor.log.sequencer.latch import Latch
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import TileStore
from monitor.log.witness.witness import Witness
from monitor.migrations.schema import migrate
from monitor.record.platform import Platform
from monitor.runtime.database import libpq
from monitor.runtime.embedded import embedded
from monitor.runtime.folder import socket_folder
from monitor.runtime.settings import Settings, load
from tests.builders import a_participation, an_organisation, the_act
from trading.fee.entry import write
from trading.ledger import Head, account, move
from webui.artefact.keys import KeysError, write_keys
from webui.cli.audit import audit
from webui.cli.export import export
from webui.cli.verify import verify
from webui.house import keep_keys

ROOT = Path(__file__).parents[3]
ORIGIN = "batong.test/log/2026"


@dataclass(frozen=True)
class Place:
    """A data folder whose servers run, with a platform and its log."""

    settings: Settings
    platform: Platform
    sequencer: Sequencer
    superuser_url: str
    closed: UUID
    open: UUID


def enter(platform: Platform, project: UUID, fen: int) -> None:
    from monitor.record.action import Action, Visibility
    from monitor.role import SYSTEM, Role

    bank, owed = account(Head.BANK, project.hex), account(Head.DEPOSIT, project.hex)
    verb = Action(
        "deposit.receive",
        frozenset({Role.SYSTEM}),
        Visibility.SECRET,
        False,
        lambda act: write(act, "收到保证金 / received", *move(bank, owed, fen)),
    )
    platform.perform(verb, SYSTEM, project)


def fill(platform: Platform, closed: UUID, waiting: UUID) -> None:
    for project in (closed, waiting):
        the_act(platform, "notice.publish", project)
        a_participation(platform, project)
        enter(platform, project, 100_00)
    the_act(platform, "opening.close", closed)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    settings = load({}, data=folder / "data")
    log = SigningKey.generate(ORIGIN, Kind.ED25519)
    witness_key = SigningKey.generate("witness.test", Kind.COSIGNATURE)
    witness = Witness.create(folder / "witness", witness_key, [log.verifier])
    keep_keys(settings, write_keys(Policy(log.verifier, (witness_key.verifier,), 1), "00" * 32))
    with embedded(settings) as ground:
        migrate(ground.database.owner_url)
        platform = Platform(ground.database.app_url, SystemClock())
        sequencer = Sequencer(
            ground.database.sequencer_url, log, TileStore(settings.data / "log"),
            Latch(settings.checkpoint_store), {"witness.test": witness},
        )  # fmt: skip
        made = Place(settings, platform, sequencer, ground.database.superuser_url, uuid4(), uuid4())
        fill(platform, made.closed, made.open)
        sequencer.run_once(platform.clock.now())
        yield made
        platform.close()
        sequencer.close()
    shutil.rmtree(socket_folder(settings.data), ignore_errors=True)


def run(command: object, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])  # type: ignore[arg-type]


def test_a_clean_house_passes(place: Place) -> None:
    done = run(audit, "--data", place.settings.data, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {
        "ok": True, "checkpoint": 16, "pending": 0, "findings": [],
    }  # fmt: skip


def test_a_demos_outer_folder_leads_to_the_data_inside(tmp_path: Path) -> None:
    inside = tmp_path / "o t" / "platform" / "data"
    inside.mkdir(parents=True)
    (inside / "kind").write_text("demo")
    done = CliRunner().invoke(audit, ["--data", str(tmp_path / "o t")])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert f"did you mean: --data '{inside}'" in done.stderr


def test_a_row_changed_behind_the_platform_is_named(place: Place) -> None:
    org = an_organisation(place.platform)
    with psycopg.connect(libpq(place.superuser_url), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        before = owner.execute("SELECT name FROM organisation WHERE id = %s", [org]).fetchone()
        owner.execute("UPDATE organisation SET name = 'x' WHERE id = %s", [org])
        done = run(audit, "--data", place.settings.data)
        assert before is not None
        owner.execute("UPDATE organisation SET name = %s WHERE id = %s", [before[0], org])
    assert done.exit_code == 1
    assert f"organisation {org}" in done.output
    assert run(audit, "--data", place.settings.data).exit_code == 0


def test_a_log_grown_by_hand_is_not_the_one_that_was_cosigned(place: Place) -> None:
    with psycopg.connect(libpq(place.superuser_url), autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE leaf SET idx = idx + 100000 WHERE idx IN (3, 4)")
        owner.execute("UPDATE leaf SET idx = 7 - (idx - 100000) WHERE idx > 50000")
        done = run(audit, "--data", place.settings.data)
        owner.execute("UPDATE leaf SET idx = idx + 100000 WHERE idx IN (3, 4)")
        owner.execute("UPDATE leaf SET idx = 7 - (idx - 100000) WHERE idx > 50000")
    assert done.exit_code == 1
    assert "tree is not the one that the witnesses cosigned" in done.output


def test_a_checkpoint_that_another_key_signed_is_not_trusted(place: Place, tmp_path: Path) -> None:
    other = SigningKey.generate(ORIGIN, Kind.ED25519)
    keys = tmp_path / "keys.txt"
    keys.write_text(write_keys(Policy(other.verifier), "00" * 32))
    done = run(audit, "--data", place.settings.data, "--keys", keys)
    assert done.exit_code == 1
    assert "checkpoint" in done.output


def test_an_emptied_checkpoint_store_is_a_finding(place: Place) -> None:
    stored = place.settings.checkpoint_store / "checkpoint"
    note = stored.read_bytes()
    stored.unlink()
    done = run(audit, "--data", place.settings.data)
    stored.write_bytes(note)
    assert done.exit_code == 1
    assert "the store is empty" in done.output


def test_other_keys_never_take_the_place_of_those_kept(place: Place) -> None:
    with pytest.raises(KeysError):
        keep_keys(place.settings, "log other")


def test_an_exported_log_verifies_and_holds_what_the_public_may_see(
    place: Place, tmp_path: Path
) -> None:
    out = tmp_path / "log"
    done = run(export, "log", "--out", out, "--data", place.settings.data)
    assert done.exit_code == 0, done.output
    assert run(verify, out).exit_code == 0
    lines = [json.loads(line) for line in (out / "openings.jsonl").read_text().splitlines()]
    import base64

    bodies = [json.loads(base64.b64decode(line["body"])) for line in lines]
    assert {body["action"] for body in bodies} == {"notice.publish", "opening.close"}
    assert [line["index"] for line in lines] == sorted(line["index"] for line in lines)
    again = run(export, "log", "--out", out, "--data", place.settings.data)
    assert again.exit_code == 2


def test_the_centre_sees_more_of_the_log_but_no_bidder_before_close(
    place: Place, tmp_path: Path
) -> None:
    done = run(
        export, "log", "--out", tmp_path / "log", "--as", "centre", "--data", place.settings.data
    )
    assert done.exit_code == 0
    assert run(verify, tmp_path / "log").exit_code == 0
    text = (tmp_path / "log" / "openings.jsonl").read_text()
    import base64

    bodies = [json.loads(base64.b64decode(json.loads(line)["body"])) for line in text.splitlines()]
    actions = {body["action"] for body in bodies}
    assert "party.register" in actions
    assert "participation.join" not in actions


def test_the_ledger_leaves_out_trades_before_close(place: Place) -> None:
    done = run(export, "ledger", "--data", place.settings.data)
    assert done.exit_code == 0
    assert place.closed.hex in done.stdout
    assert place.open.hex not in done.stdout
    assert "1 个项目尚未截止" in done.stderr


def test_the_ledger_is_what_bean_check_accepts(place: Place, tmp_path: Path) -> None:
    beancount = pytest.importorskip("beancount.loader")
    path = tmp_path / "ledger.beancount"
    path.write_text(run(export, "ledger", "--data", place.settings.data).stdout, "utf-8")
    _, errors, _ = beancount.load_file(str(path))
    assert errors == []
    assert run(verify, path).exit_code == 0


def test_bad_use_is_one_line(place: Place, tmp_path: Path) -> None:
    assert run(audit, "--data", tmp_path / "none").exit_code == 2
    (tmp_path / "empty").mkdir()
    done = run(audit, "--data", tmp_path / "empty")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_the_commands_are_there_by_name(place: Place) -> None:
    command = [sys.executable, "-m", "webui.cli", "audit", "--data", str(place.settings.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "clean" in done.stdout


def test_records_that_wait_for_their_place_are_counted(place: Place) -> None:
    place.sequencer.run_once(place.platform.clock.now())
    for _ in range(3):
        the_act(place.platform, "notice.publish", uuid4())
    done = CliRunner().invoke(audit, ["--data", str(place.settings.data)])
    assert done.exit_code == 0, done.output
    assert "3 条记录尚未入册 / 3 records not yet in the log" in done.stdout
    place.sequencer.run_once(place.platform.clock.now())
    done = CliRunner().invoke(audit, ["--data", str(place.settings.data)])
    assert "尚未入册" not in done.stdout
