"""Commitment: the 32 bytes that stand in the log for a record that may still be secret.

A leaf holds nothing but the commitment. Serving (salt, body) opens it; destroying both erases the
record for good while the tree stays valid.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable

from monitor.log.canonical import canonical

DOMAIN = b"batong-leaf/1"
SALT_BYTES = 32
COMMITMENT_BYTES = 32
PAD_BODY = canonical({"action": "log.pad", "v": 1})


class BadSalt(ValueError):
    """A salt is not exactly 32 bytes long."""


def new_salt(entropy: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Return 32 random bytes; tests inject their own source."""
    return entropy(SALT_BYTES)


def commit(salt: bytes, body: bytes) -> bytes:
    """Return sha256("batong-leaf/1" ‖ 0x00 ‖ salt ‖ body); raises BadSalt."""
    if len(salt) != SALT_BYTES:
        raise BadSalt(f"salt: {len(salt)} bytes, must be {SALT_BYTES}")
    return hashlib.sha256(DOMAIN + b"\0" + salt + body).digest()


def verify_opening(commitment: bytes, salt: bytes, body: bytes) -> bool:
    """Say whether (salt, body) opens the commitment; a salt of the wrong length never does."""
    return len(salt) == SALT_BYTES and hmac.compare_digest(commit(salt, body), commitment)


def pad_commitment(salt: bytes) -> bytes:
    """Return the commitment of a padding leaf, which looks like any other; raises BadSalt."""
    return commit(salt, PAD_BODY)
