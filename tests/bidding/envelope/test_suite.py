"""Stored now, decrypted later: each object names its suite, so that a later one cannot be mistaken.

Against a quantum computer the suite of today does not hold: what is left is said in the README.
"""

import json
from collections.abc import Callable

import pytest

from bidding.envelope.bid.acceptance import accept
from bidding.envelope.bid.manifest import read_manifest, sign_manifest
from bidding.envelope.bid.object import CAPSULE, MANIFEST, SIGNATURE
from bidding.envelope.capsule import read_capsule
from bidding.envelope.document import SUITE, BadSignature, Malformed, check_signature, public_key
from bidding.envelope.roster import Roster, read_roster
from bidding.envelope.trustee.batch import check_batch
from bidding.envelope.trustee.close import read_close
from bidding.envelope.trustee.holder import Trustee
from monitor.log.canonical import canonical
from tests.bidding.envelope.bid.test_bid import text, with_object
from tests.bidding.envelope.world import CLOSED, Bid, close_over, request_for, witnessed

LATER = "batong-bid/2"


def renamed(document: bytes) -> bytes:
    """The same document, said to be of a later suite."""
    told = json.loads(document)
    told["v"] = told["v"].replace(SUITE, LATER)
    return canonical(told)


def test_every_document_of_a_bid_and_its_opening_names_the_suite(
    bid: Bid, trustees: list[Trustee], roster: Roster
) -> None:
    request = request_for([bid])
    documents = {
        "manifest": (bid.folder / MANIFEST).read_bytes(),
        "capsule": (bid.folder / CAPSULE).read_bytes(),
        "trustees": roster.to_bytes(),
        "close": close_over([bid]).to_bytes(),
        "batch": trustees[0].unlock(request, witnessed, CLOSED),
    }
    for name, document in documents.items():
        assert json.loads(document)["v"] == f"{SUITE}/{name}"
    readers: dict[str, Callable[[bytes], object]] = {
        "manifest": read_manifest, "capsule": read_capsule, "trustees": read_roster,
        "close": read_close, "batch": lambda data: check_batch(data, request),
    }  # fmt: skip
    for name, reader in readers.items():
        reader(documents[name])
        with pytest.raises(Malformed, match=f"{name}.v"):
            reader(renamed(documents[name]))


def test_a_manifest_of_another_suite_is_refused_even_when_its_bidder_signs_it(bid: Bid) -> None:
    told = json.loads((bid.folder / MANIFEST).read_bytes()) | {"suite": LATER}
    data = canonical(told)
    objects = with_object(bid.objects, MANIFEST, data)
    objects = with_object(objects, SIGNATURE, sign_manifest(data, bid.signer))
    assert "suite" in text(accept(objects, bid.expected))


def test_a_signature_made_for_one_suite_is_none_for_another(bid: Bid) -> None:
    data = (bid.folder / MANIFEST).read_bytes()
    own = f"{SUITE}/manifest".encode() + b"\0"
    check_signature("manifest", data, bid.signer.sign(own + data).hex(), public_key(bid.signer))
    later = bid.signer.sign(own.replace(SUITE.encode(), LATER.encode()) + data).hex()
    with pytest.raises(BadSignature):
        check_signature("manifest", data, later, public_key(bid.signer))
