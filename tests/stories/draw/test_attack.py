"""Attacks on a draw by three machines: forged papers, false callers, other headers, lost time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from experts.avoidance import Case, Rule, RuleSet, Screening, screen
from experts.ceremony.closing import cancel
from experts.ceremony.mail.agenda import Todo
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.view import View
from experts.dossier import Expert
from experts.draw.bundle import verify_bundle
from experts.draw.encoding import DrawError
from experts.draw.transcript import Contact, Left
from monitor.refusal import Invalid
from tests.stories.draw.world import (
    DICE,
    World,
    done_acts,
    nobody,
    settle,
    the_clerk,
    the_loops,
    thrown,
    wants,
)
from trading.archive.canonical_zip import read_canonical
from webui.program.client import Client, Refused
from webui.program.draw.centre import filing, panel
from webui.program.draw.centre.desk import Centre
from webui.program.draw.inspector import Agent
from webui.program.draw.loop import Loop


def refused(world: World, client: Client, action: str, inputs: Mapping[str, Any]) -> Refused:
    """The platform's no, which is on record."""
    before = len(done_acts(world))
    with pytest.raises(Refused) as told:
        client.act(action, inputs, str(world.project))
    after = done_acts(world)
    assert len(after) == before + 1, "the refusal is not on record"
    assert after[-1]["outcome"]["refused"] == told.value.code
    return told.value


def a_parcel(world: World, step: str, **document: Any) -> dict[str, Any]:
    return {"request": str(world.request), "step": step, "k": 0, "document": document}


def test_a_forged_parcel_is_refused_and_on_record(world: World) -> None:
    world.begin()
    settle(world, {"I": Loop(world.side("I"))}, nobody)
    clients = {role: world.side(role).client for role in "CIT"}
    forged = {
        "a clerk, though of the centre": (the_clerk(world), a_parcel(world, "filing", sealed="")),
        "the centre as the inspector": (clients["C"], a_parcel(world, "countersign", signature="")),
        "the owner as the inspector": (clients["T"], a_parcel(world, "countersign", signature="")),
        "the inspector throws dice": (clients["I"], a_parcel(world, "dice", digits="1" * 24)),
    }
    for who, (client, parcel) in forged.items():
        assert refused(world, client, "draw.post", parcel).code == "not_allowed", who
    twice = refused(world, clients["I"], "draw.post", a_parcel(world, "hello", recipient="age1x"))
    assert twice.code == "conflict"
    hello = world.view().parcel(Step.HELLO, "I")
    assert hello is not None
    assert hello["recipient"] != "age1x"


def test_nobody_reads_what_is_a_machines_alone(world: World) -> None:
    world.begin()
    settle(world, the_loops(world), nobody)
    clerk, owner = the_clerk(world), world.side("T").client
    expert = world.expert("E000001")
    for client in (clerk, expert):
        for path in ("/api/v1/draws", "/api/v1/draws/registry", f"/api/v1/draws/{world.request}"):
            with pytest.raises(Refused) as told:
                client.read(path)
            assert told.value.status == 403
    with pytest.raises(Refused):
        owner.read("/api/v1/draws/registry")
    with pytest.raises(Refused):
        clerk.read("/api/v1/letters")
    filed = f"/api/v1/draws/{world.request}/parcels/filing/0"
    assert world.side("I").client.read(filed)["document"]["sealed"]
    for client, status in ((world.side("C").client, 404), (owner, 404), (clerk, 403)):
        with pytest.raises(Refused) as told:
            client.read(filed)
        assert told.value.status == status
    for role in "CIT":
        draws = world.side(role).client.read("/api/v1/draws")
        assert '"sealed"' not in json.dumps(draws), "what is sealed is got once, by whom it is for"
    seen = owner.read(f"/api/v1/draws/{world.request}")
    assert {one["role"] for one in seen["parcels"]} <= {"T"}
    assert seen["seats"] == seen["answers"] == []
    assert "purchaser" not in seen


