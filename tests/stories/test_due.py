"""What the platform owes by the facts: found once it is due, done, and then no longer found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bidding.hall.close import close, fail
from bidding.hall.due import (
    closings,
    early_returns,
    failures,
    names,
    next_closing,
    wanted_names,
)
from monitor.law.duty import next_turn
from monitor.law.fact import facts_of
from monitor.law.watch import standing_duties
from monitor.record.arrival import stamp
from monitor.refusal import Conflict
from monitor.role import SYSTEM
from monitor.work.errand import Errand
from tests.stories.hall import a_hall
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import SECOND, Tender, World, a_tender
from trading.award.filing import file as object_to
from trading.award.objection import Kind
from trading.fee.deposit import Deposit
from trading.fee.refund import confirm_refund
from trading.notice.participation import participants
from trading.notice.progress import confirm_stage, stage_due
from trading.registration.project import found_project, trade_of


def do_all(tender: Tender, errands: Iterable[Errand]) -> list[Any]:
    return [tender.do(each.action, SYSTEM, **each.inputs) for each in errands]


def closings_of(tender: Tender) -> list[Errand]:
    found = tender.world.ask(closings, tender.world.now)
    return [each for each in found if each.project == tender.id]


def test_close_is_due_for_every_section_once_the_deadline_has_passed(world: World) -> None:
    tender = a_tender(world, lots=2)
    assert closings_of(tender) == []
    assert world.ask(next_closing, tender.id, world.now) == tender.deadline + timedelta(
        microseconds=1
    )
    world.until(tender.deadline)
    assert closings_of(tender) == []
    world.until(tender.deadline + timedelta(microseconds=1))
    found = closings_of(tender)
    assert [each.inputs["section"] for each in found] == tender.lots
    do_all(tender, found[:1])
    assert [each.key for each in closings_of(tender)] == [found[1].key]
    do_all(tender, found[1:])
    assert closings_of(tender) == []
    assert world.ask(next_closing, tender.id, world.now) is None


def test_close_waits_for_a_bid_that_arrived_in_time_but_not_for_ever(world: World) -> None:
    tender = a_tender(world)
    one = a_tenderer(tender)
    one.do(stamp, digest=bytes(32))
    tender.past_deadline()
    assert closings_of(tender) == []
    world.until(tender.deadline + timedelta(minutes=10) + SECOND)
    assert do_all(tender, closings_of(tender))


def test_an_opening_with_two_bids_fails_by_itself_and_once(world: World) -> None:
    tender = bidders(a_tender(world), 2)[0].tender
    assert world.ask(failures, tender.id) == []
    a_hall(tender).close()
    found = world.ask(failures, tender.id)
    assert [each.action.name for each in found] == ["opening.fail"]
    assert do_all(tender, found) == [2]
    assert world.ask(failures, tender.id) == []
    assert type(tender.refused(fail, tender.owner, section=tender.section)) is Conflict


def test_with_three_bids_nothing_fails(world: World) -> None:
    tender = bidders(a_tender(world))[0].tender
    a_hall(tender).close()
    assert world.ask(failures, tender.id) == []


@pytest.fixture
def answered(world: World) -> list[Tenderer]:
    """Three bids with deposits; three trustees have answered, the last one's not yet cosigned."""
    three = bidders(a_tender(world))
    for one in three:
        one.pay()
    hall = a_hall(three[0].tender)
    hall.close()
    request = hall.note_request()
    for seat in (1, 2):
        hall.give(request, seat)
        world.settle()
    assert world.ask(wanted_names, hall.tender.id) == []
    hall.give(request, 3)
    return three


