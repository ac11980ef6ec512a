"""The programs that seal are named in the record; whoever asks computes their digests alone."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from bidding.hall.preparation.program import publish, publish_programs, published
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Conflict, Invalid, NotAllowed
from monitor.role import NOBODY, SYSTEM, Role
from tests.builders import an_actor
from tests.stories.world import World
from webui import build

ONE, TWO, OTHER = "1" * 64, "2" * 64, "3" * 64


def test_programs_are_published_once_and_anew_when_they_change(world: World) -> None:
    platform = world.house.platform
    for frame, offline in ((ONE, TWO), (ONE, TWO), (ONE, OTHER), (ONE, TWO)):
        publish_programs(platform, frame, offline)
    records = [each.facts for each in world.ask(timeline, NOBODY, VISITOR)]
    told = [each["facts"] for each in records if each["action"] == "program.publish"]
    assert [(each["frame"], each["offline"]) for each in told] == [
        (ONE, TWO), (ONE, OTHER), (ONE, TWO),
    ]  # fmt: skip
    newest = world.ask(published)
    assert newest.body["facts"]["offline"] == TWO
    assert isinstance(world.refused(publish, SYSTEM, None, frame=ONE, offline=TWO), Conflict)
    for bad in ("", "1" * 63, "G" * 64, "A" * 64):
        told_no = world.refused(publish, SYSTEM, None, frame=bad, offline=TWO)
        assert (type(told_no), told_no.field) == (Invalid, "frame")


def test_nobody_names_a_program_of_their_own(world: World) -> None:
    for role in (Role.ADMINISTRATOR, Role.CENTRE, Role.TENDEREE):
        actor = an_actor(world.house.platform, role)
        told = world.refused(publish, actor, None, frame=OTHER, offline=OTHER)
        assert isinstance(told, NotAllowed)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_the_command_on_the_page_prints_the_digest_of_the_offline_tool() -> None:
    run = subprocess.run(
        ["sh", "-c", build.OFFLINE], cwd=build.ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split()[0] == build.offline()
    altered = build.digest_of([(b"one", "a.py"), (b"two", "b.py")])
    assert altered != build.digest_of([(b"one", "a.py"), (b"twO", "b.py")])
    assert altered != build.digest_of([(b"one", "a.py"), (b"two", "c.py")])
