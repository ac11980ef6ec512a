"""The seed of a draw: commitments, blind reveals, dice, and two unpredictable functions.

Commits are fixed before anybody sees another's; reveals are closed before the dice fall, so
withholding one is blind; the two VRF outputs are unique, so the last to speak has no choice.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from experts.draw.encoding import H, require, sign, u32
from monitor.log.canonical import JSON, canonical

SHARE_BYTES = 32
DICE_DIGITS = 24  # 79.7 bits, above the 71.1 that a panel of 5 out of 50,000 needs


class How(StrEnum):
    """How a share came to be known."""

    REVEALED = "revealed"
    RECOVERED = "recovered"
    DEFAULT = "default"


def commit(hh: bytes, role: str, share: bytes) -> bytes:
    """Return c_X = H("commit", hh, role, r_X); the role inside stops a copied commitment."""
    require(len(share) == SHARE_BYTES, role, f"a share is {SHARE_BYTES} bytes")
    return H("commit", hh, role.encode(), share)


def commit_statement(hh: bytes, role: str, c: bytes, escrow: bytes) -> bytes:
    """Return what the role signs: its commitment and the recovery copy of its share."""
    return H("commit-signature", hh, role.encode(), c, escrow)


def commit_value(hh: bytes, role: str, share: bytes, escrow: bytes, key: bytes) -> dict[str, JSON]:
    """Return a role's published commitment, signed with its Ed25519 seed on its own device."""
    c = commit(hh, role, share)
    signature = sign(key, commit_statement(hh, role, c, escrow))
    return {"c": c.hex(), "escrow": escrow.hex(), "role": role, "sig": signature}


def opened(hh: bytes, commits: Mapping[str, bytes]) -> bytes:
    """Return open = H("open", hh, role, c_role, …), roles in byte order."""
    return H("open", hh, *_paired(commits))


def default_share(c: bytes) -> bytes:
    """Return the share of a role that neither revealed nor can be recovered."""
    return H("default", c)


def closed(open_hash: bytes, reveals: Mapping[str, tuple[How, bytes]]) -> bytes:
    """Return H("reveals", open, role, how, r, …): what the dice ceremony names before rolling."""
    parts = [(role, reveals[role]) for role in _ordered(reveals)]
    fields = (part for role, (how, r) in parts for part in (role.encode(), how.encode(), r))
    return H("reveals", open_hash, *fields)


def dice(digits: str) -> bytes:
    """Return the beacon bytes of 24 decimal digits; raises DrawError."""
    fits = re.fullmatch(rf"[0-9]{{{DICE_DIGITS}}}", digits, re.ASCII) is not None
    require(fits, "beacon.digits", f"must be {DICE_DIGITS} decimal digits")
    return digits.encode()


def dice_statement(ceremony: Mapping[str, JSON]) -> bytes:
    """Return what each who typed the digits signs: the whole ceremony without signatures."""
    return H("dice", canonical({k: v for k, v in ceremony.items() if k != "signatures"}))


def base(open_hash: bytes, shares: Mapping[str, bytes], kind: str, beacon: bytes) -> bytes:
    """Return β = H("base", open, role, r_role, …, kind, b)."""
    return H("base", open_hash, *_paired(shares), kind.encode(), beacon)


def alpha(beta: bytes, k: int) -> bytes:
    """Return α_k, the input of both VRFs in round k."""
    return H("alpha", beta, u32(k))


def seed(beta: bytes, k: int, y_c: bytes, y_i: bytes) -> bytes:
    """Return seed_k; neither the centre nor the inspector can compute it alone."""
    return H("seed", beta, u32(k), y_c, y_i)


def seed_commitment(seed_k: bytes) -> bytes:
    """Return what is published of a secret seed at once."""
    return H("seedc", seed_k)


def _ordered(roles: Iterable[str]) -> list[str]:
    return sorted(roles, key=str.encode)


def _paired(values: Mapping[str, bytes]) -> list[bytes]:
    return [part for role in _ordered(values) for part in (role.encode(), values[role])]