def test_names_are_wanted_when_a_quorum_has_answered_under_cosignatures(
    world: World, answered: list[Tenderer]
) -> None:
    tender = answered[0].tender
    assert world.ask(wanted_names, tender.id) == []
    world.settle()
    [wanted] = world.ask(wanted_names, tender.id)
    assert (wanted.kind, wanted.key) == ("identify", f"{tender.section}:3")
    do_all(tender, world.ask(names, tender.id, tender.section))
    assert {each.name for each in world.ask(participants, tender.id)} == {
        one.name for one in answered
    }
    with world.house.platform.read() as session:
        payers = {session.get_one(Deposit, one.deposit).payer for one in answered}
    assert payers == {one.name for one in answered}
    assert world.ask(wanted_names, tender.id) == []
    assert world.ask(names, tender.id, tender.section) == []


def test_names_that_broke_off_half_way_are_taken_up(world: World, answered: list[Tenderer]) -> None:
    tender = answered[0].tender
    world.settle()
    first, *rest = world.ask(names, tender.id, tender.section)
    do_all(tender, [first])
    again = world.ask(names, tender.id, tender.section)
    assert {each.key for each in again} == {each.key for each in rest}
    do_all(tender, again)
    assert world.ask(names, tender.id, tender.section) == []


def test_the_deposit_of_who_withdrew_goes_back_but_not_of_who_bid_again(world: World) -> None:
    tender = a_tender(world)
    one, other = a_tenderer(tender), a_tenderer(tender)
    for each in (one, other):
        each.pay()
        each.bid()
    assert world.ask(early_returns, tender.id) == []
    one.withdraw()
    other.withdraw()
    other.bid()
    found = world.ask(early_returns, tender.id)
    assert [each.inputs["deposit"] for each in found] == [one.deposit]
    [refund] = do_all(tender, found)
    assert world.ask(early_returns, tender.id) == []
    tender.do(confirm_refund, SYSTEM, refund=refund, reference="E1")


def test_a_withdrawal_that_nobody_returned_before_close_is_finances_after_it(world: World) -> None:
    tender = bidders(a_tender(world))[0].tender
    gone = a_tenderer(tender)
    gone.pay()
    gone.bid()
    gone.withdraw()
    a_hall(tender).close()
    assert world.ask(early_returns, tender.id) == []


def test_a_stage_is_written_down_when_it_changes_and_not_before_acceptance(world: World) -> None:
    tender = a_tender(world)

    def due() -> list[Errand]:
        facts = world.ask(facts_of, tender.id)
        found: list[Errand] = world.ask(stage_due, tender.id, facts, world.now)
        return found

    [errand] = due()
    assert tender.do(errand.action, SYSTEM) == "bidding"
    assert due() == []
    tender.past_deadline()
    assert tender.do(confirm_stage, SYSTEM) == "closed"
    assert due() == []


def test_the_watch_says_when_it_has_to_look_again(world: World) -> None:
    tender = a_tender(world)
    one = a_tenderer(tender)
    one.do(object_to, kind=Kind.DOCUMENTS, text="评分标准不明确。")
    with world.house.platform.read() as session:
        trade = trade_of(found_project(session, tender.id))
        standing = standing_duties(session, tender.id, trade, world.now)
        [answer] = [each for each in standing if each.rule.id == "works.objection_answer"]
    assert next_turn([answer], world.now) == answer.yellow
    assert next_turn([answer], answer.yellow) == answer.limit.at + timedelta(microseconds=1)
    assert next_turn([answer], answer.limit.at + SECOND) is None
    assert next_turn([], world.now) is None


def test_a_section_that_is_closed_by_the_tenderee_is_no_longer_due(world: World) -> None:
    tender = a_tender(world)
    tender.past_deadline()
    tender.do(close, tender.owner, section=tender.section)
    assert closings_of(tender) == []


def test_an_errand_found_again_has_the_same_key(world: World) -> None:
    tender = a_tender(world, lots=2)
    tender.past_deadline()
    first, second = closings_of(tender), closings_of(tender)
    keys: list[UUID | str] = [each.key for each in first]
    assert keys == [each.key for each in second]
    assert len(set(keys)) == 2
