"""Pieces of a trustee's key that are none, of elsewhere or another's: who says so, and what counts."""

from __future__ import annotations

import pytest

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.capsule import Context, Dealt, ShareError, share_text
from bidding.envelope.document import read_signed, write_signed
from bidding.envelope.roster import Roster
from bidding.envelope.trustee.holder import Trustee
from bidding.envelope.trustee.keydeal import (
    blame_piece,
    deal_key,
    open_handed,
    reject_piece,
)
from bidding.hall.succession.asked import wanted
from bidding.hall.succession.asking import withdraw
from bidding.hall.succession.deal import deal
from bidding.hall.succession.fault import blame, reject
from bidding.hall.succession.piece import (
    MOST_PIECES,
    false_pieces,
    good_pieces,
    hand,
    handed,
    take,
)
from bidding.hall.succession.place import Succession
from bidding.terms import roster_of
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly
from tests.bidding.envelope.test_capsule import _with_share
from tests.stories.following import Following, a_following, a_twin
from tests.stories.world import World


@pytest.fixture
def following(world: World) -> Following:
    return a_following(world)


def test_a_false_piece_handed_on_is_named_and_does_not_count(following: Following) -> None:
    tender, row = following.tender, following.confirmed(2)
    for helper in (1, 3):
        following.hand(row, helper)
    about = following.hand(row, 4, bent(following, row, 4))
    [piece] = [p for p in following.world.ask(handed, row.id) if p.seat == 4]
    told = following.read(row, piece)
    with pytest.raises(ShareError):
        open_handed(told, following.deal_of(2), following.machine.identity)
    good = following.world.ask(handed, row.id)[0]
    true = following.read(row, good)
    liar = blame_piece(following.machine, true.file, true.digest)
    refused = tender.refused(blame, following.actor, about=good.id, document=liar)
    assert isinstance(refused, Invalid), "a true piece is nobody's fault"
    proof = blame_piece(following.machine, told.file, told.digest)
    other = blame_piece(following.of(1), told.file, told.digest)
    assert isinstance(tender.refused(blame, following.actor, about=about, document=other), Invalid)
    assert tender.do(blame, following.actor, about=about, document=proof) == "wrong_share"
    [found] = following.world.ask(false_pieces, tender.id)
    assert (found.seat, found.gap) == (4, "wrong_share")
    public = [e.facts for e in following.world.ask(timeline, tender.id, VISITOR)]
    [named] = [f["facts"]["seat"] for f in public if f["action"] == "key.blame"]
    assert named == 4
    told_no = tender.refused(take, following.actor, succession=row.id, document=b"{}")
    assert isinstance(told_no, TooEarly), "two true pieces are too few"
    following.hand(row, 5)


def test_a_piece_that_may_be_a_copy_is_set_aside_by_the_successor_alone(
    following: Following,
) -> None:
    """It looks like a piece and opens for nobody here: without a word it blocked its seat."""
    tender, row = following.tender, following.confirmed(2)
    other = Trustee.create(following.world.folder / "elsewhere").device.recipient
    for helper in (1, 3):
        following.hand(row, helper)
    about = following.hand(row, 4, bent(following, row, 4, to=other))
    assert following.world.ask(good_pieces, row) == 3
    [piece] = [p for p in following.world.ask(handed, row.id) if p.seat == 4]
    [true, *_] = following.world.ask(handed, row.id)
    told = following.read(row, piece)
    mine = following.machine
    word = reject_piece(mine, told.digest)
    lies = [
        (following.actor, about, reject_piece(following.of(4), told.digest), Invalid),
        (following.actor, about, reject_piece(mine, following.read(row, true).digest), Invalid),
        (following.actor, about, word[:-9], Invalid),
        (following.actor, row.id, word, NotFound),
        (tender.trustees[3][0], about, word, NotAllowed),
        (tender.trustees[0][0], about, word, NotAllowed),
    ]
    for actor, which, document, refusal in lies:
        found = tender.refused(reject, actor, about=which, document=document)
        assert type(found) is refusal
    tender.do(reject, following.actor, about=about, document=word)
    assert isinstance(tender.refused(reject, following.actor, about=about, document=word), Conflict)
    public = [e.facts for e in following.world.ask(timeline, tender.id, VISITOR)]
    [said] = [f for f in public if f["action"] == "succession.reject" and "done" in f["outcome"]]
    assert (said["facts"]["by"], said["facts"]["piece"]) == (4, told.digest)
    assert following.world.ask(good_pieces, row) == 2
    early = tender.refused(take, following.actor, succession=row.id, document=b"{}")
    assert isinstance(early, TooEarly), "it counts no more"
    kept = tender.refused(withdraw, tender.owner, succession=row.id, why="改由他人接任")
    assert isinstance(kept, Conflict), "the successor's word alone makes it know no less"
    following.hand(row, 4)
    following.place(row)


