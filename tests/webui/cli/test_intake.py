"""`batong import notices`: bad use, and a whole import into a folder of its own."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.record.demo import advance
from monitor.role import SYSTEM
from monitor.runtime.folder import socket_folder
from monitor.runtime.settings import load
from tests.trading.intake.model import ITEM
from trading.board import is_empty
from webui.cli.audit import audit
from webui.cli.intake import import_
from webui.house import open_house

WRONG = {**ITEM, "record_id": "r3", "project_code": "短号-1"}


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_file_that_is_no_export_is_bad_use_and_starts_nothing(
    content: str, tmp_path: Path
) -> None:
    (tmp_path / "n.json").write_text(content)
    arguments = ["notices", str(tmp_path / "n.json"), "--data", str(tmp_path / "data")]
    result = CliRunner().invoke(import_, arguments)
    assert result.exit_code == 2
    assert "n.json" in result.stderr
    assert not (tmp_path / "data").exists()


def test_owners_without_the_columns_are_bad_use(tmp_path: Path) -> None:
    (tmp_path / "n.json").write_text(json.dumps([ITEM]))
    (tmp_path / "o.csv").write_text("a,b\n1,2\n")
    arguments = ["notices", str(tmp_path / "n.json"), "--owners", str(tmp_path / "o.csv")]
    result = CliRunner().invoke(import_, [*arguments, "--data", str(tmp_path / "data")])
    assert result.exit_code == 2
    assert "uscc" in result.stderr


def test_an_import_registers_reports_and_ends_with_one_for_what_it_could_not(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    (tmp_path / "n.json").write_text(json.dumps([ITEM, {**ITEM, "record_id": "r2"}, WRONG]))
    arguments = ["notices", str(tmp_path / "n.json"), "--data", str(data)]
    try:
        told = CliRunner().invoke(import_, [*arguments, "--json"])
        reports = json.loads(told.stdout)
        assert [one["outcome"] for one in reports] == ["registered", "known", "refused"]
        assert told.exit_code == 1
        clean = CliRunner().invoke(audit, ["--data", str(data)])
        assert clean.exit_code == 0, clean.output
        assert "无差异 / clean，检查点 / checkpoint 16" in clean.output
        again = CliRunner().invoke(import_, arguments)
        lines = again.stdout.splitlines()
        assert "已登记，跳过 / registered already, skipped" in again.stdout
        assert lines[-2].startswith("未登记 / not registered  短号-1")
        assert "项目编号 / code: " in lines[-2]
        (tmp_path / "n.json").write_text(json.dumps([ITEM]))
        assert CliRunner().invoke(import_, arguments).exit_code == 0
    finally:
        shutil.rmtree(socket_folder(data), ignore_errors=True)


def test_real_notices_do_not_go_into_a_folder_in_which_a_trade_was_played(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (tmp_path / "n.json").write_text(json.dumps([ITEM]))
    arguments = ["notices", str(tmp_path / "n.json"), "--data", str(data)]
    try:
        with open_house(load({}, data=data, demo=True)) as house:
            house.prepare()
            house.platform.perform(advance, SYSTEM, None, to=datetime(2026, 3, 16, tzinfo=UTC))
        done = CliRunner().invoke(import_, arguments)
        assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
        assert "holds a played trade" in done.stderr
        with open_house(load({}, data=data)) as house, house.platform.read() as session:
            assert is_empty(session)
    finally:
        shutil.rmtree(socket_folder(data), ignore_errors=True)


def test_the_help_says_where_it_writes() -> None:
    said = CliRunner().invoke(import_, ["notices", "--help"]).output
    assert "./data" in said
    assert "写入" in said
