"""The commands that the verify page prints, run as they stand there against the served platform."""

import html
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from monitor.record.disclosure import Disclosed
from tests.served import Served
from tests.stories.demo.test_foreign_log import MODULE


@pytest.fixture
def printed(served: Served) -> dict[str, str]:
    """What the page prints, by its key."""
    with urllib.request.urlopen(f"{served.url}/verify", timeout=60) as answer:  # noqa: S310
        page = answer.read().decode()
    found = re.findall(r'data-foreign="(\w+)">(.*?)</pre>', page, re.DOTALL)
    return {key: html.unescape(commands) for key, commands in found}


def run(commands: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Paste a block into a shell, in a folder, with the programs that are installed here."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    told = {**os.environ, "PATH": path, "GOCACHE": str(folder / "cache"), "GOTOOLCHAIN": "local"}
    return subprocess.run(
        ["sh"], input=commands, cwd=folder, env=told, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


def passed(done: subprocess.CompletedProcess[str]) -> bool:
    return done.returncode == 0 and done.stdout.startswith("OK ")


def bend(file: Path, at: int) -> None:
    """Change one sign of a text to another of its alphabet."""
    told = file.read_text("utf-8")
    file.write_text(told[:at] + ("A" if told[at] != "A" else "B") + told[at + 1 :], "utf-8")


def test_every_step_is_printed_and_says_where_its_programs_come_from(
    printed: dict[str, str],
) -> None:
    assert list(printed) == ["tools", "signature", "go", "record", "growth"]
    for word in ("pip install tlog-scales pymerkle", "golang-golang-x-mod-dev"):
        assert word in printed["tools"]
    assert "batong" not in "".join(printed.values()).replace("batong-leaf/1", "")


def test_the_signature_as_printed_passes_and_a_bent_root_fails(
    printed: dict[str, str], tmp_path: Path
) -> None:
    done = run(printed["signature"], tmp_path)
    assert passed(done), done.stderr
    assert "1 witnesses" in done.stdout
    offline = "\n".join(row for row in printed["signature"].split("\n") if "curl" not in row)
    assert passed(run(offline, tmp_path))
    bend(tmp_path / "checkpoint", (tmp_path / "checkpoint").read_text("utf-8").index("=") - 5)
    assert not passed(run(offline, tmp_path))


def test_go_as_printed_opens_the_checkpoint_and_refuses_a_bent_one(
    printed: dict[str, str], tmp_path: Path
) -> None:
    if shutil.which("go") is None or not MODULE.is_dir():
        pytest.skip("no Go with golang-golang-x-mod-dev on this machine")
    assert passed(run(printed["signature"], tmp_path))
    done = run(printed["go"], tmp_path)
    assert passed(done), done.stderr
    bend(tmp_path / "checkpoint", (tmp_path / "checkpoint").read_text("utf-8").index("=") - 5)
    assert not passed(run(printed["go"], tmp_path))


def test_a_record_as_printed_is_in_the_log_and_another_body_is_not(
    printed: dict[str, str], tmp_path: Path, records: list[Disclosed]
) -> None:
    assert passed(run(printed["signature"], tmp_path))
    commands = printed["record"].replace("RECORD", str(records[3].record_id))
    done = run(commands, tmp_path)
    assert passed(done), done.stderr
    assert records[3].facts["action"] in done.stdout
    offline = commands.partition("\n")[2]
    proof = tmp_path / "record.tlog-proof"
    bend(proof, proof.read_text("utf-8").index("extra ") + 200)
    assert not passed(run(offline, tmp_path))


def test_growth_as_printed_passes_between_two_checkpoints_and_fails_where_one_never_was(
    printed: dict[str, str], served: Served, tmp_path: Path
) -> None:
    assert passed(run(printed["signature"], tmp_path))
    done = run(printed["growth"], tmp_path)
    assert passed(done), done.stderr
    earlier = tmp_path / "earlier"
    name, size, *rest = earlier.read_text("utf-8").split("\n")
    earlier.write_text("\n".join([name, str(int(size) - 1), *rest]), "utf-8")
    assert not passed(run(printed["growth"], tmp_path))
    unsigned = printed["growth"].replace("    head.verify(Vkey.from_string(key))", "    pass")
    assert unsigned != printed["growth"]
    done = run(unsigned, tmp_path)
    assert not passed(done), "without its signature its root still fails"
