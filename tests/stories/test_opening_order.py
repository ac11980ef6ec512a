"""Every step of an opening out of turn: tried, and what stops it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from bidding.hall.close import close
from bidding.hall.failure.undecrypted import Fault, confirm_cause, undecrypted
from bidding.hall.reveal import reveal
from bidding.hall.seal import check_seal
from bidding.hall.unlock import release, take_batch, unlock
from bidding.opened import OpenedBid
from monitor.log.checkpoint import cosign
from monitor.log.note import Kind, SigningKey
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly, WrongStage
from monitor.runtime.database import Addresses, libpq
from tests.stories.hall import Hall, a_closed_hall, a_hall, an_opened_hall
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender
from trading.notice.addendum import Change, clarify


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


@pytest.fixture
def other(world: World) -> Hall:
    """Another project's hall, closed and identified."""
    return a_closed_hall(bidders(a_tender(world))[0].tender)


def test_no_key_and_no_share_is_taken_before_close_is_under_a_cosignature(
    three: list[Tenderer],
) -> None:
    hall, one = a_hall(three[0].tender), three[0]
    early = one.refused(release, **one.release_inputs())
    hall.close(witnessed=False)
    request = hall.note_request()
    actor, document = hall.answer(request, 1)
    unseen = one.refused(release, **one.release_inputs())
    batch = hall.tender.refused(
        take_batch, actor, section=hall.lot, request=request, document=document
    )
    hall.tender.world.settle()
    hall.check_seal(one)
    one.release()
    assert [type(refusal) for refusal in (early, unseen, batch)] == [WrongStage] * 3


def test_cosignatures_of_a_key_that_nobody_named_open_no_hall(
    three: list[Tenderer], database: Addresses
) -> None:
    """Somebody with the sequencer's own password signs a head with keys of his own."""
    hall, house = a_hall(three[0].tender), three[0].tender.world.house
    hall.close(witnessed=False)
    sequencer = replace(house.sequencer, witnesses={})
    head = sequencer.run_once(house.clock.now())
    sequencer.close()
    forger = SigningKey.generate("witness.test", Kind.COSIGNATURE)
    line = cosign(head, forger, house.clock.now()).line()
    with psycopg.connect(libpq(database.sequencer_url)) as thief:
        thief.execute(
            "INSERT INTO cosignature (size, witness, line) VALUES (%s, 'witness.test', %s)",
            [head.size, line],
        )
    request = hall.note_request()
    actor, document = hall.answer(request, 1)
    inputs: dict[str, Any] = {"section": hall.lot, "request": request, "document": document}
    assert isinstance(hall.tender.refused(take_batch, actor, **inputs), WrongStage)
    with psycopg.connect(libpq(database.superuser_url)) as owner:
        owner.execute("DELETE FROM cosignature WHERE line = %s", [line])
    three[0].tender.world.settle()
    hall.tender.do(take_batch, actor, **inputs)


def test_close_is_refused_before_the_deadline_even_to_the_owner(three: list[Tenderer]) -> None:
    tender = three[0].tender
    assert isinstance(tender.refused(close, tender.owner, section=tender.section), TooEarly)


def test_a_trustee_batch_waits_until_the_earlier_one_is_in_the_log(three: list[Tenderer]) -> None:
    hall = a_hall(three[0].tender)
    hall.close()
    request = hall.note_request()
    hall.give(request, 1)
    actor, document = hall.answer(request, 2)
    inputs: dict[str, Any] = {"section": hall.lot, "request": request, "document": document}
    assert isinstance(hall.tender.refused(take_batch, actor, **inputs), WrongStage)
    hall.tender.world.settle()
    hall.tender.do(take_batch, actor, **inputs)


def test_the_same_seat_gives_one_batch_only(three: list[Tenderer]) -> None:
    hall = a_hall(three[0].tender)
    hall.close()
    request = hall.note_request()
    hall.give(request, 1)
    hall.tender.world.settle()
    actor, document = hall.answer(request, 1)
    refusal = hall.tender.refused(
        take_batch, actor, section=hall.lot, request=request, document=document
    )
    assert isinstance(refusal, Conflict)


def test_unlock_waits_for_the_seal_check_and_reveal_for_a_cosigned_unlock(
    three: list[Tenderer],
) -> None:
    hall = a_closed_hall(three[0].tender)
    tender = hall.tender
    unchecked = tender.refused(unlock, tender.owner, section=hall.lot)
    hall.check_seal(three[0])
    hall.trustees_open()
    early = tender.refused(reveal, tender.owner, section=hall.lot, results=[])
    hall.unlock(witnessed=False)
    with pytest.raises(WrongStage):
        hall.letters()
    unseen = tender.refused(reveal, tender.owner, section=hall.lot, results=[])
    tender.world.settle()
    hall.reveal()
    again = tender.refused(reveal, tender.owner, section=hall.lot, results=hall.letters())
    late = three[0].refused(release, **three[0].release_inputs())
    kinds = [type(refusal) for refusal in (unchecked, early, unseen, again, late)]
    assert kinds == [WrongStage, WrongStage, WrongStage, Conflict, WrongStage]


def test_bids_are_not_unlocked_before_somebody_has_checked_the_seals(
    three: list[Tenderer],
) -> None:
    hall = a_closed_hall(three[0].tender)
    request = hall.bid_request()
    actor, document = hall.answer(request, 2)
    batch = hall.tender.refused(
        take_batch, actor, section=hall.lot, request=request, document=document
    )
    key = three[0].refused(release, **three[0].release_inputs())
    assert (type(batch), type(key)) == (WrongStage, WrongStage)


