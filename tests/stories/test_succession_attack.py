"""Whoever would come to a trustee's key, or seat, by way of a succession: each is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bidding.envelope.document import read_signed, write_signed
from bidding.envelope.roster import Authority, Roster
from bidding.envelope.sharing.feldman import SharingError
from bidding.envelope.trustee.holder import Trustee, readiness_challenge
from bidding.envelope.trustee.keydeal import (
    deal_key,
    rebuild,
)
from bidding.hall.succession.asking import answer, confirm, withdraw
from bidding.hall.succession.deal import deal
from bidding.hall.succession.piece import (
    hand,
    take,
)
from bidding.hall.succession.place import State, Succession, dealt_keys, successions
from bidding.terms import roster_of
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly, WrongStage
from monitor.role import Actor, Role
from tests.builders import a_standing, an_actor
from tests.stories.following import TEN, Following, a_following, a_twin
from tests.stories.hall import an_opened_hall
from tests.stories.tenderer import bidders
from tests.stories.world import World, a_tender
from tests.trading.projects import an_announced_trade, an_issue
from trading.notice.document import issue
from trading.registration.party import assign


@pytest.fixture
def following(world: World) -> Following:
    return a_following(world)


@pytest.fixture(scope="module")
def shared(world: World) -> Following:
    """For refusals, which change nothing."""
    return a_following(world)


def test_fewer_than_the_quorum_rebuild_nothing(following: Following) -> None:
    row = following.confirmed(2)
    for helper in (1, 3):
        following.hand(row, helper)
    with pytest.raises(SharingError):
        rebuild(following.deal_of(2), following.pieces(row))
    own = following.machine.answer
    told = following.tender.refused(take, following.actor, succession=row.id, document=b"{}")
    assert isinstance(told, TooEarly)
    following.hand(row, 4)
    for document in (b"{}", own(sealed_for(following, row))):
        told = following.tender.refused(take, following.actor, succession=row.id, document=document)
        assert isinstance(told, Invalid), "it has to answer by the rebuilt key"
    heir = following.heir(row)
    stolen = replace(heir, signer=following.of(1).signer)
    for actor, machine in ((following.actor, stolen), (following.tender.trustees[0][0], heir)):
        told = following.tender.refused(
            take, actor, succession=row.id, document=machine.answer(row.challenge)
        )
        assert isinstance(told, (Invalid, NotAllowed)), "by its own machine, in its own name"
    following.place(row)


def sealed_for(following: Following, row: Succession) -> bytes:
    """A call of the same kind to the successor's own key."""
    seat = replace(row.holder, devices=(following.machine.device,))
    return readiness_challenge(seat)[0]


def test_the_administrator_names_nobody_and_is_named_by_nobody(shared: Following) -> None:
    """Neither himself, nor by the tenderee's hand: and the attempt is on record."""
    world = shared.world
    admin = an_actor(world.house.platform, Role.ADMINISTRATOR, shared.tender.clerk.org)
    before = records(shared, "succession.ask")
    for by in (admin, replace(admin, role=Role.CENTRE), shared.tender.clerk):
        told = shared.refused(2, by=by, person=admin.person)
        assert isinstance(told, NotAllowed)
        assert told.record is not None
    assert records(shared, "succession.ask") == before, "refused attempts are not for the public"
    assert isinstance(shared.refused(2, person=admin.person), NotFound)
    assert isinstance(shared.refused(2, person=shared.tender.owner.person), NotAllowed)


def records(following: Following, action: str) -> int:
    found = following.world.ask(timeline, following.tender.id, VISITOR)
    return sum(each.facts["action"] == action for each in found)


def test_a_successor_without_proof_of_its_key_is_refused(shared: Following) -> None:
    word = shared.word(2)
    theirs = Trustee.create(shared.world.folder / "theirs")
    document = read_signed("acceptance", word, "tender seat lost recipient signer holds")
    values = {k: v for k, v in document.values.items() if k not in ("v", "signature")}
    taken = {**values, "recipient": theirs.device.recipient}
    machine = shared.machine
    lies = [
        write_signed("acceptance", machine.signer, **taken),
        write_signed("acceptance", machine.signer, **{**values, "holds": []}),
        write_signed("acceptance", theirs.signer, **values),
        shared.word(3),
        shared.word(2, tender=str(a_tender(shared.world).id)),
        shared.word(2, machine=shared.of(4)),
        word[:-20],
        b"{}",
    ]
    for lie in lies:
        told = shared.refused(2, acceptance=lie)
        assert (type(told), told.field) == (Invalid, "acceptance"), told
    other = shared.word(2, lost=shared.of(4).device.recipient)
    assert isinstance(shared.refused(2, acceptance=other), NotFound)


