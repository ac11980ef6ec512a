"""A proof that one secret is behind two points, without telling it (Chaum and Pedersen, 1992).

k·B is known, E is given: S = k·E comes with the proof that it is this very k. NOT constant-time, as
the curve is not: it is made on the machine that owns the secret, once a complaint.
"""

import hashlib
import secrets
from dataclasses import dataclass

from bidding.envelope.age.key import Entropy
from bidding.envelope.sharing.curve import ORDER, Point, PointError, base_times, decode_point

DOMAIN = b"batong-bid/1/equality\0"


@dataclass(frozen=True, slots=True)
class Equality:
    """S as 32 bytes, and the proof's challenge and response, 32 bytes each, little endian."""

    shared: bytes
    challenge: bytes
    response: bytes


def prove_equality(
    secret: int, other: Point, context: bytes, entropy: Entropy = secrets.token_bytes
) -> Equality:
    """Return secret·other with the proof; `context` (32 bytes) ties it to what it is made for."""
    # 64 bytes: the bias of the reduction modulo L is then below 2^-250.
    blind = int.from_bytes(entropy(64), "little") % ORDER
    shared = secret % ORDER * other
    challenge = _challenge(
        context, base_times(secret % ORDER), other, shared, base_times(blind), blind * other
    )
    response = (blind + challenge * secret) % ORDER
    return Equality(shared.encode(), _scalar(challenge), _scalar(response))


def proves_equality(said: Equality, public: Point, other: Point, context: bytes) -> bool:
    """Tell whether S is k·other for the k of `public` = k·B; anybody can ask this."""
    challenge, response = (
        int.from_bytes(each, "little") for each in (said.challenge, said.response)
    )
    if len(said.challenge) != 32 or len(said.response) != 32 or max(challenge, response) >= ORDER:
        return False
    try:
        shared = decode_point(said.shared)
    except PointError:
        return False
    back = ORDER - challenge
    first = base_times(response) + back * public
    second = response * other + back * shared
    return _challenge(context, public, other, shared, first, second) == challenge


def _challenge(context: bytes, *points: Point) -> int:
    told = b"".join(point.encode() for point in points)
    return int.from_bytes(hashlib.sha512(DOMAIN + context + told).digest(), "little") % ORDER


def _scalar(value: int) -> bytes:
    return value.to_bytes(32, "little")
