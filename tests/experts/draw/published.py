"""Published methods of verifiable selection, each a few lines from its own description.

Our draw is none of them; they are the measure: the vectors show that we read them right, and the
statistics that judge our draw must find these honest methods honest too.
"""

import hashlib
import hmac
from collections.abc import Sequence


def rfc3797(key: str, pool: int, wanted: int) -> list[int]:
    """RFC 3797 §4: MD5(u16 i ‖ key ‖ u16 i) modulo what remains picks the next of an ordered list."""
    left, picked = list(range(1, pool + 1)), []
    for i in range(wanted):
        at = int.from_bytes(rfc3797_digest(key, i), "big") % len(left)
        picked.append(left.pop(at))
    return picked


def rfc3797_digest(key: str, i: int) -> bytes:
    around = i.to_bytes(2, "big")
    return hashlib.md5(around + key.encode() + around, usedforsecurity=False).digest()


def rivest(seed: str, total: int, wanted: int) -> list[int]:
    """Rivest's sampler of 2011, duplicates allowed: 1 + SHA256("seed,i") modulo the total."""
    digests = (hashlib.sha256(f"{seed},{i}".encode()).digest() for i in range(1, wanted + 1))
    return [1 + int.from_bytes(digest, "big") % total for digest in digests]


def consistent_ticket(seed: object, name: object) -> str:
    """consistent_sampler's ticket: the decimal digits of SHA256(SHA256(seed) in hex ‖ id), reversed."""
    first = hashlib.sha256(str(seed).encode()).hexdigest()
    number = int(hashlib.sha256(f"{first}{name}".encode()).hexdigest(), 16)
    return "0." + f"{number:064d}"[::-1]


def consistent(seed: object, names: Sequence[object], wanted: int) -> list[object]:
    return sorted(names, key=lambda name: consistent_ticket(seed, name))[:wanted]


def one_time_codes(secret: bytes, length: int) -> list[bytes]:
    """draft-thomson-elegy-vrs §2: a chain of hashes, revealed from its end backwards."""
    chain = [secret]
    for _ in range(length):
        chain.append(hashlib.sha256(chain[-1]).digest())
    return chain


def elegy(randomness: str, code: bytes, labels: Sequence[str]) -> list[tuple[bytes, str]]:
    """draft-thomson-elegy-vrs §2: HKDF-SHA256 of the randomness, expanded by each label, sorted."""
    prk = hmac.digest(code, randomness.encode(), "sha256")
    return sorted((hmac.digest(prk, label.encode() + b"\x01", "sha256"), label) for label in labels)