def test_nobody_says_after_the_unlocking_that_the_seals_were_checked_before(
    three: list[Tenderer],
) -> None:
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    hall.trustees_open()
    hall.unlock()
    refusal = three[1].refused(check_seal, section=hall.lot)
    assert isinstance(refusal, WrongStage)
    assert refusal.rule == "招标投标法 36"


def test_only_who_has_a_bid_there_checks_its_seals(three: list[Tenderer]) -> None:
    watching = a_tenderer(three[0].tender)
    regretful = a_tenderer(three[0].tender)
    regretful.bid()
    regretful.withdraw()
    a_closed_hall(three[0].tender)
    refusals = [
        one.refused(check_seal, section=three[0].tender.section) for one in (watching, regretful)
    ]
    assert [type(refusal) for refusal in refusals] == [NotFound, NotFound]


def test_reveal_shows_every_bid_of_close_or_nothing(three: list[Tenderer], other: Hall) -> None:
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    tender = hall.tender
    short = tender.refused(unlock, tender.owner, section=hall.lot)
    hall.trustees_open()
    lying = {hall.noted[0].bid.bid: "3 of 5 shares"}
    false = tender.refused(unlock, tender.owner, section=hall.lot, shut=lying)
    hall.unlock()
    results = hall.letters()
    fewer = tender.refused(reveal, tender.owner, section=hall.lot, results=results[1:])
    foreign = [replace(results[0], noted=other.noted[0]), *results[1:]]
    swapped = tender.refused(reveal, tender.owner, section=hall.lot, results=foreign)
    assert [type(one) for one in (short, false, fewer, swapped)] == [Invalid] * 4
    hall.reveal()


def test_a_bid_that_stays_shut_has_its_cause_confirmed_by_two_persons(
    three: list[Tenderer],
) -> None:
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    shut, tender = three[0], hall.tender
    for one in three[1:]:
        one.release()
    request = hall.bid_request()
    for seat in (1, 2):
        hall.give(request, seat)
        tender.world.settle()
    reason = {shut.last.bid: "仅两席给出份额 / only two seats gave shares"}
    early = tender.refused(unlock, tender.owner, section=hall.lot, shut=reason)
    assert isinstance(early, TooEarly)
    tender.world.house.clock.wait(timedelta(minutes=31))
    hall.unlock(shut=reason)
    hall.reveal()
    records = tender.world.ask(timeline, tender.id, VISITOR)
    [shown] = [r.facts["facts"] for r in records if r.facts["action"] == "opening.reveal"]
    assert (shown["opened"], shown["shut"]) == (2, 1)
    [row] = tender.world.ask(undecrypted, tender.id, hall.lot)
    assert row.code == Fault.TRUSTEES, "the machine's word"
    told: dict[str, Any] = {"section": hall.lot, "bid": shut.last.bid}
    tender.do(confirm_cause, tender.owner, **told, code=Fault.BIDDER)
    other = tender.refused(confirm_cause, tender.clerk, **told, code=Fault.TRUSTEES)
    assert isinstance(other, Conflict), "the two must name the same"
    tender.do(confirm_cause, tender.owner, **told, code=Fault.TRUSTEES)
    twice = tender.refused(confirm_cause, tender.owner, **told, code=Fault.TRUSTEES)
    tender.do(confirm_cause, tender.clerk, **told, code=Fault.TRUSTEES)
    third = tender.refused(confirm_cause, tender.owner_two, **told, code=Fault.TRUSTEES)
    assert (type(twice), type(third)) == (NotAllowed, Conflict)


def test_an_open_bid_has_no_cause_to_confirm(three: list[Tenderer]) -> None:
    hall = an_opened_hall(three[0].tender, three[0])
    refusal = hall.tender.refused(
        confirm_cause,
        hall.tender.owner,
        section=hall.lot,
        bid=three[0].last.bid,
        code=Fault.BIDDER,
    )
    assert isinstance(refusal, NotFound)


def test_a_bid_that_an_addendum_asked_to_submit_again_has_no_part_in_the_opening(
    world: World,
) -> None:
    tender = a_tender(world)
    old = a_tenderer(tender)
    old.bid()
    change = Change("补遗", "须重新递交", affects_bids=False, resubmit=True)
    tender.do(clarify, tender.owner, change=change)
    new = bidders(tender)
    hall = a_closed_hall(tender)
    unchecked = old.refused(check_seal, section=hall.lot)
    hall.check_seal(new[0])
    unreleased = old.refused(release, **old.release_inputs())
    assert [type(refusal) for refusal in (unchecked, unreleased)] == [NotFound, NotFound]
    assert old.mask not in {item.bid.mask for item in hall.noted}


def test_a_price_whose_words_differ_from_its_figures_reaches_the_committee_marked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words count (评标委员会和评标方法暂行规定 19): the committee must be asked."""
    tender = a_tender(world)
    fair = bidders(tender, 2)
    monkeypatch.setattr("bidding.envelope.bid.seal.capital_amount", lambda _: "人民币贰拾万元整")
    late = a_tenderer(tender)
    late.bid()
    monkeypatch.undo()
    an_opened_hall(tender, fair[0])
    with world.house.platform.read() as session:
        rows = session.scalars(select(OpenedBid).where(OpenedBid.project == tender.id)).all()
        marked = {row.uscc: row.figures_match_words for row in rows}
    assert marked == {one.uscc: True for one in fair} | {late.uscc: False}
