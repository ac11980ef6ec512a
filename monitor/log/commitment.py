"""Commitment: the 32 bytes that stand in the log for a record that may still be secret.

A leaf holds nothing but the commitment. Serving (salt, body) opens it; destroying both erases the
record for good while the tree stays valid.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Self

from monitor.log.canonical import NotCanonical, canonical, parse

DOMAIN = b"batong-leaf/1"
SALT_BYTES = 32
COMMITMENT_BYTES = 32
PAD_BODY = canonical({"action": "log.pad", "v": 1})


class BadSalt(ValueError):
    """A salt is not exactly 32 bytes long."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What discloses the leaf at an index: its salt and its body; one line of openings.jsonl."""

    index: int
    salt: bytes
    body: bytes

    def line(self) -> bytes:
        """Return the canonical JSON line with its newline."""
        body = base64.b64encode(self.body).decode()
        return canonical({"body": body, "index": self.index, "salt": self.salt.hex()}) + b"\n"

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Read a line in its one spelling; raises NotCanonical."""
        try:
            match parse(line.removesuffix(b"\n")):
                case {"index": int(index), "salt": str(salt), "body": str(body)}:
                    opening = cls(index, bytes.fromhex(salt), base64.b64decode(body))
                    if type(index) is int and opening.line() == line:
                        return opening
        except ValueError as error:
            raise NotCanonical(f"opening: {error}") from error
        raise NotCanonical("opening: must be index, salt (hex) and body (base64), one line")

    def opens(self, commitment: bytes) -> bool:
        """Say whether this opens the commitment."""
        return verify_opening(commitment, self.salt, self.body)


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
