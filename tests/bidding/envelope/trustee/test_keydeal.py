"""A trustee's key among its fellows: what a quorum of pieces gives, and nothing less or else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bidding.envelope.age.key import new_identity
from bidding.envelope.capsule import Context, Gap, Kind, ShareError, read_capsule, seal_capsule
from bidding.envelope.document import BadSignature, EnvelopeError, read_signed, write_signed
from bidding.envelope.roster import Roster
from bidding.envelope.sharing.feldman import SharingError
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Close, CloseError, Locked, accept_set
from bidding.envelope.trustee.disclosure import tells_only_itself
from bidding.envelope.trustee.holder import Trustee, TrusteeError
from bidding.envelope.trustee.keydeal import (
    KeyDeal,
    deal_key,
    hand_piece,
    open_handed,
    own_piece,
    read_deal,
    read_handed,
    rebuild,
)
from bidding.envelope.trustee.successor import AcceptanceError, accept, read_acceptance
from tests.bidding.envelope.world import CLOSED, LOT, TENDER, witnessed

OTHER = "019e2926-a8e0-7020-b91e-7783cad8d699"


@pytest.fixture
def dealt(roster: Roster, trustees: list[Trustee]) -> bytes:
    return deal_key(trustees[1], roster, TENDER)


@pytest.fixture
def deal(dealt: bytes, roster: Roster) -> KeyDeal:
    return read_deal(dealt, roster, TENDER)


@pytest.fixture
def successor(tmp_path_factory: pytest.TempPathFactory) -> Trustee:
    return Trustee.create(tmp_path_factory.mktemp("successor") / "keys")


def test_every_quorum_of_fellows_rebuilds_the_very_key(
    deal: KeyDeal, roster: Roster, trustees: list[Trustee]
) -> None:
    pieces = {s.index: own_piece(deal, s, t.identity)
              for s, t in zip(roster.seats, trustees, strict=True) if s.index != 2}  # fmt: skip
    for left in ((1, 3, 4), (1, 4, 5), (3, 4, 5)):
        assert rebuild(deal, {n: pieces[n] for n in left}) == trustees[1].identity
    for few in ((), (1,), (4, 5)):
        with pytest.raises(SharingError):
            rebuild(deal, {n: pieces[n] for n in few})
    with pytest.raises(SharingError):
        rebuild(deal, {1: pieces[1], 3: pieces[3], 4: pieces[5]})


def test_a_close_never_draws_the_pieces_out(
    dealt: bytes, roster: Roster, trustees: list[Trustee]
) -> None:
    """Whoever runs the platform may put a dealt key among what a CLOSE fixes, and ask for it."""
    capsule = read_signed("keydeal", dealt, "signer capsule").text("capsule").encode()
    recipient = trustees[1].device.recipient
    for kind in Kind:
        item = Locked(recipient, bytes(32), capsule)
        locked = accept_set([item.leaf])
        close = Close(TENDER, LOT, CLOSED, locked, locked)
        request = Request(close, roster, kind, (item,))
        for trustee in trustees:
            with pytest.raises(CloseError):
                trustee.unlock(request, witnessed, CLOSED)


def test_a_piece_sent_as_a_test_of_the_key_does_not_come_out(
    deal: KeyDeal, trustees: list[Trustee]
) -> None:
    for trustee, share in zip(trustees, deal.capsule.shares, strict=True):
        with pytest.raises(TrusteeError):
            trustee.answer(share)


def test_a_deal_counts_for_one_tender_one_set_and_its_own_signer(
    dealt: bytes, roster: Roster, trustees: list[Trustee]
) -> None:
    with pytest.raises(EnvelopeError):
        read_deal(dealt, roster, OTHER)
    with pytest.raises(EnvelopeError):
        read_deal(dealt, replace(roster, threshold=4), TENDER)
    capsule = read_signed("keydeal", dealt, "signer capsule").text("capsule")
    key = trustees[1].device.signer
    forged = write_signed("keydeal", trustees[0].signer, signer=key, capsule=capsule)
    with pytest.raises(BadSignature):
        read_deal(forged, roster, TENDER)
    with pytest.raises(TrusteeError):
        deal_key(trustees[1], replace(roster, threshold=len(roster.seats)), TENDER)


def test_a_handed_piece_opens_for_the_successor_alone(
    deal: KeyDeal, roster: Roster, trustees: list[Trustee], successor: Trustee
) -> None:
    word = read_acceptance(accept(successor, TENDER, 2, deal.device.recipient))
    document = hand_piece(trustees[2], roster.seats[2], deal, word)
    piece = read_handed(document, roster, (), deal, word)
    assert piece.seat.index == 3
    scalar = open_handed(piece, deal, successor.identity)
    assert scalar == own_piece(deal, roster.seats[2], trustees[2].identity)
    for other in trustees:
        with pytest.raises(EnvelopeError):
            open_handed(piece, deal, other.identity)
    again = read_acceptance(accept(successor, OTHER, 2, deal.device.recipient))
    with pytest.raises(EnvelopeError):
        read_handed(document, roster, (), deal, again)
    own = hand_piece(trustees[1], roster.seats[1], deal, word)
    with pytest.raises(EnvelopeError):
        read_handed(own, roster, (), deal, word)


def test_nobody_takes_a_seat_with_a_key_of_somebody_else(
    successor: Trustee, trustees: list[Trustee]
) -> None:
    lost = trustees[1].device.recipient
    word = accept(successor, TENDER, 2, lost)
    assert read_acceptance(word).device == successor.device
    document = read_signed("acceptance", word, "tender seat lost recipient signer holds")
    told = {name: v for name, v in document.values.items() if name not in ("v", "signature")}
    lies: tuple[dict[str, Any], ...] = (
        {"recipient": trustees[0].device.recipient}, {"tender": OTHER}, {"seat": 3},
        {"lost": trustees[2].device.recipient}, {"holds": []},
    )  # fmt: skip
    for lie in lies:
        with pytest.raises(AcceptanceError):
            read_acceptance(write_signed("acceptance", successor.signer, **{**told, **lie}))


def test_of_pieces_copied_from_a_bid_nothing_may_be_proven(
    roster: Roster, trustees: list[Trustee]
) -> None:
    """The proof that such a piece is none would be the secret that opens the bid's share."""
    context = Context(Kind.BID, TENDER, LOT, "bid-1")
    bid = read_capsule(seal_capsule(new_identity(), roster, context))
    document = deal_key(trustees[0], roster, TENDER)
    own = read_deal(document, roster, TENDER).capsule.shares[1]
    mine, theirs = (file[file.index(b"X25519 ") :][7:50] for file in (own, bid.shares[1]))
    deal, [_, seat, *_] = read_deal(document, roster, TENDER), roster.seats
    for copied in (own.replace(mine, theirs), bid.shares[1]):
        first, _, *others = deal.capsule.shares
        capsule = replace(deal.capsule, shares=(first, copied, *others))
        with pytest.raises(ShareError) as told:
            own_piece(replace(deal, capsule=capsule), seat, trustees[1].identity)
        assert not tells_only_itself(copied, told.value.gap)
    assert tells_only_itself(own, Gap.WRONG_SHARE)
