"""`batong import notices`: bad use, and a whole import into a folder of its own."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.runtime.folder import socket_folder
from tests.trading.intake.model import ITEM
from webui.cli.intake import import_


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
    (tmp_path / "n.json").write_text(json.dumps([ITEM, {**ITEM, "record_id": "r2"}]))
    arguments = ["notices", str(tmp_path / "n.json"), "--data", str(data)]
    try:
        told = CliRunner().invoke(import_, [*arguments, "--json"])
        reports = json.loads(told.stdout)
        assert [one["outcome"] for one in reports] == ["registered", "refused"]
        assert told.exit_code == 1
        assert "已登记 / registered already" in CliRunner().invoke(import_, arguments).stdout
    finally:
        shutil.rmtree(socket_folder(data), ignore_errors=True)
