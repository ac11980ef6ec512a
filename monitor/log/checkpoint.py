"""Checkpoint: what a log says its tree is, signed by the log and cosigned by its witnesses.

C2SP tlog-checkpoint without extension lines, C2SP tlog-cosignature type 0x04, and the policy of
which log and how many of which witnesses a reader demands.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from monitor.log.note import (
    Kind,
    MalformedKey,
    MalformedNote,
    NoKnownSigner,
    Note,
    NoteError,
    Signature,
    SigningKey,
    VerifierKey,
    from_base64,
    open_note,
    sign,
    to_base64,
)
from monitor.log.tree import HASH_BYTES

MAX_SIZE = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


class NotWitnessed(NoteError):
    """Fewer witnesses than the policy demands have cosigned."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: origin of the log, number of leaves, root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or not self.origin.isprintable():
            raise MalformedNote("origin: must be one non-empty line")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_BYTES:
            raise MalformedNote("checkpoint: must be a size below 2^63 and a 32-byte root")

    def body(self) -> str:
        """Return the three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read exactly three lines, nothing after them; raises MalformedNote."""
        lines = body.split("\n")
        if len(lines) != 4 or lines[3]:
            raise MalformedNote("checkpoint: must be origin, size and root, one line each")
        return cls(lines[0], parse_decimal(lines[1]), from_base64(lines[2]))


def parse_decimal(text: str) -> int:
    """Read an ASCII decimal below 2^63 without leading zeroes; raises MalformedNote."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_SIZE:
        raise MalformedNote("number: must be a decimal below 2^63 without leading zeroes")
    return int(text)


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> str:
    """Return the signed note; raises MalformedKey when the key is not named as the origin."""
    if key.name != checkpoint.origin:
        raise MalformedKey(f"key {key.name}: may not sign for {checkpoint.origin}")
    return sign(checkpoint.body(), key)


def cosign(checkpoint: Checkpoint, key: SigningKey, now: datetime) -> Signature:
    """Return a witness's statement that this was the largest tree it had seen at `now`."""
    if now.tzinfo is None:
        raise MalformedNote("now: must know its time zone")
    return key.cosign(checkpoint.body(), int(now.timestamp()))


def cosigned_at(signature: Signature) -> datetime:
    """Return the time inside a cosignature, UTC, whole seconds; raises MalformedNote."""
    try:
        return datetime.fromtimestamp(int.from_bytes(signature.payload[:8]), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise MalformedNote(f"cosignature of {signature.name}: time out of range") from error


@dataclass(frozen=True, slots=True)
class Policy:
    """Which log is meant, and how many (quorum) of which witnesses must have cosigned."""

    log: VerifierKey
    witnesses: tuple[VerifierKey, ...] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        if self.log.kind is not Kind.ED25519:
            raise MalformedKey("policy: the log's key must be of type 1")
        if any(key.kind is not Kind.COSIGNATURE for key in self.witnesses):
            raise MalformedKey("policy: a witness's key must be of type 4")
        if len({key.public for key in (self.log, *self.witnesses)}) <= len(self.witnesses):
            raise MalformedKey("policy: one public key stands for two")
        if not 0 <= self.quorum <= len(self.witnesses):
            raise MalformedKey(f"policy: {self.quorum} of {len(self.witnesses)} witnesses")

    @classmethod
    def of(cls, log_vkey: str, witness_vkeys: Iterable[str] = (), quorum: int = 0) -> Self:
        """Build a policy from vkeys; raises MalformedKey."""
        witnesses = tuple(VerifierKey.parse(vkey) for vkey in witness_vkeys)
        return cls(VerifierKey.parse(log_vkey), witnesses, quorum)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature: which witness, and when it signed."""

    witness: VerifierKey
    time: datetime


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that satisfied a policy, and the known witnesses that cosigned it."""

    checkpoint: Checkpoint
    cosignatures: tuple[Cosignature, ...]


def open_checkpoint(note: str | bytes, policy: Policy) -> SignedCheckpoint:
    """Verify a signed checkpoint against a policy.

    Raises MalformedNote, BadSignature, NoKnownSigner, NotWitnessed (all NoteError).
    """
    opened = open_note(note, (policy.log, *policy.witnesses))
    if not any(key == policy.log for key, _ in opened.verified):
        raise NoKnownSigner(f"checkpoint: not signed by {policy.log.name}")
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != policy.log.name:
        raise NoKnownSigner(f"checkpoint: origin is not {policy.log.name}")
    cosignatures = _cosignatures(opened)
    if len(cosignatures) < policy.quorum:
        raise NotWitnessed(f"checkpoint: {len(cosignatures)} witnesses, needs {policy.quorum}")
    return SignedCheckpoint(checkpoint, cosignatures)


def _cosignatures(opened: Note) -> tuple[Cosignature, ...]:
    latest: dict[VerifierKey, Cosignature] = {}
    for key, signature in opened.verified:
        if key.kind is Kind.COSIGNATURE:
            found = Cosignature(key, cosigned_at(signature))
            latest[key] = max(latest.get(key, found), found, key=lambda each: each.time)
    return tuple(latest.values())
