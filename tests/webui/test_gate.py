"""The gates: each runs with our interpreter, and one that fails makes the whole fail."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from webui.cli import gate

ROOT = Path(__file__).parents[2]


def test_a_gate_that_fails_says_so_and_keeps_its_output() -> None:
    verdict = gate.run_gate("bad", ("-c", "print('why'); raise SystemExit(1)"))
    assert not verdict.passed
    assert verdict.output == "why\n"
    assert "FAILED" in verdict.line()


def test_what_a_gate_starts_keeps_its_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    verdict = gate.run_gate("kept", ("-c", "import sys; print(sys.dont_write_bytecode)"))
    assert verdict.output == "False\n"


def test_the_linters_run_as_gates() -> None:
    version = gate.run_gate("ruff", ("-m", "ruff", "--version"))
    assert version.passed
    imports = gate.run_gate("lint-imports", ("-c", gate.LINT_IMPORTS, "--help"))
    assert imports.passed
    assert "--no-logo" in imports.output


@pytest.mark.parametrize(
    ("gate_code", "test_code", "status"),
    [("0", "assert True", 0), ("1", "assert True", 1), ("0", "assert False", 1)],
)
def test_one_failure_of_gates_or_tests_fails_all_and_pytest_speaks_last(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    gate_code: str,
    test_code: str,
    status: int,
) -> None:
    (tmp_path / "test_it.py").write_text(f"def test_it() -> None:\n    {test_code}\n")
    monkeypatch.setattr(gate, "ROOT", tmp_path)
    monkeypatch.setattr(gate, "GATES", {"one": ("-c", f"raise SystemExit({gate_code})")})
    monkeypatch.setattr(gate, "FOREIGN", {})
    assert gate.run_all(("-n", "0", "-q")) == status
    lines = capfd.readouterr().out.splitlines()
    assert lines[0].startswith("one")
    assert lines[-1].startswith(("1 passed", "1 failed"))


def test_a_judge_that_cannot_be_installed_is_named_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gate, "FOREIGN", {"age": "/nowhere/age"})
    monkeypatch.setenv("BATONG_BROWSER", "/nowhere/chromium")
    monkeypatch.setenv("PATH", "/nowhere")
    gate.install_foreign()
    assert "age" in capsys.readouterr().out


def test_the_commands_take_what_pytest_takes() -> None:
    for command in (gate.test, gate.check):
        shown = CliRunner().invoke(command, ["--help"])
        assert shown.exit_code == 0
    assert gate.test.make_context("test", ["-k", "draw", "-x"]).params["pytest_arguments"] == (
        "-k", "draw", "-x",
    )  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a space in its name that holds the launcher and an empty environment."""
    folder = tmp_path / "a b"
    (folder / ".venv" / "bin").mkdir(parents=True)
    for name in ("batong", "requirements.lock"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "batong").chmod(0o755)
    return folder


def launch(checkout: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "batong", "serve", "--data", "x y"],
        cwd=checkout.parent,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def stand_in(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_launcher_starts_the_program_of_its_own_folder(checkout: Path) -> None:
    stand_in(
        checkout / ".venv/bin/python",
        '[ "$1" = -c ] || { echo "$PYTHONPATH"; printf "[%s]" "$@"; }',
    )
    (checkout / ".venv/requirements.lock").write_bytes((ROOT / "requirements.lock").read_bytes())
    run = launch(checkout)
    assert run.stdout == f"{checkout}\n[-P][-m][webui.cli][serve][--data][x y]"
    assert run.returncode == 0


def test_a_changed_lock_is_installed_by_hash_and_a_failure_is_told(checkout: Path) -> None:
    (checkout / ".venv/requirements.lock").write_text("older")
    stand_in(checkout / ".venv/bin/python", '[ "$1" = -c ] || { echo "$@" >&2; exit 1; }')
    plain = checkout.parent / "bin"
    plain.mkdir()
    for name in ("sh", "dirname", "cmp", "cp", "rm"):
        (plain / name).symlink_to(which(name))
    run = launch(checkout, PATH=str(plain))
    assert run.returncode == 2
    assert f"--require-hashes --no-deps -r {checkout}/requirements.lock" in run.stderr
    assert "packages could not be installed" in run.stderr
    assert (checkout / ".venv/requirements.lock").read_text() == "older"


def test_the_installer_shows_its_progress_on_a_terminal_and_nowhere_else(checkout: Path) -> None:
    stand_in(checkout / ".venv/bin/python", '[ "$1" = -c ] || { echo "$@"; exit 1; }')
    plain = checkout.parent / "bin"
    plain.mkdir()
    for name in ("sh", "dirname", "cmp", "cp", "rm"):
        (plain / name).symlink_to(which(name))
    piped = launch(checkout, PATH=str(plain))
    assert "--quiet" in piped.stderr
    assert piped.stdout == ""
    ours, theirs = os.openpty()
    subprocess.run(
        [checkout / "batong", "--help"], env={"PATH": str(plain)}, stdout=subprocess.DEVNULL,
        stderr=theirs, check=False,
    )  # fmt: skip
    os.close(theirs)
    shown = all_of(ours)
    assert "--require-hashes" in shown
    assert "--quiet" not in shown


def all_of(terminal: int) -> str:
    """All that was written to the other end, which is closed."""
    data = b""
    with contextlib.suppress(OSError):  # Linux tells the end of a terminal so
        while more := os.read(terminal, 4096):
            data += more
    os.close(terminal)
    return data.decode()


def test_a_python_that_is_too_old_is_told_in_two_languages(checkout: Path) -> None:
    plain = checkout.parent / "bin"
    plain.mkdir()
    for name in ("sh", "dirname", "cmp", "cp", "rm"):
        (plain / name).symlink_to(which(name))
    stand_in(plain / "python3", "exit 1")
    run = launch(checkout, PATH=str(plain))
    assert run.returncode == 2
    assert "Python 3.11-3.13 is needed" in run.stderr
    assert "需要" in run.stderr


def which(name: str) -> Path:
    found = [Path(folder, name) for folder in ("/bin", "/usr/bin") if Path(folder, name).exists()]
    return found[0]


def test_a_browser_is_the_one_told_or_one_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tmp_path / "chromium"
    found.write_text("#!/bin/sh\n")
    found.chmod(0o755)
    monkeypatch.delenv("BATONG_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert gate.browser() == str(found)
    monkeypatch.setenv("BATONG_BROWSER", "/told")
    assert gate.browser() == "/told"
    found.unlink()
    monkeypatch.delenv("BATONG_BROWSER")
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert gate.browser() is None