def test_a_body_that_would_break_the_quorum_takes_no_seat(world: World, shared: Following) -> None:
    tender = shared.tender
    held = an_actor(world.house.platform, Role.TRUSTEE, tender.trustees[3][0].org)
    told = shared.refused(2, person=held.person, kind=Authority.ASSOCIATION)
    assert isinstance(told, NotAllowed), "a body holds one seat"
    owner = an_actor(world.house.platform, Role.TRUSTEE, tender.owner.org)
    told = shared.refused(3, person=owner.person)
    assert (type(told), told.field) == (Invalid, "kind"), "the tenderee is what it is"
    told = shared.refused(3, person=owner.person, kind=Authority.TENDEREE)
    assert "quorum" in (told.rule or ""), "centre, tenderee's trustee and tenderee: three of five"
    told = shared.refused(3, kind=Authority.AGENCY)
    assert (type(told), told.field) == (Invalid, "kind"), "an agency of no such trade"
    shared.ask(2, person=owner.person, kind=Authority.TENDEREE)


def test_a_body_is_confirmed_for_one_seat_of_a_set_ever(world: World, following: Following) -> None:
    """Not for two at once, nor after the first has ended, nor in another trade of these keys."""
    tender, twin = following.tender, a_twin(world, following.tender)
    twin.actor, twin.machine = following.actor, Trustee.create(world.folder / "twin")
    both = following.ask(3, acceptance=following.word(3, machine=twin.machine))
    row = following.confirmed(2)
    told = tender.refused(confirm, tender.trustees[4][0], succession=both.id)
    assert isinstance(told, NotAllowed), "two seats at once"
    tender.do(withdraw, tender.owner, succession=both.id, why="改由他人接任")
    for helper in (1, 3, 4):
        following.hand(row, helper)
    lost = following.of(2)
    document = lost.answer(row.challenge)
    tender.do(answer, tender.trustees[1][0], succession=row.id, document=document)
    assert following.row(row.id).state is State.ANSWERED
    for other in (following, twin):
        told = other.refused(4, acceptance=other.word(4, machine=twin.machine))
        assert (type(told), told.field) == (NotAllowed, "person"), "it knows the key of seat 2"
    assert twin.ask(2).state is State.ASKED, "that very seat it may follow in, elsewhere too"


def test_a_set_whose_seat_an_insider_followed_in_elsewhere_is_refused(
    world: World, following: Following
) -> None:
    """With the tenderee's and the centre's own seats it would be a quorum, and it stays one who knows a key."""
    row = following.confirmed(3)
    roster = world.ask(roster_of, following.tender.id)
    twin = a_tender(world, roster=roster)
    assert world.ask(roster_of, twin.id) == roster, "the set itself may serve again"
    platform = world.house.platform
    trade = an_announced_trade(platform)
    a_standing(platform, trade.id, an_actor(platform, Role.AGENCY, following.actor.org))
    issued = an_issue(platform, trade, trustees=roster.to_bytes())
    with pytest.raises(Invalid, match="threshold"):
        platform.perform(issue, trade.owner, trade.id, issue=issued)
    tender = following.tender
    tender.do(withdraw, tender.owner, succession=row.id, why="改由他人接任")
    with pytest.raises(Invalid, match="threshold"):
        platform.perform(issue, trade.owner, trade.id, issue=issued)


def test_a_successors_word_serves_once(following: Following) -> None:
    """Else whoever asked could, after it was taken back, ask by it in other words or for another."""
    tender, word = following.tender, following.word(2)
    row = following.ask(2, acceptance=word)
    tender.do(withdraw, tender.owner, succession=row.id, why="改由他人接任")
    for by in (tender.owner, tender.trustees[1][0]):
        told = following.refused(2, by=by, acceptance=word)
        assert (type(told), told.field) == (Conflict, "acceptance")
        assert "已用过" in told.message
    assert following.ask(2).state is State.ASKED


def test_who_held_a_seat_once_counts_with_its_circle(world: World, following: Following) -> None:
    """Centre, tenderee's trustee and agency know three keys of five: the centre's does not become unknown."""
    tender, row = following.tender, following.confirmed(1)
    for helper in (2, 3, 4):
        following.hand(row, helper)
    following.place(row)
    agent = an_actor(world.house.platform, Role.TRUSTEE)
    tender.do(assign, tender.clerk, organisation=agent.org, role=Role.AGENCY)
    own = Trustee.create(world.folder / "agent")
    told = following.refused(
        3, person=agent.person, kind=Authority.AGENCY, acceptance=following.word(3, machine=own)
    )
    assert "quorum" in (told.rule or "")


def test_nothing_takes_back_what_a_successor_can_know(following: Following) -> None:
    tender, row = following.tender, following.confirmed(2)
    for helper in (1, 3):
        following.hand(row, helper)
    following.hand(row, 4)
    told = tender.refused(withdraw, tender.owner, succession=row.id, why="改由他人接任")
    assert isinstance(told, Conflict)
    assert following.row(row.id).state is State.CONFIRMED
    following.place(row)


