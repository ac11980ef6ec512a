"""What a deputy keeps of a lost machine's key: nothing, once the draw is over or is not its own."""

from typing import Any
from uuid import UUID

import pytest

from experts.ceremony.closing import cancel
from experts.custody import REBUILT, Custody
from experts.draw.header import INSPECTOR
from monitor.role import Role
from tests.builders import an_actor
from tests.stories.draw.escrow import AWAY, REVEALED, Escrow, until
from tests.stories.draw.world import World, done_acts, nobody, settle, wants
from webui.program import mail
from webui.program.client import Away, Client
from webui.program.draw.deputy import UNATTENDED
from webui.program.draw.loop import Loop


class Cut(Client):
    """A platform that goes away in the very moment when its deputy is to succeed."""

    def act(self, action: str, *inputs: Any, **named: Any) -> Any:
        if action == "draw.succeed":
            raise Away("cut off")
        return Client.act(self, action, *inputs, **named)


def kept(custody: Custody) -> set[str]:
    """The names of all keys of draws that lie in a folder."""
    return {each.name for name in (REBUILT, mail.KEY) for each in custody.folder.rglob(name)}


def reason(world: World) -> str:
    """Why the key was asked for, as it stands on record."""
    [row] = [one for one in done_acts(world) if one["action"] == "draw.ask_key"]
    return str(row["facts"]["reason"])


def cut_off(escrow: Escrow) -> None:
    """Two pieces are handed on, and the deputy is cut off with the key in its hands."""
    for number in (0, 1):
        assert escrow.seat(number).look()
    loop = escrow.loop()
    loop.side.client = Cut(escrow.world.url, "standby", escrow.custody.folder)
    with pytest.raises(Away):
        loop.once()
    assert kept(escrow.custody) == {REBUILT, mail.KEY}


def test_a_deputy_that_was_cut_off_keeps_no_key_of_a_machine_that_came_back(
    world: World, escrow: Escrow
) -> None:
    agent, deputy = escrow.agent("cut"), escrow.loop()
    loops = escrow.away(agent)
    deputy.once()
    assert reason(world) == UNATTENDED, "nobody's words are made up"
    cut_off(escrow)
    deputy = escrow.loop()
    agent.once()
    deputy.side.attend()
    assert kept(escrow.custody) == set()
    settle(world, {**loops, "D": deputy}, nobody)
    assert wants(world) == set()


def test_a_machine_that_came_back_and_is_lost_again_is_succeeded_with_the_key_asked_for_before(
    world: World, escrow: Escrow
) -> None:
    agent, deputy = escrow.agent("twice"), escrow.loop("机房断电 / the machine room has no power")
    loops = escrow.begun(agent)
    until(world, loops, "ask")
    world.wait(AWAY)
    deputy.once()
    agent.once()  # nothing was handed on yet: what was made for it opens nothing
    deputy.side.attend()
    assert kept(escrow.custody) == {mail.KEY}
    assert reason(world) == "机房断电 / the machine room has no power"
    until(world, {"C": loops["C"], "T": loops["T"], INSPECTOR: agent}, "answer")
    world.wait(AWAY)
    for number in (0, 2):
        assert escrow.seat(number).look()
    here: dict[str, Loop] = {"C": loops["C"], "T": loops["T"], INSPECTOR: deputy}
    settle(world, here, nobody)
    assert wants(world) == set()
    assert world.view().steps("succession")
    assert kept(escrow.custody) == set()


def test_a_deputy_keeps_no_key_of_a_draw_that_was_cancelled(world: World, escrow: Escrow) -> None:
    escrow.lost(escrow.agent("cancelled"), "reveals")
    deputy = escrow.loop()
    world.wait(AWAY)
    deputy.once()
    world.wait(REVEALED)
    cut_off(escrow)
    by = an_actor(world.platform, Role.DEPARTMENT, world.machines.inspector.org)
    world.platform.perform(
        cancel, by, world.project, draw=UUID(world.view().draw), order="00" * 32, reason="stopped"
    )
    deputy.side.attend()
    assert kept(escrow.custody) == set()
