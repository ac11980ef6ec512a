"""Every command can be asked for its help, and one that is broken leaves the others alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from webui.cli import COMMANDS, main

ROOT = Path(__file__).parents[3]
BROKEN = "raise RuntimeError('out of\\norder')\n"


def words(group: click.Group) -> Iterator[tuple[str, ...]]:
    """Every command and subcommand, as typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, *rest) for rest in words(command))


@pytest.mark.parametrize("typed", list(words(main)), ids=" ".join)
def test_every_command_explains_itself(typed: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*typed, "--help"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"Usage: main {' '.join(typed)}")
    assert "cannot be loaded" not in done.output


def test_the_root_lists_every_command_with_its_words_in_a_fresh_process() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "webui.cli", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split(maxsplit=1) for line in done.stdout.split("Commands:")[1].splitlines()]
    listed = {line[0]: line[1] for line in lines if len(line) == 2}
    assert set(COMMANDS) <= set(listed)
    assert "cannot be loaded" not in done.stdout


def test_a_broken_module_is_named_and_the_other_commands_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_broken_command.py").write_text(BROKEN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(COMMANDS, "audit", "a_broken_command:audit")
    monkeypatch.setitem(COMMANDS, "draw", "webui.cli.draw:no_such_thing")
    runner = CliRunner()
    listed = runner.invoke(main, ["--help"])
    assert listed.exit_code == 0
    assert listed.output.count("cannot be") == 2
    assert set(COMMANDS) <= {line.split()[0] for line in listed.output.splitlines() if line.split()}
    for arguments in (["audit"], ["audit", "--help"], ["draw", "verify", "x"]):
        done = runner.invoke(main, arguments)
        assert done.exit_code == 1
        assert len(done.stderr.splitlines()) == 1
        assert "cannot be loaded" in done.stderr
    assert runner.invoke(main, ["verify", "--help"]).exit_code == 0