def test_nobody_confirms_alone_nor_among_insiders(following: Following) -> None:
    tender, world = following.tender, following.world
    row = following.ask(2)
    early = tender.refused(confirm, tender.trustees[3][0], succession=row.id)
    assert isinstance(early, TooEarly)
    world.until(world.now + TEN)
    tender.do(assign, tender.clerk, organisation=tender.clerk.org, role=Role.TRUSTEE)
    tender.do(assign, tender.clerk, organisation=following.actor.org, role=Role.TRUSTEE)
    insider = an_actor(world.house.platform, Role.TRUSTEE, tender.clerk.org)
    colleague = an_actor(world.house.platform, Role.TRUSTEE, following.actor.org)
    for by in (tender.owner, tender.owner_two, following.actor, colleague, insider, tender.clerk):
        told = tender.refused(confirm, by, succession=row.id)
        assert isinstance(told, NotAllowed), by
    assert following.row(row.id).state is State.ASKED
    told = tender.refused(hand, tender.trustees[0][0], succession=row.id,
                          document=following.piece(row, 1))  # fmt: skip
    assert isinstance(told, WrongStage), "no piece goes out before two have confirmed"
    tender.do(confirm, tender.trustees[3][0], succession=row.id)
    again = tender.refused(confirm, tender.trustees[4][0], succession=row.id)
    assert isinstance(again, Conflict)


def test_no_seat_is_followed_twice(following: Following) -> None:
    row = following.confirmed(2)
    assert isinstance(following.refused(2), Conflict)
    for helper in (1, 3, 4):
        following.hand(row, helper)
    following.place(row)
    assert isinstance(following.refused(2), (Conflict, Invalid))
    told = following.tender.refused(take, following.actor, succession=row.id, document=b"{}")
    assert isinstance(told, Conflict)


def test_after_unlock_no_seat_needs_a_successor(following: Following) -> None:
    tender, row = following.tender, following.confirmed(2)
    following.hand(row, 1)
    one = bidders(tender, 3)[0]
    an_opened_hall(tender, one)
    for told in (
        following.refused(4),
        tender.refused(hand, tender.trustees[2][0], succession=row.id,
                       document=following.piece(row, 3)),
        tender.refused(take, following.actor, succession=row.id, document=b"{}"),
    ):  # fmt: skip
        assert isinstance(told, WrongStage)
    roster = following.world.ask(roster_of, tender.id)
    late = deal_key(following.of(1), roster, str(tender.id))
    assert isinstance(tender.refused(deal, tender.trustees[0][0], document=late), WrongStage)


def test_a_key_is_dealt_among_one_set_alone(world: World, following: Following) -> None:
    """Else a quorum of the first set could open, in the second, what only its own quorum may."""
    tender, ask_ = following.tender, world.ask
    roster = ask_(roster_of, tender.id)
    stranger = Trustee.create(world.folder / "stranger").device
    seats = (*roster.seats[:4], replace(roster.seats[4], devices=(stranger,)))
    for other in (Roster(3, seats), Roster(4, roster.seats)):
        with pytest.raises(Conflict) as told:
            a_tender(world, roster=other)
        assert told.value.field == "trustees"
    dealt = len(ask_(dealt_keys, [tender.id]))
    fresh = a_tender(world)
    doubled = Roster(4, ask_(roster_of, fresh.id).seats)
    a_tender(world, roster=doubled)
    document = deal_key(fresh.trustees[0][1], ask_(roster_of, fresh.id), str(fresh.id))
    assert isinstance(fresh.refused(deal, fresh.trustees[0][0], document=document), Conflict)
    assert len(ask_(dealt_keys, [tender.id])) == dealt


def test_nobody_deals_for_another_or_for_another_trade(world: World, shared: Following) -> None:
    tender = shared.tender
    roster = world.ask(roster_of, tender.id)
    again = deal_key(shared.of(1), roster, str(tender.id))
    actor = tender.trustees[0][0]
    assert isinstance(tender.refused(deal, actor, document=again), Conflict)
    fresh = a_following(world, deals=False)
    own = world.ask(roster_of, fresh.tender.id)
    elsewhere = deal_key(fresh.of(1), own, str(tender.id))
    forged = write_signed(
        "keydeal", shared.machine.signer, signer=shared.machine.device.signer,
        capsule=read_signed("keydeal", deal_key(fresh.of(1), own, str(fresh.tender.id)),
                            "signer capsule").text("capsule"),
    )  # fmt: skip
    for document in (elsewhere, forged, again, b"{}", b"\xff"):
        told = fresh.tender.refused(deal, fresh.tender.trustees[0][0], document=document)
        assert (type(told), told.field) == (Invalid, "document")
    assert world.ask(successions, fresh.tender.id) == []


def test_an_asking_bears_a_reason_a_seat_and_a_key_that_was_dealt(world: World) -> None:
    following = a_following(world, deals=False)
    assert isinstance(following.refused(2), NotFound), "no key was dealt"
    roster = world.ask(roster_of, following.tender.id)
    document = deal_key(following.of(2), roster, str(following.tender.id))
    following.tender.do(deal, following.tender.trustees[1][0], document=document)
    word = following.word(2)
    for seat, why, field in (
        (2, " ", "why"), (2, "长" * 501, "why"), (6, "毁损", "seat"), (0, "毁损", "seat"),
    ):  # fmt: skip
        told = following.refused(seat, why=why, acceptance=word)
        assert (type(told), told.field) == (Invalid, field)
    outsider: Actor = a_tender(world).owner
    assert isinstance(following.refused(2, by=outsider), NotAllowed)
    assert following.ask(2).state is State.ASKED
