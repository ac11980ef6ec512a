"""`batong expert letters`: an expert opens what is sealed to them, and answers an invitation."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.stories.draw.world import World, nobody, settle, thrown
from webui.cli import main
from webui.program.expert.command import IDENTITY


@pytest.fixture(scope="module")
def world(world: World) -> World:
    """A draw whose first experts are invited."""
    loops = thrown(world)
    settle(world, loops, nobody)
    return world


def folder_of(world: World, uid: str) -> Path:
    """The expert's own folder: password and key."""
    folder = world.expert(uid).keys
    (folder / IDENTITY).write_text(f"{world.identities[uid]}\n", "utf-8")
    return folder


def letters(world: World, uid: str, *more: str) -> Result:
    words = ["expert", "letters", "--url", world.url, "--keys", str(folder_of(world, uid)),
             "--account", uid.lower(), *more]  # fmt: skip
    return CliRunner().invoke(main, words)


def invitations(told: Result) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in told.stdout.splitlines() if line.startswith("{")]
    return [row for row in rows if row["what"] == "invitation"]


def test_an_expert_reads_their_own_invitation_and_accepts_it(world: World) -> None:
    uid, other = world.invited()[:2]
    [told] = invitations(letters(world, uid))
    [others] = invitations(letters(world, other))
    assert told["mask"] != others["mask"]
    foreign = letters(world, uid, "--accept", others["mask"])
    assert foreign.exit_code == 1
    assert f"{others['mask']}: 没有封给本人的这一邀请" in foreign.stderr
    assert not world._answered(others["mask"])
    done = letters(world, uid, "--accept", told["mask"])
    assert done.exit_code == 0, done.output
    assert f"{told['mask']}：已接受" in done.stderr
    assert world._answered(told["mask"])
    again = letters(world, uid, "--decline", told["mask"])
    assert again.exit_code == 1
    assert again.stderr.startswith("batong: ")


def test_who_is_not_drawn_opens_nothing_and_is_told_so(world: World) -> None:
    stranger = next(uid for uid in world.identities if uid not in world.invited())
    told = letters(world, stranger)
    assert (told.exit_code, told.stdout) == (0, "")
    assert "没有封给本人的通知" in told.stderr


def test_a_platform_that_is_away_and_a_folder_without_a_key_are_said_in_one_line(
    world: World, tmp_path: Path
) -> None:
    words = ["expert", "letters", "--account", "e0", "--keys"]
    keyless = CliRunner().invoke(main, [*words, str(tmp_path), "--url", world.url])
    assert keyless.exit_code == 2
    assert keyless.stderr.startswith(f"batong: {tmp_path / IDENTITY}")
    folder = folder_of(world, world.invited()[0])
    away = CliRunner().invoke(main, [*words, str(folder), "--url", "http://127.0.0.1:1"])
    assert away.exit_code == 1
    assert away.stderr.startswith("batong: 平台暂时无法访问")
