"""Feldman sharing of X25519 secrets: honest rounds, foreign oracles and dishonest dealers."""

import hashlib
import itertools
import secrets

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidding.envelope.age.key import (
    identity_secret,
    identity_string,
    new_identity,
    recipient_of,
    recipient_point,
    recipient_string,
)
from bidding.envelope.sharing.curve import (
    IDENTITY,
    ORDER,
    P,
    Point,
    PointError,
    base_times,
    check_u,
    decode_point,
)
from bidding.envelope.sharing.feldman import (
    SharingError,
    combine,
    deal,
    matches_recipient,
    verify_share,
)

LOW_ORDER = [  # the eight small-order encodings, RFC 8032 curve
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]


def test_base_multiples_are_the_public_keys_that_the_library_makes() -> None:
    for number in range(1, 20):
        seed = hashlib.sha256(bytes([number])).digest()
        digest = hashlib.sha512(seed).digest()
        scalar = int.from_bytes(digest[:32], "little") & ((1 << 254) - 8) | (1 << 254)
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        assert base_times(scalar).encode() == public
        assert (scalar * base_times(1)).encode() == public
        assert decode_point(public).encode() == public


def test_the_order_of_the_base_point_is_l() -> None:
    assert (ORDER * base_times(1)).encode() == IDENTITY.encode()


def _lost(rounds: int) -> list[str]:
    """The recipients of identities that did not come back from one share as they were dealt."""
    lost = []
    for _ in range(rounds):
        identity = new_identity()
        dealt, recipient = deal(identity, 1, 1), recipient_of(identity)
        whole = matches_recipient(dealt.commitments, recipient)
        if not whole or combine({1: dealt.shares[0]}, recipient) != identity:
            lost.append(recipient)
    return lost


def test_every_stock_identity_string_comes_back_exactly() -> None:
    assert _lost(200) == []


@pytest.mark.campaign
def test_two_thousand_stock_identity_strings_come_back_exactly() -> None:
    assert _lost(2000) == []


def test_any_three_of_five_shares_give_a_key_that_pyrage_uses() -> None:
    identity = new_identity()
    recipient = recipient_of(identity)
    dealt = deal(identity, 3, 5)
    sealed = pyrage.encrypt(b"price", [pyrage.x25519.Recipient.from_str(recipient)])
    for chosen in itertools.combinations(range(1, 6), 3):
        found = combine({i: dealt.shares[i - 1] for i in chosen}, recipient)
        assert found == identity
        assert pyrage.decrypt(sealed, [pyrage.x25519.Identity.from_str(found)]) == b"price"


def test_two_of_five_shares_give_nothing() -> None:
    identity = new_identity()
    dealt = deal(identity, 3, 5)
    for chosen in itertools.combinations(range(1, 6), 2):
        with pytest.raises(SharingError):
            combine({i: dealt.shares[i - 1] for i in chosen}, recipient_of(identity))


def test_two_shares_fit_every_possible_secret_alike() -> None:
    identity, other = new_identity(), new_identity()
    shares = deal(identity, 3, 5).shares
    # For any other secret there is a polynomial of degree 2 through it and the same two shares.
    points = {0: int.from_bytes(identity_secret(other), "little") % ORDER}
    points |= {i: int.from_bytes(shares[i - 1], "little") for i in (1, 2)}
    third = 0
    for i, value in points.items():
        weight = 1
        for j in points:
            if j != i:
                weight = weight * (3 - j) * pow(i - j, -1, ORDER) % ORDER
        third = (third + value * weight) % ORDER
    forged = {1: shares[0], 2: shares[1], 3: third.to_bytes(32, "little")}
    assert combine(forged, recipient_of(other)) == other


def test_a_share_changed_by_one_bit_does_not_fit_the_commitments() -> None:
    dealt = deal(new_identity(), 3, 5)
    for index, share in enumerate(dealt.shares, 1):
        assert verify_share(dealt.commitments, index, share)
        assert not verify_share(dealt.commitments, index, bytes([share[0] ^ 1]) + share[1:])
        assert not verify_share(dealt.commitments, index % 5 + 1, share)


def test_a_share_written_with_l_added_is_not_a_second_form_of_it() -> None:
    dealt = deal(new_identity(), 2, 3)
    doubled = int.from_bytes(dealt.shares[0], "little") + ORDER
    assert not verify_share(dealt.commitments, 1, doubled.to_bytes(32, "little"))


def test_commitments_to_another_key_do_not_match_the_recipient() -> None:
    dealt = deal(new_identity(), 3, 5)
    assert not matches_recipient(dealt.commitments, recipient_of(new_identity()))


def test_a_dealer_who_commits_to_the_negative_secret_cannot_lock_the_bid() -> None:
    identity = new_identity()
    secret = int.from_bytes(identity_secret(identity), "little") % ORDER
    negative = ORDER - secret
    assert matches_recipient([base_times(negative).encode()], recipient_of(identity))
    assert combine({1: negative.to_bytes(32, "little")}, recipient_of(identity)) == identity


def test_a_dealer_whose_key_has_no_x25519_form_is_named_by_the_combination() -> None:
    point = base_times(8)
    recipient = recipient_string(point.montgomery())
    assert matches_recipient([point.encode()], recipient)
    with pytest.raises(SharingError):
        combine({1: (8).to_bytes(32, "little")}, recipient)


@pytest.mark.parametrize("encoding", LOW_ORDER)
def test_a_small_order_point_is_refused(encoding: str) -> None:
    with pytest.raises(PointError):
        decode_point(bytes.fromhex(encoding))


def test_a_point_with_a_small_order_part_added_is_refused() -> None:
    small = Point(0, P - 1, 1, 0)
    assert (small.double()).encode() == IDENTITY.encode()
    mixed = base_times(secrets.randbelow(ORDER)) + small
    with pytest.raises(PointError, match="subgroup"):
        decode_point(mixed.encode())
    with pytest.raises(PointError, match="subgroup"):
        check_u(mixed.montgomery())


def test_a_point_encoded_above_the_field_prime_is_refused() -> None:
    with pytest.raises(PointError, match="canonical"):
        decode_point((P + 1).to_bytes(32, "little"))
    with pytest.raises(PointError, match="canonical"):
        check_u((P + 9).to_bytes(32, "little"))


def test_bytes_that_are_no_point_are_refused() -> None:
    refused = 0
    for y in range(2, 40):
        try:
            decode_point(y.to_bytes(32, "little"))
        except PointError:
            refused += 1
    assert refused > 30


def test_ephemeral_points_of_honest_keys_pass_and_points_of_the_twist_do_not() -> None:
    for _ in range(5):
        check_u(recipient_point(recipient_of(new_identity())))
    for u in (0, 1, P - 1, 2):
        with pytest.raises(PointError):
            check_u(u.to_bytes(32, "little"))


def test_an_identity_that_is_not_clamped_comes_back_as_its_clamped_equal() -> None:
    raw = identity_string(bytes([255] * 32))
    dealt = deal(raw, 2, 2)
    found = combine(dict(enumerate(dealt.shares, 1)), recipient_of(raw))
    assert found != raw
    assert recipient_of(found) == recipient_of(raw)


@pytest.mark.parametrize(("threshold", "count"), [(0, 5), (6, 5), (1, 256)])
def test_an_impossible_threshold_is_refused(threshold: int, count: int) -> None:
    with pytest.raises(SharingError):
        deal(new_identity(), threshold, count)