def test_a_seat_and_a_successor_do_not_go_on_for_ever(following: Following) -> None:
    """Programs by themselves: the one hands on, the other sets aside."""
    tender, row = following.tender, following.confirmed(2)
    for _ in range(MOST_PIECES):
        about = following.hand(row, 4)
        [*_, piece] = following.world.ask(handed, row.id)
        word = reject_piece(following.machine, following.read(row, piece).digest)
        tender.do(reject, following.actor, about=about, document=word)
    steps = following.world.ask(wanted, tender.trustees[3][0], [tender.id])
    assert steps == []
    document = following.piece(row, 4)
    told = tender.refused(hand, tender.trustees[3][0], succession=row.id, document=document)
    assert isinstance(told, Conflict)


def bent(following: Following, row: Succession, by: int, to: str = "") -> bytes:
    """A piece with another scalar, rightly signed by that seat; `to`: for another's key."""
    dealt = following.deal_of(row.seat)
    text = share_text(dealt.capsule.context, dealt.capsule.recipient, by, bytes(31) + b"\1")
    document = read_signed(
        "handedpiece", following.piece(row, by), "deal acceptance recipient signer file"
    )
    values = {k: v for k, v in document.values.items() if k not in ("v", "signature")}
    values["file"] = encrypt_bytes(text, [to or row.recipient]).hex()
    return write_signed("handedpiece", following.of(by).signer, **values)


def test_a_piece_of_anothers_seat_or_that_is_no_file_is_refused(following: Following) -> None:
    """Neither takes the one place that a seat has for its piece."""
    tender, row = following.tender, following.confirmed(2)
    mine, theirs = tender.trustees[0][0], following.piece(row, 3)
    told = tender.refused(hand, mine, succession=row.id, document=theirs)
    assert isinstance(told, NotAllowed)
    document = read_signed("handedpiece", theirs, "deal acceptance recipient signer file")
    values = {k: v for k, v in document.values.items() if k not in ("v", "signature")}
    for file in (b"garbage", bytes.fromhex(document.text("file")) + b"x"):
        bad = write_signed("handedpiece", following.of(3).signer, **values | {"file": file.hex()})
        told = tender.refused(hand, tender.trustees[2][0], succession=row.id, document=bad)
        assert isinstance(told, Invalid)
    following.hand(row, 3)


def test_a_false_deal_is_named_by_whom_it_was_dealt_to(world: World) -> None:
    following = a_following(world, deals=False)
    tender, roster = following.tender, world.ask(roster_of, following.tender.id)
    actor, machine = tender.trustees[0]
    honest = deal_key(machine, roster, str(tender.id))
    row = tender.do(deal, actor, document=spoilt(following, honest, roster))
    dealt = following.deal_of(1)
    reader, own = tender.trustees[2]
    proof = blame_piece(own, dealt.capsule.shares[2], dealt.digest)
    assert tender.do(blame, reader, about=row, document=proof) == "wrong_share"
    [found] = world.ask(false_pieces, tender.id)
    assert found.seat == 1, "the dealer's fault"
    other, true = tender.trustees[3]
    fine = blame_piece(true, dealt.capsule.shares[3], dealt.digest)
    assert isinstance(tender.refused(blame, other, about=row, document=fine), Invalid)


def spoilt(following: Following, honest: bytes, roster: Roster) -> bytes:
    """The deal of seat 1 with a false share for seat 3, signed anew."""
    machine = following.of(1)
    told = read_signed("keydeal", honest, "signer capsule")
    context = Context(Dealt.KEY, str(following.tender.id), "", machine.device.recipient)
    text = share_text(context, machine.device.recipient, 3, bytes(31) + b"\1")
    to = [device.recipient for device in roster.seats[2].devices]
    capsule = _with_share(told.text("capsule").encode(), 3, encrypt_bytes(text, to))
    return write_signed(
        "keydeal", machine.signer, signer=machine.device.signer, capsule=capsule.decode()
    )


def test_a_piece_of_elsewhere_is_none(world: World, following: Following) -> None:
    """The same five machines in two trades with the same set: neither deal helps in the other."""
    twin = a_twin(world, following.tender)
    row = following.confirmed(2)
    there = twin.confirmed(2)
    stray = twin.piece(there, 1)
    tender = following.tender
    told = tender.refused(hand, tender.trustees[0][0], succession=row.id, document=stray)
    assert isinstance(told, Invalid)
    mixed = twin.deal_of(2)
    assert mixed.capsule.commitments != following.deal_of(2).capsule.commitments
    assert isinstance(
        tender.refused(hand, tender.trustees[0][0], succession=there.id, document=stray), NotFound
    )
    for actor, document in ((tender.trustees[1][0], following.piece(row, 1)[:-9]),
                            (tender.trustees[1][0], b"{}")):  # fmt: skip
        told = tender.refused(hand, actor, succession=row.id, document=document)
        assert isinstance(told, Invalid)
