"""A member falls ill at the last moment: asked for at 09:20, a whole panel sits by 09:30."""

import json
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from experts import draw_verify
from experts.ceremony.mail.paper import Step
from experts.ceremony.seat import seated
from experts.draw.bundle import verify_bundle
from experts.panel.committee import form
from monitor.law.workday import SHANGHAI
from tests.stories.draw.world import (
    DICE,
    World,
    nobody,
    settle,
    the_clerk,
    the_loops,
    thrown,
    wants,
)
from trading.archive.canonical_zip import read_canonical
from webui.program.client import Refused
from webui.program.draw.centre.messenger import RING

BEACON = 155


def a_panel_is_drawn(world: World) -> None:
    """The evaluation panel itself: five drawn, the bids closed, all five checked in."""
    loops = thrown(world)
    settle(world, loops, world.answer)
    world.close()
    world.identify()
    settle(world, loops, lambda: world.answer() + world.check_in())
    assert wants(world) == {("time", "wait_result")}


def local(world: World) -> datetime:
    now: datetime = world.house.clock.now().astimezone(SHANGHAI)
    return now


def wait_until(world: World, hour: int, minute: int) -> None:
    """Let time pass until the clock of the centre's hall shows this, today or tomorrow."""
    due = local(world).replace(hour=hour, minute=minute, second=0, microsecond=0)
    due += timedelta(days=int(due <= local(world)))
    world.wait(int((due - local(world)).total_seconds()))


def ask(world: World, purpose: str, seats: int, reason: str) -> None:
    """The clerk's own form, by its API."""
    begins = local(world) + timedelta(minutes=10)
    inputs = {
        "section": str(world.section), "purpose": purpose, "reason": reason, "beacon": None,
        "wanted": [{"specialty": "A01+A02+A03", "seats": seats}],
        "starts": begins.isoformat(), "ends": (begins + timedelta(hours=8)).isoformat(),
    }  # fmt: skip
    asked = the_clerk(world).act("draw.request", inputs, str(world.project))
    world.request = UUID(str(asked))


def masks_of_the_section(world: World) -> list[str]:
    with world.platform.read() as session:
        return [seat.mask for seat in seated(session, world.project, world.section)]


@pytest.mark.campaign
def test_an_emergency_draw_calls_in_parallel_and_a_panel_stands_within_ten_minutes(
    world: World,
) -> None:
    a_panel_is_drawn(world)
    before = masks_of_the_section(world)
    assert len(before) == 5
    wait_until(world, 9, 20)
    with pytest.raises(Refused) as refused:
        ask(world, "emergency", 2, "")
    assert refused.value.field == "reason"
    ask(world, "emergency", 2, "两名成员突发疾病")
    loops = the_loops(world)
    settle(world, loops, nobody)
    world.wait(BEACON)
    settle(world, loops, nobody)
    first = world.invited()
    assert len(first) == 2, "both are called at once"
    assert len({one["at"] for one in world.view().parcels(Step.INVITATION)}) == 1
    world.silent = {first[0]}
    settle(world, loops, world.answer)
    for _ in range(2):
        world.wait(RING + 1)
        settle(world, loops, world.answer)
        settle(world, loops, world.answer)  # a call that ends by itself is nobody's step
    assert len(world.view().steps("round")) == 2, "who does not answer is followed by the next"
    settle(world, loops, lambda: world.answer() + world.check_in())
    assert wants(world) == {("time", "wait_result")}
    assert not world.view().parcels(Step.TROUBLE)
    sitting = masks_of_the_section(world)
    assert len(sitting) == 7
    assert set(before) < set(sitting)
    world.platform.perform(form, world.machines.centre, world.project, section=world.section)
    assert (local(world).hour, local(world).minute) <= (9, 30), local(world)
    world.act("award.issue")
    settle(world, loops, nobody)
    the_bundle_tells_of_both_calls(world.bundle())


def the_bundle_tells_of_both_calls(bundle: bytes) -> None:
    """Who did not answer was rung twice, a ring apart."""
    assert verify_bundle(bundle).ok
    assert draw_verify.verify(bundle)[-1][1] == ""
    contacts = json.loads(read_canonical(bundle)["rounds/00.json"])["round"]["contacts"]
    ended = {outcome: tries for _, outcome, _, tries in contacts}
    assert set(ended) == {"CONFIRMED", "NO_ANSWER"}
    assert [b - a for a, b in zip(ended["NO_ANSWER"], ended["NO_ANSWER"][1:], strict=False)] == [
        RING + 1
    ]


@pytest.mark.campaign
def test_a_supplementary_draw_adds_to_the_panel_that_was_drawn(world: World) -> None:
    a_panel_is_drawn(world)
    ask(world, "supplementary", 2, "评标内容增加，需补充两名专家")
    loops = the_loops(world)
    settle(world, loops, nobody)
    assert wants(world) == {("time", "wait_dice")}
    world.wait(DICE)
    settle(world, loops, lambda: world.answer() + world.check_in())
    assert wants(world) == {("time", "wait_result")}
    assert len(set(masks_of_the_section(world))) == 7
    told = the_clerk(world).send("GET", f"/draw/{world.request}", None, {}).decode()
    assert "评标内容增加" in told
    for name in world.invited():
        assert name not in told
    world.platform.perform(form, world.machines.centre, world.project, section=world.section)
