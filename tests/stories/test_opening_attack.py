"""Every way to open out of turn, alone, or somebody else's: tried, and what stops it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bidding.envelope.age.key import new_identity, recipient_of
from bidding.envelope.bid.object import CAPSULE
from bidding.envelope.capsule import Context, Kind, seal_capsule
from bidding.envelope.document import read, write_signed
from bidding.hall.close import close
from bidding.hall.failure.undecrypted import Fault, confirm_cause, undecrypted
from bidding.hall.reveal import fault_of, reveal
from bidding.hall.seal import check_seal
from bidding.hall.unlock import release, take_batch, unlock
from bidding.terms import roster_of
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.stories.hall import Hall, a_closed_hall, a_hall, an_opened_hall, give_up
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


@pytest.fixture
def other(world: World) -> Hall:
    """Another project's hall, closed and identified."""
    return a_closed_hall(bidders(a_tender(world))[0].tender)


def test_a_wrong_share_is_named_in_public_and_the_others_still_open(
    three: list[Tenderer],
) -> None:
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    request = hall.bid_request()
    actor, document = hall.answer(request, 2)
    liar = hall.tender.trustees[1][1]
    forged = forge(document, liar)
    checked = hall.tender.do(take_batch, actor, section=hall.lot, request=request, document=forged)
    hall.tender.world.settle()
    for seat in (3, 4, 5):
        hall.give(request, seat)
        hall.tender.world.settle()
    hall.unlock()
    assert len(checked.faults) == 1
    records = hall.tender.world.ask(timeline, hall.tender.id, VISITOR)
    [named] = [r.facts["facts"] for r in records if r.facts["facts"].get("faults")]
    assert named["seat"] == 2
    assert "seat 2 gave a wrong share" in named["faults"][0]
    assert all(result.letter is not None for result in hall.letters())


def forge(document: bytes, liar: Any) -> bytes:
    """A trustee's own signed batch with one share made up."""
    said = read("batch", document, "close kind recipient signer given_at entries signature")
    entries = [dict(entry) for entry in said.values["entries"]]  # type: ignore[union-attr, arg-type]
    entries[0]["share"] = "01" + "00" * 31
    kept = {
        name: said.values[name] for name in ("close", "kind", "recipient", "signer", "given_at")
    }
    return write_signed("batch", liar.signer, **kept, entries=entries)


def test_a_batch_with_a_gap_that_is_not_explained_is_refused(three: list[Tenderer]) -> None:
    hall = a_hall(three[0].tender)
    hall.close()
    request = hall.note_request()
    actor, trustee = hall.tender.trustees[0]
    _, document = hall.answer(request, 1)
    said = read("batch", document, "close kind recipient signer given_at entries signature")
    kept = {
        name: said.values[name] for name in ("close", "kind", "recipient", "signer", "given_at")
    }
    fewer = said.values["entries"][1:]  # type: ignore[index]
    short = write_signed("batch", trustee.signer, **kept, entries=fewer)
    refusal = hall.tender.refused(
        take_batch, actor, section=hall.lot, request=request, document=short
    )
    assert isinstance(refusal, Invalid)
    assert "gaps not explained" in refusal.message


def test_a_batch_made_for_trustees_of_the_callers_own_choosing_is_refused(
    three: list[Tenderer], other: Hall
) -> None:
    hall = a_hall(three[0].tender)
    hall.close()
    strangers = other.tender.world.ask(roster_of, other.tender.id)
    forged = replace(hall.note_request(), roster=strangers)
    actor, _ = hall.tender.trustees[0]
    document = hall.answer(hall.note_request(), 1)[1]
    refusal = hall.tender.refused(
        take_batch, actor, section=hall.lot, request=forged, document=document
    )
    assert isinstance(refusal, Invalid)


def test_a_withdrawn_and_a_replaced_bid_cannot_be_released(world: World) -> None:
    tender = a_tender(world)
    bidders(tender, 3)
    gone, replaced = bidders(tender, 2)
    gone.withdraw()
    old = replaced.release_inputs()
    replaced.bid()
    hall = a_closed_hall(tender)
    hall.check_seal(replaced)
    assert isinstance(gone.refused(release, **gone.release_inputs()), NotFound)
    stale = replaced.refused(release, **old)  # its key fits the old capsule that it brings along
    assert isinstance(stale, Invalid)
    request = hall.bid_request()
    assert request.released == frozenset()
    assert gone.last.bid not in request.capsules()
    hall.trustees_open()
    hall.unlock()
    opened = {r.noted.bid.bid for r in hall.letters() if r.letter is not None}
    assert replaced.last.bid in opened
    assert len(opened) == 4


