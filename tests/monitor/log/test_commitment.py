"""A commitment opens to one salt and one body."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.log.canonical import canonical
from monitor.log.commitment import (
    PAD_BODY,
    BadSalt,
    commit,
    pad_commitment,
    verify_opening,
)

SALT = bytes(range(32))
BODY = canonical({"action": "bid.submit", "v": 1})


def test_a_commitment_is_the_tagged_hash_of_salt_and_body() -> None:
    assert commit(SALT, BODY) == hashlib.sha256(b"batong-leaf/1\0" + SALT + BODY).digest()


def test_the_right_opening_verifies() -> None:
    assert verify_opening(commit(SALT, BODY), SALT, BODY)


@given(st.integers(0, 32 * 8 + len(BODY) * 8 - 1))
def test_no_flipped_bit_of_salt_or_body_opens_a_commitment(bit: int) -> None:
    opening = bytearray(SALT + BODY)
    opening[bit // 8] ^= 1 << (bit % 8)
    assert not verify_opening(commit(SALT, BODY), bytes(opening[:32]), bytes(opening[32:]))


@pytest.mark.parametrize("cut", [0, 31, 33])
def test_the_border_between_salt_and_body_cannot_be_moved(cut: int) -> None:
    joined = SALT + BODY
    assert not verify_opening(commit(SALT, BODY), joined[:cut], joined[cut:])


def test_a_salt_of_the_wrong_length_cannot_commit() -> None:
    with pytest.raises(BadSalt, match="31 bytes"):
        commit(SALT[:31], BODY)


def test_padding_opens_to_the_fixed_body_and_looks_like_any_leaf() -> None:
    assert PAD_BODY == b'{"action":"log.pad","v":1}'
    assert verify_opening(pad_commitment(SALT), SALT, PAD_BODY)
    assert pad_commitment(SALT) != pad_commitment(bytes(32))
    assert len(pad_commitment(SALT)) == len(commit(SALT, BODY))
