"""The public randomness of drand's chain "quicknet", checked offline against a pinned key.

A round comes every 3 s, never early; its signature can be carried here on paper. Nobody below the
chain's threshold knows it before (drand.love; unchained, on G1, RFC 9380). Verifying only.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from experts.draw.curve.field import P
from experts.draw.curve.hashing import hash_to_g1
from experts.draw.curve.pairing import (
    GENERATOR,
    PairingError,
    pairs_to_one,
    read_g1,
    read_g2,
)

SIGNATURE_BYTES = 48


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain: its hash and public key (hex), its first moment and its pace in seconds."""

    hash: str
    key: str
    genesis: int
    period: int

    def round_at(self, moment: int) -> int:
        """Return the first round that appears at or after a moment (unix seconds)."""
        return max(0, -((self.genesis - moment) // self.period)) + 1

    def moment_of(self, number: int) -> int:
        """Return when a round appears (unix seconds)."""
        return self.genesis + (number - 1) * self.period


QUICKNET = Chain(
    hash="52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
    key=(
        "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c"
        "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb"
        "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a"
    ),
    genesis=1692803367,
    period=3,
)
CHAINS = {QUICKNET.hash: QUICKNET}
"""The pinned chains, by hash."""


def randomness(signature: bytes) -> bytes:
    """Return the 32 bytes that a round's signature stands for."""
    return hashlib.sha256(signature).digest()


@lru_cache(maxsize=64)
def verified(chain: Chain, number: int, signature: bytes) -> bool:
    """Say whether a signature is this round's of this chain; about half a second."""
    try:
        point = read_g1(signature)
    except PairingError:
        return False
    if point is None:
        return False
    against = (point[0], P - point[1])
    message = hash_to_g1(hashlib.sha256(number.to_bytes(8, "big")).digest())
    return pairs_to_one([(against, GENERATOR), (message, read_g2(bytes.fromhex(chain.key)))])
