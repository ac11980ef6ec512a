"""The trustees' keys are tried before an opening: who answers, who is away, who lies."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bidding.agenda import agenda
from bidding.envelope.trustee.holder import Trustee, TrusteeError
from bidding.hall.preparation.readiness import RULE, ReadinessTest, Turn, ask, prove, readiness_due
from bidding.hall.preparation.seat import PATIENCE, State, away, tried
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooLate, WrongStage
from monitor.role import SYSTEM
from tests.stories.tenderer import bidders
from tests.stories.world import SECOND, Tender, World, a_tender

HOUR = timedelta(hours=1)
DAY = 24 * HOUR


@pytest.fixture
def tender(world: World) -> Tender:
    return a_tender(world)


def send(tender: Tender, before: timedelta) -> list[ReadinessTest]:
    """Let time pass until then, and the platform do by itself what is due; the tests sent."""
    tender.world.until(tender.deadline - before)
    for errand in tender.world.ask(readiness_due, tender.id, tender.world.now):
        tender.do(errand.action, SYSTEM, **errand.inputs)
    return sent(tender)


def sent(tender: Tender) -> list[ReadinessTest]:
    seats = tender.world.ask(tried, tender.id, tender.world.now)
    return [machine.test for seat in seats for machine in seat.machines if machine.test]


def states(tender: Tender) -> list[State]:
    return [seat.state for seat in tender.world.ask(tried, tender.id, tender.world.now)]


def answer(tender: Tender, test: ReadinessTest) -> None:
    actor, machine = tender.trustees[test.seat - 1]
    tender.do(prove, actor, test=test.id, document=machine.answer(test.challenge))


def test_keys_are_tried_twice_by_themselves_and_who_is_silent_is_seen(tender: Tender) -> None:
    world = tender.world
    assert states(tender) == [State.UNASKED] * 5
    assert send(tender, DAY + SECOND) == []
    first = send(tender, DAY)
    assert [test.seat for test in first] == [1, 2, 3, 4, 5]
    again = send(tender, DAY - 5 * SECOND)
    assert [test.id for test in again] == [test.id for test in first], "once only"
    for test in first:
        answer(tender, test)
    assert states(tender) == [State.READY] * 5
    second = send(tender, HOUR)
    assert {test.turn for test in second} == {Turn.HOUR}
    assert states(tender) == [State.WAITING] * 5, "what was proven a day ago is proven anew"
    for test in second[:3]:
        answer(tender, test)
    world.until(second[0].asked_at + PATIENCE)
    assert states(tender) == [State.READY] * 3 + [State.AWAY] * 2
    silent = world.ask(away, [tender.id], world.now)
    assert [seat.seat for seat in silent[tender.id]] == [4, 5]
    assert world.ask(away, [], world.now) == {}
    answer(tender, second[4])
    assert [seat.seat for seat in world.ask(away, [tender.id], world.now)[tender.id]] == [4]
    assert states(tender) == [State.READY] * 3 + [State.AWAY, State.READY]
    told = [each.facts for each in world.ask(timeline, tender.id, VISITOR)]
    assert [each["action"] for each in told if each["action"].startswith("readiness.")] == (
        ["readiness.ask"] + ["readiness.prove"] * 5 + ["readiness.ask"] + ["readiness.prove"] * 4
    ), "everybody may see it"
    assert not any(second[0].expected in str(each) for each in told)


def test_a_test_goes_out_however_the_trade_is_looked_at_and_wakes_the_platform(
    tender: Tender,
) -> None:
    world = tender.world
    world.until(tender.deadline - DAY - 5 * SECOND)
    assert world.ask(agenda, tender.id, world.now).wake == tender.deadline - DAY
    world.until(tender.deadline - HOUR)
    due = [each.inputs for each in world.ask(agenda, tender.id, world.now).errands
           if each.action.name == "readiness.ask"]  # fmt: skip
    assert due == [{"turn": Turn.HOUR}], "the day's test that nobody sent is not sent any more"
    world.until(tender.deadline + SECOND)
    assert world.ask(away, [tender.id], world.now) == {}, "after the deadline nobody is waited for"
    assert world.ask(readiness_due, tender.id, world.now) == []
    assert isinstance(tender.refused(ask, SYSTEM, turn=Turn.HOUR), WrongStage)


def test_nobody_answers_with_another_key_twice_or_too_late(tender: Tender, world: World) -> None:
    tests = send(tender, HOUR)
    (first, one), (other, two) = tender.trustees[0], tender.trustees[1]
    forged = replace(one, signer=two.signer)
    for document in (
        two.answer(tests[1].challenge), forged.answer(tests[0].challenge), b"{}", b"\xff", b"",
    ):  # fmt: skip
        told = tender.refused(prove, first, test=tests[0].id, document=document)
        assert (type(told), told.rule) == (Invalid, RULE)
    with pytest.raises(TrusteeError):
        two.answer(tests[0].challenge)
    good = one.answer(tests[0].challenge)
    strangers = a_tender(world)
    elsewhere = strangers.refused(prove, strangers.trustees[0][0], test=tests[0].id, document=good)
    assert isinstance(elsewhere, NotFound)
    outsider = tender.refused(prove, strangers.trustees[0][0], test=tests[0].id, document=good)
    assert isinstance(outsider, NotAllowed)
    tender.do(prove, first, test=tests[0].id, document=good)
    assert isinstance(tender.refused(prove, first, test=tests[0].id, document=good), Conflict)
    late = two.answer(tests[1].challenge)
    tender.past_deadline()
    assert isinstance(tender.refused(prove, other, test=tests[1].id, document=late), TooLate)


def test_a_share_sent_as_a_test_does_not_come_out(tender: Tender) -> None:
    """Whoever runs the platform might ask for a bid's share under this name."""
    one = bidders(tender, 1)[0]
    capsule = (one.folder / "sealed-1" / "capsule.json").read_bytes()
    shares = [base64.b64decode(each) for each in json.loads(capsule)["shares"]]
    for (_, machine), share in zip(tender.trustees, shares, strict=True):
        with pytest.raises(TrusteeError):
            machine.answer(share)


def test_a_seat_is_ready_by_its_standby_machine_and_the_dead_one_is_named(
    world: World,
) -> None:
    spare = Trustee.create(world.folder / "spare-of-3")
    tender = a_tender(world, spares={3: spare})
    tests = [test for test in send(tender, HOUR) if test.seat == 3]
    assert len(tests) == 2
    actor = tender.trustees[2][0]
    own = next(test for test in tests if test.recipient == spare.device.recipient)
    tender.do(prove, actor, test=own.id, document=spare.answer(own.challenge))
    world.until(tests[0].asked_at + PATIENCE)
    seat = world.ask(tried, tender.id, world.now)[2]
    assert seat.state is State.READY
    assert [machine.recipient for machine in seat.silent] == [
        tender.trustees[2][1].device.recipient
    ]
