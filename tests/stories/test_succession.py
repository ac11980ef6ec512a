"""A trustee is lost after bids are in: its key is rebuilt by its fellows, and bidders do nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bidding.envelope.trustee.holder import Trustee, TrusteeError
from bidding.hall.preparation.readiness import Turn, prove
from bidding.hall.preparation.readiness import ask as send_tests
from bidding.hall.preparation.seat import State as Readiness
from bidding.hall.preparation.seat import tried
from bidding.hall.succession.asking import answer, confirm, withdraw
from bidding.hall.succession.place import State, standing_roster
from bidding.hall.unlock import take_batch
from bidding.terms import roster_of
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Conflict, Invalid, NotAllowed
from monitor.role import SYSTEM, Role
from tests.stories.following import TEN, Following, a_following, a_twin
from tests.stories.hall import a_hall
from tests.stories.tenderer import bidders
from tests.stories.world import World, a_tender
from trading.registration.party import assign, found_organisation, standings


@pytest.fixture
def following(world: World) -> Following:
    return a_following(world)


def test_a_seat_goes_on_under_its_successor_and_bids_open_with_its_share(
    following: Following,
) -> None:
    tender, ask = following.tender, following.world.ask
    tenderers = bidders(tender, 3)
    row = following.confirmed(2)
    for helper in (1, 3, 4):
        following.hand(row, helper)
    lost = following.of(2)
    heir = following.place(row)
    assert heir.identity == lost.identity, "the key that bids were sealed to"
    assert heir.device.signer != lost.device.signer
    seat = ask(standing_roster, tender.id).seats[1]
    assert seat.authority == ask(found_organisation, following.actor.org).uscc
    assert seat.devices == (heir.device,)
    assert ask(roster_of, tender.id).seats[1].devices == (lost.device,), "what is sealed to stays"

    # It passes the tests of keys in its own name.
    tender.world.until(tender.deadline - timedelta(minutes=30))
    tender.do(send_tests, SYSTEM, turn=Turn.HOUR)
    seats = ask(tried, tender.id, tender.world.now)
    [test] = [machine.test for machine in seats[1].machines]
    old = lost.answer(test.challenge)
    told = tender.refused(prove, following.actor, test=test.id, document=old)
    assert isinstance(told, Invalid), "the lost machine answers for the seat no more"
    tender.do(prove, following.actor, test=test.id, document=heir.answer(test.challenge))
    assert ask(tried, tender.id, tender.world.now)[1].state is Readiness.READY

    # Two more trustees fall silent: without the successor's share nothing would open.
    tender.trustees[1] = (following.actor, heir)
    hall = a_hall(tender)
    hall.close()
    for seat_no in (2, 3, 5):
        hall.give(hall.note_request(), seat_no)
        tender.world.settle()
    hall.read_again()
    hall.check_seal(tenderers[0])
    hall.trustees_open()
    hall.unlock()
    prices = {each.letter.letter.price_fen for each in hall.reveal() if each.letter}
    assert prices == {one.price_fen for one in tenderers}


def test_a_batch_given_before_the_loss_still_counts(following: Following) -> None:
    """The names were opened by the seat's first machine, the bids by its successor."""
    tender = following.tender
    tenderers = bidders(tender, 3)
    hall = a_hall(tender)
    hall.close()
    for seat in (2, 3, 5):
        hall.give(hall.note_request(), seat)
        tender.world.settle()
    row = following.confirmed(2)
    for helper in (1, 3, 4, 5):
        following.hand(row, helper)
    tender.trustees[1] = (following.actor, following.place(row))
    hall.read_again()
    hall.check_seal(tenderers[0])
    hall.trustees_open()
    late = hall.answer(hall.bid_request(), 2)[1]
    inputs = {"section": hall.lot, "request": hall.bid_request(), "document": late}
    assert isinstance(tender.refused(take_batch, following.actor, **inputs), Conflict), "one seat"
    hall.unlock()
    assert sum(each.letter is not None for each in hall.reveal()) == 3


def test_everybody_reads_who_follows_whom_and_nothing_of_bids(following: Following) -> None:
    tender = following.tender
    row = following.confirmed(2)
    for helper in (1, 3, 4):
        following.hand(row, helper)
    following.place(row)

    def told() -> list[str]:
        records = tender.world.ask(timeline, tender.id, VISITOR)
        mine = [e.facts for e in records if e.facts["action"].partition(".")[0] in NOUNS]
        assert not any("bid" in each["facts"] for each in mine)
        assert following.of(2).identity not in str(mine)
        return [each["action"] for each in mine]

    acts = told()
    assert acts == ["key.deal"] * 5 + [
        "succession.ask", "succession.confirm", *["succession.hand"] * 3, "succession.take",
    ]  # fmt: skip
    bidders(tender, 2)
    assert told() == acts, "whatever is bid, it tells the same"


NOUNS = ("key", "succession")


def test_a_trustee_hands_its_seat_over_by_itself_without_a_wait(following: Following) -> None:
    tender = following.tender
    leaving = tender.trustees[2][0]
    told = following.refused(4, by=leaving)
    assert isinstance(told, NotAllowed), "its own seat alone"
    row = following.ask(3, by=leaving)
    told = tender.refused(answer, leaving, succession=row.id, document=b"{}")
    assert isinstance(told, Conflict), "it asked by itself"
    tender.do(confirm, tender.owner, succession=row.id)
    for helper in (1, 2, 5):
        following.hand(following.row(row.id), helper)
    heir = following.place(following.row(row.id))
    assert heir.identity == following.of(3).identity
    assert following.row(row.id).state is State.PLACED