def test_a_caller_who_writes_down_no_answer_where_there_was_one_gets_no_signature(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops = thrown(world)
    settle(world, loops, nobody)

    def lied(desk: Centre, view: View, todo: Todo) -> None:
        tries = [view.now, view.now + 300, view.now + 600]
        panel._end(desk, view, todo, Contact.NO_ANSWER, "00" * 32, tries)

    monkeypatch.setitem(panel.STEPS, "contact", lied)
    letter = f"/api/v1/draws/{world.request}/parcels/invitation/0"
    with pytest.raises(Refused) as told:
        world.side("I").client.read(letter)
    assert told.value.status == 404, "a letter to an expert is no mail of a machine"
    settle(world, loops, world.answer)
    assert wants(world) == {("I", "closing")}
    [trouble] = world.view().parcels(Step.TROUBLE)
    assert (trouble["role"], trouble["document"]["item"]) == ("I", "contacts")


HASTE: Mapping[str, tuple[int, Contact, tuple[int, ...]]] = {
    "a conflict that nobody declared": (1000, Contact.LATE_CONFLICT, (0,)),
    "calls of years to come": (0, Contact.NO_ANSWER, (0, 300, 10**8)),
    "calls that leave out the letter": (1000, Contact.NO_ANSWER, (1, 301, 601)),
    "the last call just now": (600, Contact.NO_ANSWER, (0, 300, 600)),
}
"""Seconds after its letter at which somebody is dropped, how, and the calls written down."""


@pytest.mark.parametrize("lie", list(HASTE))
def test_a_caller_who_drops_somebody_within_a_moment_gets_no_signature(
    world: World, monkeypatch: pytest.MonkeyPatch, lie: str
) -> None:
    """Else it would drop whoever was drawn until somebody comes whom it likes."""
    loops = thrown(world)
    settle(world, loops, nobody)
    after, outcome, calls = HASTE[lie]

    def dropped(desk: Centre, view: View, todo: Todo) -> None:
        at = panel._tries(desk, view, todo)[0]
        if view.now >= at + after:
            panel._end(desk, view, todo, outcome, "00" * 32, [at + each for each in calls])

    monkeypatch.setattr(panel, "call_again", dropped)
    world.silent = {world.invited()[0]}
    settle(world, loops, world.answer)
    world.wait(after)
    settle(world, {"C": loops["C"]}, nobody)
    settle(world, loops, nobody)
    assert wants(world) == {("I", "closing")}
    [trouble] = world.view().parcels(Step.TROUBLE)
    assert (trouble["role"], trouble["document"]["item"]) == ("I", "contacts")


def test_a_centre_that_says_a_member_left_gets_no_round_to_fill_the_seat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops = thrown(world)
    settle(world, loops, world.answer)
    centre = world.side("C")
    assert isinstance(centre, Centre)
    name, before = world.view().name, centre.service.open_seats(world.view().name)
    assert before == 0
    sits = centre.papers(world.view()).trial()[0].progress.seated
    centre.service.leave(name, next(iter(sits)).hex(), Left.WITHDRAWN, "00" * 32)
    assert centre.service.open_seats(name) == 1
    request = centre.service.request(name)
    agent = world.side("I")
    assert isinstance(agent, Agent)
    with pytest.raises(DrawError, match="vacated"):
        agent._answered(world.view(), request)


def test_who_never_answers_is_called_three_times_and_another_is_drawn(world: World) -> None:
    loops = thrown(world)
    settle(world, loops, nobody)
    world.silent = {world.invited()[0]}
    settle(world, loops, world.answer)
    for _ in range(3):
        assert wants(world) == {("E", "answer")}
        world.wait(300)
        settle(world, {"C": loops["C"]}, nobody)
    assert [seat["state"] for seat in world.view().seats()].count("no_answer") == 1
    settle(world, loops, nobody)
    assert [seat["state"] for seat in world.view().seats(1)] == ["drawn"]


def test_the_agent_signs_no_header_that_was_not_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.begin()
    plan = filing._plan
    monkeypatch.setattr(
        filing, "_plan", lambda *told: replace(plan(*told), strata=((1, 2), (2, 3)))
    )
    settle(world, the_loops(world), nobody)
    assert wants(world) == {("I", "countersign")}
    [trouble] = world.view().parcels(Step.TROUBLE)
    assert (trouble["role"], trouble["document"]["item"]) == ("I", "header.strata")


def test_a_centre_that_judges_a_rule_otherwise_gets_no_signature_and_is_told_the_field(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rogue centre leaves somebody out, and its page shows no figures of an agent."""
    world.begin()
    monkeypatch.setattr("experts.draw.filing.screen", without_one)
    settle(world, the_loops(world), nobody)
    assert wants(world) == {("I", "countersign")}
    [trouble] = world.view().parcels(Step.TROUBLE)
    assert (trouble["role"], trouble["document"]["item"]) == ("I", "header.excluded")
    assert not world.view().parcels(Step.COUNTERSIGN)
    monkeypatch.undo()
    world.wait(301)
    settle(world, the_loops(world), nobody)
    signed = world.view().parcel(Step.COUNTERSIGN, "I", 1)
    header = world.view().header
    assert signed is not None
    assert header is not None
    wrong = dict.fromkeys(("duplicates", "predicates", "records"), 0)
    counted = {"registered": len(world.pool.people), "eligible": header.number("n")}
    assert signed["checked"] == wrong | counted


def without_one(experts: Iterable[Expert], case: Case, rules: RuleSet) -> Screening:
    """What a rogue centre finds: one of the eligible is not, by no rule that is true."""
    found = screen(experts, case, rules)
    gone = {found.eligible[0].u: Rule.CALENDAR}
    return Screening(found.eligible[1:], {**found.excluded, **gone})


def test_a_draw_whose_times_passed_unused_is_cancelled_and_asked_for_again(
    world: World, tmp_path: Path
) -> None:
    world.begin()
    loops = the_loops(world)
    del loops["T"]
    settle(world, loops, nobody)
    world.wait(DICE)
    settle(world, loops, nobody)
    assert wants(world) == {("staff", "too_late")}
    draw = UUID(world.view().draw)
    world.platform.perform(
        cancel, world.machines.inspector, world.project, draw=draw, order="00" * 32, reason="逾期"
    )
    assert wants(world) == set()
    with pytest.raises(Invalid):
        world.ask()
    world.ask("业主端离线，逾期 / the owner was away")
    settle(world, the_loops(world), nobody)
    header = world.view().header
    assert header is not None
    assert header.number("seq") == 1
    assert wants(world) == {("time", "wait_dice")}


def complete(world: World, loops: Mapping[str, Loop]) -> None:
    """The dice and the first round; nobody is asked to come, so that each contact ends alone."""
    world.wait(DICE)
    settle(world, loops, nobody)
    for _ in range(4):
        world.wait(300)
        settle(world, loops, nobody)
    assert world.view().step("final")


def test_a_draw_cancelled_before_its_dice_is_completed_and_shown_before_the_next(
    world: World,
) -> None:
    """Draw shopping: who cancels after the opening, to have other dice, is seen with both."""
    world.begin()
    loops = the_loops(world)
    settle(world, loops, nobody)
    assert wants(world) == {("time", "wait_dice")}
    thrown, draw = world.request, UUID(world.view().draw)
    world.platform.perform(
        cancel, world.machines.inspector, world.project, draw=draw, order="ab" * 32, reason="换人"
    )
    assert wants(world) == {("time", "wait_dice")}
    second = world.ask("换人")
    settle(world, loops, nobody)
    assert world.view().header is None, "the agent signs no attempt beside one that still runs"
    world.request = thrown
    complete(world, loops)
    assert wants(world) == {("time", "wait_result")}
    world.request = second
    settle(world, the_loops(world), nobody)
    header = world.view().header
    assert header is not None
    assert header.number("seq") == 1
    world.act("opening.fail")
    world.request = thrown
    settle(world, the_loops(world), world.answer)
    bundle = world.bundle()
    report = verify_bundle(bundle)
    assert report.ok
    assert report.steps[-1].detail.startswith("CANCELLED")
    shown = json.loads(read_canonical(bundle)["rounds/00.json"])["round"]["log"]
    assert sum(verdict == "ACCEPT" for _, _, verdict in shown) == 5, "who was thrown away is shown"


def test_a_draw_cancelled_before_its_shares_were_revealed_still_reveals_them(world: World) -> None:
    world.begin()
    loops = the_loops(world)
    for _ in range(200):
        if world.view().draw and world.view().step("open"):
            break
        for loop in loops.values():
            if not (world.view().draw and world.view().step("open")):
                loop.once()
    draw = UUID(world.view().draw)
    assert not world.view().step("closed")
    world.platform.perform(
        cancel, world.machines.inspector, world.project, draw=draw, order="ab" * 32, reason="换人"
    )
    settle(world, loops, nobody)
    assert world.view().step("closed"), "the shares"
    assert wants(world) == {("time", "wait_dice")}
    complete(world, loops)
