"""The supervisor's machine is destroyed under a running draw: its deputy goes on with its VRF key."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from experts import draw_verify
from experts.ceremony.mail.paper import Step
from experts.custody import REBUILT
from experts.draw.bundle import verify_bundle
from experts.draw.header import INSPECTOR
from experts.escrow.succession import SUCCESSION
from tests.stories.draw.escrow import AWAY, REVEALED, Escrow, custody_of
from tests.stories.draw.world import DICE, World, nobody, settle, wants
from trading.archive.canonical_zip import read_canonical
from webui.program.client import Client


def verified(bundle: bytes, path: Path) -> Mapping[str, bytes]:
    """Both verifiers accept it, one alone with nothing but its own file, and say what was lost."""
    report = verify_bundle(bundle)
    assert report.ok
    assert "recovered by holders 1 and 3" in report.steps[4].detail
    path.write_bytes(bundle)
    command = [sys.executable, "-I", "-S", draw_verify.__file__, str(path)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert b"recovered by holders 1 and 3" in done.stdout
    members = read_canonical(bundle)
    assert SUCCESSION in members
    return members


CAMPAIGN = pytest.mark.campaign


@pytest.mark.parametrize(
    "what",
    ["reveals", "answer", pytest.param("closing", marks=CAMPAIGN),
     pytest.param("final", marks=CAMPAIGN)],
)  # fmt: skip
def test_a_destroyed_agent_is_succeeded_by_its_deputy_with_its_own_key(
    world: World, escrow: Escrow, what: str, tmp_path: Path
) -> None:
    agent = escrow.agent(f"agent-{what}")
    vrf_key = custody_of(agent).public()["vrf"]
    here = escrow.lost(agent, what)
    deputy, seats = escrow.loop(), [escrow.seat(number) for number in range(3)]
    deputy.once()
    assert not world.view().steps("key_asked"), "nobody asks while it may answer"
    world.wait(AWAY)
    deputy.once()
    assert len(world.view().steps("key_asked")) == 1
    if what == "reveals":
        assert not seats[0].look(), "no key is needed before the time for revealing is over"
        world.wait(REVEALED)
    assert seats[0].look()
    deputy.once()
    assert not world.view().steps("succession"), "one holder alone gives nothing"
    assert seats[2].look()
    settle(world, {**here, INSPECTOR: deputy}, nobody)
    if wants(world) == {("time", "wait_dice")}:
        world.wait(DICE)
        settle(world, {**here, INSPECTOR: deputy}, nobody)
    assert wants(world) == set()
    assert not world.view().parcels(Step.TROUBLE)
    header = json.loads(verified(world.bundle(), tmp_path / "bundle.zip")["header.json"])
    assert header["header"]["keys"]["I"]["vrf"] == vrf_key
    assert not list(escrow.custody.folder.rglob(REBUILT)), "the key was for this draw alone"
    told = Client(world.url, "", world.machines.folder).text(f"/draw/{world.request}")
    assert "失联监督端的密钥恢复" in told
    assert "由 1 + 3 号持有人开启" in told
