"""Receipts: signed, for refusals too, with a proof put beside them later."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.document import BadSignature, Malformed, public_key
from bidding.envelope.receipt import Outcome, Receipt, attach_proof, sign_receipt, verify_receipt

KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
AT = datetime(2026, 3, 16, 1, 29, 59, 999_999, tzinfo=UTC)
RECEIPT = Receipt(Outcome.ACCEPTED, AT, "p", "001", "bid-1", 1, "ab" * 32, "cd" * 32, "r")


def test_a_receipt_reads_back_to_the_microsecond() -> None:
    assert verify_receipt(sign_receipt(RECEIPT, KEY), public_key(KEY)) == (RECEIPT, "")


def test_a_late_attempt_gets_a_receipt_with_its_reason() -> None:
    late = replace(RECEIPT, outcome=Outcome.LATE, reasons=("招标投标法 28",))
    assert verify_receipt(sign_receipt(late, KEY), public_key(KEY))[0].reasons == ("招标投标法 28",)


def test_a_proof_put_beside_leaves_the_signed_part_as_it_was() -> None:
    file = attach_proof(sign_receipt(RECEIPT, KEY), "c2sp.org/tlog-proof@v1\n")
    assert verify_receipt(file, public_key(KEY)) == (RECEIPT, "c2sp.org/tlog-proof@v1\n")


def test_a_changed_receipt_and_a_receipt_of_another_key_are_refused() -> None:
    data = sign_receipt(RECEIPT, KEY)
    for bad in (data.replace(b"accepted", b"refused"), data.replace(b"01:29:59", b"01:29:58")):
        assert bad != data
        with pytest.raises(BadSignature):
            verify_receipt(bad, public_key(KEY))
    with pytest.raises(BadSignature):
        verify_receipt(data, public_key(Ed25519PrivateKey.generate()))


def test_a_signature_has_one_spelling() -> None:
    """Nothing covers the signature itself: written otherwise it would be another file, unseen."""
    data = sign_receipt(RECEIPT, KEY)
    [signature] = re.findall(rb"[0-9a-f]{128}", data)
    for spelt in (signature.upper(), signature[:64] + b" " + signature[64:]):
        with pytest.raises(BadSignature):
            verify_receipt(data.replace(signature, spelt), public_key(KEY))


def test_rubbish_is_no_receipt() -> None:
    with pytest.raises(Malformed):
        verify_receipt(b"{}", public_key(KEY))