def test_a_regretful_bidder_cannot_keep_its_bid_shut_by_a_key_of_its_own_making(
    three: list[Tenderer],
) -> None:
    hall, one = a_closed_hall(three[0].tender), three[0]
    hall.check_seal(one)
    key = new_identity()
    context = Context(Kind.BID, str(hall.tender.id), str(hall.lot), one.last.bid)
    roster = hall.tender.world.ask(roster_of, hall.tender.id)
    capsule = seal_capsule(key, roster, context)
    refusal = one.refused(release, section=hall.lot, identity=key, capsule=capsule)
    assert isinstance(refusal, Invalid)
    hall.trustees_open()
    hall.unlock()
    prices = {r.letter.letter.price_fen for r in hall.letters() if r.letter is not None}
    assert prices == {each.price_fen for each in three}


def test_a_key_that_does_not_fit_its_capsule_is_refused(three: list[Tenderer]) -> None:
    hall, one = a_closed_hall(three[0].tender), three[0]
    hall.check_seal(one)
    foreign = one.release_inputs() | {"identity": three[1].last.identity}
    rubbish = one.release_inputs() | {"identity": "AGE-SECRET-KEY-1NONE"}
    refusals = [one.refused(release, **inputs) for inputs in (foreign, rubbish)]
    assert [type(refusal) for refusal in refusals] == [Invalid, Invalid]
    assert recipient_of(one.last.identity) not in str(refusals)


Attempt = Callable[[Hall, Tenderer], tuple[Any, Actor, dict[str, Any]]]


def by_stranger(verb: Any, role: Role, **inputs: Any) -> Attempt:
    def attempt(hall: Hall, stranger: Tenderer) -> tuple[Any, Actor, dict[str, Any]]:
        elsewhere = stranger.tender
        actors = {
            Role.TENDERER: stranger.actor,
            Role.TENDEREE: elsewhere.owner,
            Role.TRUSTEE: elsewhere.trustees[0][0],
            Role.AGENCY: an_actor(elsewhere.world.house.platform, Role.AGENCY),
        }
        return verb, actors[role], {"section": hall.lot} | inputs

    return attempt


FOREIGN: dict[str, Attempt] = {
    "close": by_stranger(close, Role.TENDEREE),
    "check_seal": by_stranger(check_seal, Role.TENDERER),
    "release": by_stranger(release, Role.TENDERER, identity="x", capsule=b"x"),
    "take_batch": by_stranger(take_batch, Role.TRUSTEE, request=None, document=b""),
    "unlock": by_stranger(unlock, Role.TENDEREE),
    "reveal": by_stranger(reveal, Role.TENDEREE, results=[]),
}


def test_another_projects_people_do_nothing_in_this_opening(
    three: list[Tenderer], world: World
) -> None:
    stranger = a_tenderer(a_tender(world))
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    for name, attempt in FOREIGN.items():
        verb, actor, inputs = attempt(hall, stranger)
        refusal = hall.tender.refused(verb, actor, **inputs)
        assert isinstance(refusal, NotAllowed | NotFound), name
    elsewhere = hall.tender.refused(
        confirm_cause,
        stranger.tender.owner,
        section=hall.lot,
        bid=three[0].last.bid,
        code=Fault.BIDDER,
    )
    assert isinstance(elsewhere, NotAllowed)


def test_a_stored_object_that_was_exchanged_is_the_platforms_fault_not_the_bidders(
    three: list[Tenderer],
) -> None:
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    hall.trustees_open()
    hall.unlock()
    victim = hall.noted[0].bid.blobs
    name = next(key for key in victim if key.startswith("letter") and key != CAPSULE)
    [file] = hall.tender.world.folder.rglob(victim[name].replace("-", ""))
    file.write_bytes(b"exchanged")
    [shut] = [r for r in hall.letters() if r.letter is None]
    assert "platform" in repr(getattr(shut.failure, "cause", ""))
    assert fault_of(shut) is Fault.PLATFORM
    tender = hall.tender
    refusal = tender.refused(reveal, tender.owner, section=hall.lot, results=hall.letters())
    assert isinstance(refusal, WrongStage), "its bidder is asked for it first"
    give_up(hall)
    hall.reveal()
    told = {"section": hall.lot, "bid": shut.noted.bid.bid, "code": Fault.PLATFORM}
    for person in (tender.owner, tender.clerk):
        tender.do(confirm_cause, person, **told)
    [row] = tender.world.ask(undecrypted, tender.id, hall.lot)
    assert (row.code, row.confirmed_by) == (Fault.PLATFORM, tender.clerk.person)


def test_a_letter_that_is_anothers_is_the_bidders_fault_and_two_persons_say_so(
    three: list[Tenderer],
) -> None:
    tender = three[0].tender
    liar = a_tenderer(tender)
    liar.name, liar.uscc = three[0].name, three[0].uscc
    liar.bid()
    hall = an_opened_hall(tender, three[0])
    [row] = tender.world.ask(undecrypted, tender.id, hall.lot)
    assert (row.bid, row.code) == (liar.last.bid, Fault.BIDDER)
    told = {"section": hall.lot, "bid": row.bid, "code": Fault.BIDDER}
    for person in (tender.clerk, tender.owner):
        tender.do(confirm_cause, person, **told)
    [row] = tender.world.ask(undecrypted, tender.id, hall.lot)
    assert row.confirmed_by == tender.owner.person