def test_a_machine_that_still_answers_keeps_its_seat(following: Following) -> None:
    tender = following.tender
    row = following.ask(2)
    actor, machine = tender.trustees[1]
    for wrong in (b"{}", following.of(3).answer(sealed_to(following, 3))):
        refused = tender.refused(answer, actor, succession=row.id, document=wrong)
        assert isinstance(refused, Invalid)
    tender.do(answer, actor, succession=row.id, document=machine.answer(row.challenge))
    assert following.row(row.id).state is State.ANSWERED
    following.world.until(following.world.now + TEN)
    told = tender.refused(confirm, tender.trustees[3][0], succession=row.id)
    assert isinstance(told, Conflict)


def sealed_to(following: Following, seat: int) -> bytes:
    """A call to another seat."""
    return following.ask(seat).challenge


def test_one_that_answered_a_test_just_now_is_not_lost(following: Following) -> None:
    tender = following.tender
    tender.world.until(tender.deadline - timedelta(minutes=50))
    tender.do(send_tests, SYSTEM, turn=Turn.HOUR)
    [test] = [m.test for m in tender.world.ask(tried, tender.id, tender.world.now)[1].machines]
    actor, machine = tender.trustees[1]
    tender.do(prove, actor, test=test.id, document=machine.answer(test.challenge))
    assert isinstance(following.refused(2), Conflict)
    tender.world.until(tender.world.now + TEN)
    assert following.ask(2).state is State.ASKED


def test_a_seat_whose_standby_machine_works_is_not_lost(world: World) -> None:
    """One of two keys is gone: the other opens all that is sealed to the seat."""
    base = a_tender(world)
    base.trustees[:] = [
        (actor, Trustee.create(world.folder / f"fresh-{number}"))
        for number, (actor, _) in enumerate(base.trustees)
    ]
    standby = Trustee.create(world.folder / "standby")
    roster = world.ask(roster_of, base.id)
    seats = [replace(seat, devices=(machine.device,))
             for seat, (_, machine) in zip(roster.seats, base.trustees, strict=True)]  # fmt: skip
    seats[1] = replace(seats[1], devices=(*seats[1].devices, standby.device))
    following = a_twin(world, base, replace(roster, seats=tuple(seats)))
    tender, actor = following.tender, base.trustees[1][0]
    tender.world.until(tender.deadline - timedelta(minutes=50))
    tender.do(send_tests, SYSTEM, turn=Turn.HOUR)
    machines = tender.world.ask(tried, tender.id, tender.world.now)[1].machines
    [test] = [m.test for m in machines if m.test.recipient == standby.device.recipient]
    tender.do(prove, actor, test=test.id, document=standby.answer(test.challenge))
    assert isinstance(following.refused(2), Conflict)
    tender.world.until(tender.world.now + TEN)
    row = following.ask(2)
    tender.do(answer, actor, succession=row.id, document=standby.answer(row.challenge))
    assert following.row(row.id).state is State.ANSWERED


def test_an_asking_is_taken_back_by_its_body_alone_and_may_come_anew(following: Following) -> None:
    tender = following.tender
    row = following.ask(2)
    told = tender.refused(withdraw, tender.trustees[3][0], succession=row.id, why="不同意")
    assert isinstance(told, NotAllowed)
    tender.do(withdraw, tender.owner_two, succession=row.id, why="写错席位")
    assert following.row(row.id).state is State.WITHDRAWN
    assert following.ask(2).state is State.ASKED


@pytest.mark.parametrize("own", [False, True])
def test_a_standing_given_for_a_succession_ends_with_it(following: Following, own: bool) -> None:
    """Who was a trustee of this trade before stays one."""
    tender, org = following.tender, following.actor.org
    if own:
        tender.do(assign, tender.clerk, organisation=org, role=Role.TRUSTEE)
    row = following.confirmed(2)
    assert Role.TRUSTEE in tender.world.ask(standings, tender.id, org)
    tender.do(withdraw, tender.owner, succession=row.id, why="写错席位")
    assert (Role.TRUSTEE in tender.world.ask(standings, tender.id, org)) is own
    row = following.confirmed(2)
    lost = following.of(2).answer(row.challenge)
    tender.do(answer, tender.trustees[1][0], succession=row.id, document=lost)
    assert (Role.TRUSTEE in tender.world.ask(standings, tender.id, org)) is own
    for actor, _ in tender.trustees:
        assert Role.TRUSTEE in tender.world.ask(standings, tender.id, actor.org)


def test_a_second_loss_is_mended_with_the_help_of_the_first_successor(world: World) -> None:
    following = a_following(world)
    tender = following.tender
    row = following.confirmed(2)
    for helper in (1, 3, 4):
        following.hand(row, helper)
    tender.trustees[1] = (following.actor, following.place(row))
    second = a_following(world, tender, deals=False)
    another = second.confirmed(5)
    for helper in (2, 1, 4):
        second.hand(another, helper)
    assert second.place(another).identity == tender.trustees[4][1].identity


def test_a_set_in_which_every_seat_is_needed_cannot_deal(world: World) -> None:
    tender = a_tender(world, threshold=5)
    with pytest.raises(TrusteeError):
        a_following(world, tender)
