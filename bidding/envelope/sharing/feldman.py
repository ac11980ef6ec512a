"""Feldman's verifiable sharing of one X25519 secret (RFC 9591 appendix C, over edwards25519).

The clamped secret k is shared as s = k mod L. Commitment A0 = s·B is the bid's public key itself
in Edwards form: its Montgomery u is the age recipient R, which all can compare without any key.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bidding.envelope.age.key import (
    Entropy,
    clamp,
    identity_secret,
    identity_string,
    recipient_of,
    recipient_point,
)
from bidding.envelope.document import EnvelopeError
from bidding.envelope.sharing.curve import IDENTITY, ORDER, Point, base_times, decode_point


class SharingError(EnvelopeError):
    """Shares do not give the secret that was committed to."""


@dataclass(frozen=True, slots=True)
class Deal:
    """Commitments A0…A(t-1), 32 bytes each, and the scalars of shares 1…n, little endian."""

    commitments: tuple[bytes, ...]
    shares: tuple[bytes, ...]


def deal(identity: str, threshold: int, count: int, entropy: Entropy = secrets.token_bytes) -> Deal:
    """Share the secret of AGE-SECRET-KEY-1… so that `threshold` of `count` shares give it back."""
    if not 1 <= threshold <= count <= 255:
        raise SharingError("threshold: 门限不可能 / no such threshold")
    secret = int.from_bytes(clamp(identity_secret(identity)), "little") % ORDER
    # 64 bytes: the bias of the reduction modulo L is then below 2^-250.
    random = [int.from_bytes(entropy(64), "little") % ORDER for _ in range(threshold - 1)]
    polynomial = [secret, *random]
    shares = tuple(_scalar(_evaluate(polynomial, index)) for index in range(1, count + 1))
    return Deal(tuple(base_times(c).encode() for c in polynomial), shares)


def matches_recipient(commitments: Sequence[bytes], recipient: str) -> bool:
    """Tell whether A0 is the point of age1…; raises PointError, KeyStringError."""
    return decode_point(commitments[0]).montgomery() == recipient_point(recipient)


def verify_share(commitments: Sequence[bytes], index: int, scalar: bytes) -> bool:
    """Tell whether scalar·B = Σ index^j·A_j; raises PointError for a bad commitment."""
    value = int.from_bytes(scalar, "little")
    if len(scalar) != 32 or value >= ORDER or index < 1:
        return False
    expected: Point = IDENTITY
    for commitment in reversed(commitments):
        expected = index * expected + decode_point(commitment)
    return base_times(value).encode() == expected.encode()


def combine(shares: Mapping[int, bytes], recipient: str) -> str:
    """Return the AGE-SECRET-KEY-1… of `recipient` from enough shares; raises SharingError.

    A bidder may have committed to -s, whose point has the same u: both signs are tried.
    """
    secret = sum(
        int.from_bytes(scalar, "little") * _lagrange(index, shares)
        for index, scalar in shares.items()
    )
    for candidate in (secret % ORDER, -secret % ORDER):
        identity = _identity(candidate)
        if identity is not None and recipient_of(identity) == recipient:
            return identity
    raise SharingError("shares: 合成的密钥不是该投标的 / the shares do not give this bid's key")


def _identity(scalar: int) -> str | None:
    """Return the one clamped X25519 secret that is `scalar` mod L, if there is one.

    k = s + m·L must be ≡ 0 (mod 8), which fixes m mod 8, and 2^254 ≤ k < 2^255 leaves m < 8.
    """
    secret = scalar + -scalar * pow(ORDER, -1, 8) % 8 * ORDER
    data = secret.to_bytes(33, "little")
    return identity_string(data[:32]) if secret >> 254 == 1 else None


def _lagrange(index: int, indexes: Mapping[int, bytes]) -> int:
    above = below = 1
    for other in indexes:
        if other != index:
            above, below = above * other % ORDER, below * (other - index) % ORDER
    return above * pow(below, -1, ORDER) % ORDER


def _evaluate(polynomial: Sequence[int], at: int) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = (value * at + coefficient) % ORDER
    return value


def _scalar(value: int) -> bytes:
    return value.to_bytes(32, "little")
