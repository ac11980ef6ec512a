"""A trustee proves that its share is none; it cannot prove that of a good one, nor for another."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from bidding.envelope.age.file import encrypt_bytes
from bidding.envelope.age.header import read_header
from bidding.envelope.age.key import identity_secret
from bidding.envelope.age.x25519 import ephemeral_share
from bidding.envelope.bid.invitation import Invitation
from bidding.envelope.bid.manifest import read_manifest
from bidding.envelope.bid.object import CAPSULE, MANIFEST
from bidding.envelope.capsule import Context, Gap, Kind, open_share, read_capsule, share_text
from bidding.envelope.document import EnvelopeError, digest, read_signed, write_signed
from bidding.envelope.roster import Roster
from bidding.envelope.sharing.curve import ORDER, Point, base_times, decode_u
from bidding.envelope.sharing.equality import prove_equality
from bidding.envelope.trustee.batch import Request
from bidding.envelope.trustee.close import Close, accept_set, lock_bid
from bidding.envelope.trustee.complaint import (
    MEMBERS,
    ComplaintError,
    complain,
    complained,
    judge,
)
from bidding.envelope.trustee.disclosure import _u
from bidding.envelope.trustee.holder import Trustee
from tests.bidding.envelope.test_capsule import _with_share
from tests.bidding.envelope.world import CLOSED, LOT, TENDER, Bid, make_bid, witnessed


@pytest.fixture
def bid(tmp_path: Any, invitation: Invitation) -> Bid:
    return make_bid(tmp_path, invitation)


@pytest.fixture
def request_(bid: Bid, roster: Roster, trustees: list[Trustee]) -> Request:
    """Seats 1 to 4 were dealt a false scalar, another's file, noise and another bid's share."""
    document = (bid.folder / CAPSULE).read_bytes()
    recipient, to = read_capsule(document).recipient, [t.device.recipient for t in trustees]
    context = Context(Kind.BID, TENDER, LOT, bid.sealed.bid)
    false = share_text(context, recipient, 1, bytes(32))
    other = share_text(replace(context, subject="bid-2"), recipient, 4, bytes(32))
    for seat, text, reader in (
        (1, false, to[0]), (2, false, to[4]), (3, bytes(len(false)), to[2]), (4, other, to[3]),
    ):  # fmt: skip
        document = _with_share(document, seat, encrypt_bytes(text, [reader]))
    manifest = read_manifest((bid.folder / MANIFEST).read_bytes())
    item = lock_bid(replace(manifest, capsule=digest(document)).to_bytes(), document)
    close = Close(TENDER, LOT, CLOSED, accept_set([item.leaf]), accept_set([]))
    return Request(close, roster, Kind.BID, (item,))


def test_each_way_of_dealing_a_bad_share_is_proven_to_everybody(
    request_: Request, trustees: list[Trustee]
) -> None:
    verdicts = [judge(complain(one, request_, "bid-1", witnessed), request_) for one in trustees]
    assert [verdict.gap for verdict in verdicts] == [
        Gap.WRONG_SHARE, Gap.NOT_MINE, Gap.GARBLED, Gap.MISBOUND, None,
    ]  # fmt: skip
    batches = [one.unlock(request_, witnessed, CLOSED) for one in trustees]
    assert [complained(batch) for batch in batches] == [["bid-1"]] * 4 + [[]]
    capsule = request_.capsules()["bid-1"]
    good = open_share(capsule, 5, trustees[4].identity)
    assert verdicts[4].share == good, "a complaint about a good share gives that share"


def test_what_is_told_is_what_stock_x25519_agrees_on(
    request_: Request, trustees: list[Trustee]
) -> None:
    document = complain(trustees[4], request_, "bid-1", witnessed)
    [told] = read_signed("complaint", document, MEMBERS).each(
        "openings", "shared challenge response"
    )
    file = io.BytesIO(request_.capsules()["bid-1"].shares[4])
    [stanza] = read_header(file).stanzas
    private = X25519PrivateKey.from_private_bytes(identity_secret(trustees[4].identity))
    agreed = private.exchange(X25519PublicKey.from_public_bytes(ephemeral_share(stanza)))
    said = prove_equality(1, base_times(1), bytes(32))
    assert _u(replace(said, shared=bytes.fromhex(told.hexes("shared")))) == agreed


def test_nothing_is_told_before_a_witnessed_close(
    request_: Request, trustees: list[Trustee]
) -> None:
    class Unseen(Exception):
        pass

    def unseen(_: Close) -> None:
        raise Unseen

    with pytest.raises(Unseen):
        complain(trustees[4], request_, "bid-1", unseen)


Bend = Callable[[dict[str, Any], Request, list[Trustee]], None]


def another_point(told: dict[str, Any], request: Request, trustees: list[Trustee]) -> None:
    """It tells a secret of its own making, so that the good file seems not to open."""
    told["openings"][0]["shared"] = base_times(12345).encode().hex()


def proof_of_another_secret(
    told: dict[str, Any], request: Request, trustees: list[Trustee]
) -> None:
    """The proof is whole in itself, and of a secret that is not its key."""
    file = io.BytesIO(request.capsules()["bid-1"].shares[4])
    point = decode_u(ephemeral_share(read_header(file).stanzas[0]))
    said = prove_equality(7, point, bytes(32))
    told["openings"] = [
        {
            "shared": said.shared.hex(),
            "challenge": said.challenge.hex(),
            "response": said.response.hex(),
        }
    ]


def out_of_the_subgroup(told: dict[str, Any], request: Request, trustees: list[Trustee]) -> None:
    told["openings"][0]["shared"] = Point(0, 1, 1, 0).encode().hex()


def too_large_a_response(told: dict[str, Any], request: Request, trustees: list[Trustee]) -> None:
    value = int.from_bytes(bytes.fromhex(told["openings"][0]["response"]), "little") + ORDER
    told["openings"][0]["response"] = value.to_bytes(32, "little").hex()


def one_less(told: dict[str, Any], request: Request, trustees: list[Trustee]) -> None:
    told["openings"] = []


def under_anothers_name(told: dict[str, Any], request: Request, trustees: list[Trustee]) -> None:
    """Seat 2 brings seat 5's words as its own."""
    told["recipient"] = trustees[1].device.recipient
    told["signer"] = trustees[1].device.signer


