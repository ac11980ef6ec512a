"""A trade is ended while its panel is being drawn: nobody goes on, and nobody is left waiting."""

from collections.abc import Mapping

import pytest

from experts.ceremony.mail.machine.machine import centre_machine
from experts.ceremony.mail.request import requests_for
from monitor.record.disclosure import Audience, Viewer, timeline
from tests.stories.draw.world import World, nobody, settle, thrown
from trading.supervision.standstill.suspension import suspend
from trading.supervision.standstill.termination import terminate
from webui.program.client import Refused
from webui.program.draw.loop import Loop

WHY = {"article": "招标投标法实施条例 31", "reason": "项目用地规划调整，不再建设"}


@pytest.fixture
def loops(world: World) -> dict[str, Loop]:
    """Five were drawn and invited; nobody has answered yet."""
    made = thrown(world)
    settle(world, made, nobody)
    assert len(world.invited()) == 5
    return made


def invitations(world: World) -> list[tuple[str, dict[str, str]]]:
    drawn = {seat["mask"] for seat in world.view().seats()}
    return [(uid, told) for uid, told in world.letters() if told["mask"] in drawn]


def refused(world: World) -> int:
    """How many attempts at the draw the trade's record says were refused."""
    viewer = Viewer(Audience.INSPECTOR, world.machines.inspector.org)
    with world.platform.read() as session:
        bodies = [row.facts for row in timeline(session, world.project, viewer)]
    return sum(
        body["action"].startswith("draw.") and "refused" in body["outcome"] for body in bodies
    )


def test_no_machine_goes_on_and_no_expert_is_left_with_a_call(
    world: World, loops: Mapping[str, Loop]
) -> None:
    uid, told = invitations(world)[0]
    world.platform.perform(terminate, world.machines.owner, world.project, **WHY)
    assert invitations(world) == []
    answer = {"mask": told["mask"], "token": told["token"], "accepts": True}
    with pytest.raises(Refused) as no:
        world.expert(uid).act("draw.answer", answer)
    assert "终止" in str(no.value)
    before = refused(world)
    for _ in range(3):
        world.wait(3600)
        settle(world, loops, nobody)
    assert refused(world) == before, "a machine that is refused writes a record at each look"
    with world.platform.read() as session:
        centre = centre_machine(session)
        assert centre is not None
        assert world.request not in {each.id for each in requests_for(session, centre)}


def test_a_trade_that_stands_still_for_a_while_takes_no_answer_and_keeps_its_draw(
    world: World, loops: Mapping[str, Loop]
) -> None:
    assert loops
    uid, told = invitations(world)[0]
    order = {"article": "招标投标法实施条例 61", "reason": "投诉处理期间"}
    world.platform.perform(suspend, world.machines.inspector, world.project, **order)
    answer = {"mask": told["mask"], "token": told["token"], "accepts": True}
    with pytest.raises(Refused) as no:
        world.expert(uid).act("draw.answer", answer)
    assert "暂停" in str(no.value)
    assert len(invitations(world)) == 5
