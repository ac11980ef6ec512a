"""A member cannot sit after all: a fresh round fills the seat, and the panel stands."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

import pytest

from experts import draw_verify
from experts.ceremony.mail.paper import departure_evidence
from experts.draw.bundle import verify_bundle
from experts.draw.encoding import DrawError
from experts.draw.transcript import Left
from monitor.record.disclosure import Audience, Viewer, timeline
from tests.stories.draw.test_desk import page, the_inspector
from tests.stories.draw.world import World, nobody, settle, thrown, wants
from trading.archive.canonical_zip import read_canonical
from webui.program.client import Client, Refused
from webui.program.draw.centre.desk import Centre
from webui.program.draw.centre.panel import note_departures
from webui.program.draw.inspector import Agent
from webui.program.draw.loop import Loop

HOURS = 24 * 3600


@pytest.fixture
def loops(world: World) -> dict[str, Loop]:
    """Five accepted, the bids are closed, each was told the way to the seat; nobody came yet."""
    made = thrown(world)
    settle(world, made, world.answer)
    world.close()
    world.identify()
    settle(world, made, nobody)
    assert wants(world) == {("E", "check_in")}
    return made


def own_seat(world: World) -> tuple[str, dict[str, Any]]:
    """Somebody's letter that leads to a seat of this draw."""
    masks = {seat["mask"] for seat in world.view().seated}
    return next(
        (uid, told) for uid, told in world.letters()
        if told["what"] == "seat" and told["mask"] in masks
    )  # fmt: skip


def refused(world: World, client: Client, action: str, inputs: Mapping[str, Any]) -> str:
    """The platform's no, which is on record."""
    before = attempts(world, action)
    with pytest.raises(Refused) as told:
        client.act(action, inputs, str(world.project))
    assert attempts(world, action) == before + 1
    return told.value.code


def attempts(world: World, action: str) -> int:
    """How many refused attempts of an action stand in the trade's record."""
    viewer = Viewer(Audience.INSPECTOR, world.machines.inspector.org)
    with world.platform.read() as session:
        found = [row.facts for row in timeline(session, world.project, viewer)]
    return sum(one["action"] == action and "refused" in one["outcome"] for one in found)


def given_up(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told[name] for name in ("mask", "section", "opening")}


def finished(world: World, loops: Mapping[str, Loop]) -> dict[str, Any]:
    """Let the panel be filled, sit, and end; both verifiers accept its bundle: its rounds."""
    world.wait(60)
    settle(world, loops, lambda: world.answer() + world.check_in())
    assert wants(world) == {("time", "wait_result")}
    assert len(world.view().seated) == 5
    world.act("award.issue")
    settle(world, loops, nobody)
    bundle = world.bundle()
    assert verify_bundle(bundle).ok
    assert not [item for _, item, _ in draw_verify.verify(bundle) if item]
    return read_canonical(bundle)


def test_who_steps_back_is_replaced_by_a_fresh_round_and_the_panel_stands(
    world: World, loops: dict[str, Loop]
) -> None:
    uid, told = own_seat(world)
    world.expert(uid).act("panel.step_back", given_up(told), told["project"])
    late = {**given_up(told), "secret": secrets.token_hex(32)}
    assert refused(world, world.expert(uid), "panel.check_in", late) == "wrong_stage"
    [one] = world.view().leaving
    members = finished(world, loops)
    round_ = json.loads(members["rounds/01.json"])["round"]
    told_row = departure_evidence(one["mask"], "WITHDRAWN", one["record"])
    assert [row[1:] for row in round_["change"]["vacated"]] == [["WITHDRAWN", told_row]]
    states = [seat["state"] for seat in world.view().seats()]
    assert states.count("left") == 1


def test_who_is_absent_once_the_sitting_began_is_found_so_by_supervision_alone(
    world: World, loops: dict[str, Loop]
) -> None:
    gone, told = own_seat(world)
    place = next(s["place"] for s in world.view().seated if s["mask"] == told["mask"])
    inputs = {"draw": world.view().draw, "place": place}
    inspector = the_inspector(world)
    assert "panel.no_show" in page(inspector, f"/draw/{world.request}/watch")
    assert refused(world, inspector, "panel.no_show", inputs) == "too_early"
    world.wait(6 * HOURS)
    centre = world.side("C").client
    assert refused(world, centre, "panel.no_show", inputs) == "not_allowed"
    inspector.act("panel.no_show", inputs, str(world.project))
    assert [one["why"] for one in world.view().leaving] == ["NO_SHOW"]
    members = finished(world, loops)
    round_ = json.loads(members["rounds/01.json"])["round"]
    assert [row[1] for row in round_["change"]["vacated"]] == ["NO_SHOW"]
    assert gone not in world.seated()


def test_nobody_gives_up_anothers_seat_nor_one_that_is_taken(
    world: World, loops: dict[str, Loop]
) -> None:
    uid, told = own_seat(world)
    other = next(each for each in world.seated() if each != uid)
    stranger: Client = world.expert(other)
    assert refused(world, stranger, "panel.step_back", given_up(told)) == "not_allowed"
    assert not world.view().leaving
    settle(world, loops, world.check_in)
    mine = world.expert(uid)
    assert refused(world, mine, "panel.step_back", given_up(told)) == "wrong_stage"


def test_the_agent_takes_a_departure_only_as_it_stands_on_record(
    world: World, loops: dict[str, Loop]
) -> None:
    """Not of another member, for another reason, nor left out of the final statement."""
    uid, told = own_seat(world)
    world.expert(uid).act("panel.step_back", given_up(told), told["project"])
    centre, agent, view = world.side("C"), world.side("I"), world.view()
    assert isinstance(centre, Centre)
    assert isinstance(agent, Agent)
    papers, [one] = centre.papers(view), view.leaving
    sits = papers.trial()[0].progress.seated
    evidence = departure_evidence(one["mask"], "WITHDRAWN", one["record"])
    request = centre.service.request(view.name)
    for leaf in sits:
        for why in Left:
            change = {"rechecks": [], "vacated": [[leaf.hex(), why.value, evidence]]}
            mine = change["vacated"] == _noted(centre, world)
            if not mine:
                with pytest.raises(DrawError, match="vacated"):
                    agent._answered(view, {**request, "change": change})
    world.wait(60)
    settle(world, loops, nobody)
    assert world.view().steps("ask")[-1]["k"] == 1


def _noted(centre: Centre, world: World) -> list[Any]:
    """What the centre itself takes in of the record."""
    note_departures(centre, world.view())
    change: Any = centre.service.request(world.view().name)["change"]
    return list(change["vacated"])