def of_another_close(told: dict[str, Any], request: Request, trustees: list[Trustee]) -> None:
    told["close"] = "00" * 32


def of_nothing_here(told: dict[str, Any], request: Request, trustees: list[Trustee]) -> None:
    told["subject"] = "bid-9"


BENT: tuple[Bend, ...] = (
    another_point, proof_of_another_secret, out_of_the_subgroup, too_large_a_response, one_less,
    under_anothers_name, of_another_close, of_nothing_here,
)  # fmt: skip


@pytest.mark.parametrize("bend", BENT, ids=lambda bend: bend.__name__)
def test_a_trustee_cannot_make_a_good_share_seem_bad(
    bend: Bend, request_: Request, trustees: list[Trustee]
) -> None:
    document = read_signed(
        "complaint", complain(trustees[4], request_, "bid-1", witnessed), MEMBERS
    )
    told = {name: document.values[name] for name in MEMBERS.split()}
    bend(told, request_, trustees)
    signer = trustees[1] if bend is under_anothers_name else trustees[4]
    with pytest.raises(ComplaintError):
        judge(write_signed("complaint", signer.signer, **told), request_)


def test_a_complaint_that_its_trustee_did_not_sign_is_none(
    request_: Request, trustees: list[Trustee]
) -> None:
    document = read_signed(
        "complaint", complain(trustees[0], request_, "bid-1", witnessed), MEMBERS
    )
    told = {name: document.values[name] for name in MEMBERS.split()}
    with pytest.raises(EnvelopeError, match="signature"):
        judge(write_signed("complaint", trustees[1].signer, **told), request_)
