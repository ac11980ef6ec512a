"""Signed note: a text and the signature lines under it (C2SP signed-note), with its Ed25519 keys.

Two of the assigned signature types are known here: plain Ed25519, which the log uses, and the
timestamped cosignature, which witnesses use. A key has one type and never signs for the other.
"""

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

KEY_BYTES = 32
SIGNATURE_BYTES = 64
MAX_SIGNATURES = 100  # the specification asks for 16 at least
MAX_NOTE = 1 << 20
_PREFIX = "— "
_PRIVATE = "PRIVATE+KEY+"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


class Kind(IntEnum):
    """Signature type bytes (C2SP signed-note, "Signature types")."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


class NoteError(ValueError):
    """A note or a key that must not be trusted."""


class MalformedNote(NoteError):
    """The text is not a signed note."""


class MalformedKey(NoteError):
    """The text is not a key of a known type, or its parts contradict one another."""


class BadSignature(NoteError):
    """A signature of a known key does not verify."""


class NoKnownSigner(NoteError):
    """None of the keys that were asked for has signed."""


def to_base64(data: bytes) -> str:
    """Write standard base64 (RFC 4648 §4)."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Read standard base64 in its one canonical spelling; raises MalformedNote."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedNote("base64: not in the standard alphabet") from error
    if to_base64(data) != text:
        raise MalformedNote("base64: not the canonical spelling")
    return data


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line: key name, 4-byte key ID, payload as its type defines it."""

    name: str
    key_id: bytes
    payload: bytes

    def line(self) -> str:
        """Return the line with its newline."""
        return f"{_PREFIX}{self.name} {to_base64(self.key_id + self.payload)}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line, with or without its newline; raises MalformedNote."""
        name, space, encoded = line.removesuffix("\n").removeprefix(_PREFIX).partition(" ")
        blob = from_base64(encoded)
        if not line.startswith(_PREFIX) or not space or not _is_name(name) or len(blob) < 5:
            raise MalformedNote("signature line: must be em dash, key name, base64")
        return cls(name, blob[:4], blob[4:])


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name and type; as text it is a vkey."""

    name: str
    kind: Kind
    public: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise MalformedKey("key name: must be non-empty, without spaces and plus signs")
        if len(self.public) != KEY_BYTES:
            raise MalformedKey(f"public key: {len(self.public)} bytes, must be {KEY_BYTES}")

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{to_base64(bytes([self.kind]) + self.public)}"

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key)."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(named).digest()[:4]

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a vkey; raises MalformedKey, also when the ID is not that of the key."""
        name, kind, public = _parse_key(vkey)
        key = cls(name, kind, public)
        if str(key) != vkey:
            raise MalformedKey("vkey: the key ID does not belong to this name and key")
        return key

    def verify(self, text: str, payload: bytes) -> None:
        """Check the payload of a signature line over a note text; raises BadSignature."""
        message, signature = text.encode(), payload
        if self.kind is Kind.COSIGNATURE:
            message = cosigned_message(text, int.from_bytes(payload[:8]))
            signature = payload[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise BadSignature(f"signature of {self.name}: does not verify") from error


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name and type; as text it is an skey, and it is never shown."""

    name: str
    kind: Kind
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _is_name(self.name) or len(self.seed) != KEY_BYTES:
            raise MalformedKey("signing key: must be a name without spaces and 32 bytes")

    @classmethod
    def generate(
        cls, name: str, kind: Kind, entropy: Callable[[int], bytes] = secrets.token_bytes
    ) -> Self:
        """Make a new key; tests inject their own randomness."""
        return cls(name, kind, entropy(KEY_BYTES))

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
        return VerifierKey(self.name, self.kind, public)

    def encode(self) -> str:
        """Write the skey: PRIVATE+KEY+name+id+base64(type ‖ seed), as golang.org/x/mod does."""
        secret = to_base64(bytes([self.kind]) + self.seed)
        return f"{_PRIVATE}{self.name}+{self.verifier.key_id.hex()}+{secret}"

    @classmethod
    def parse(cls, skey: str) -> Self:
        """Read an skey; raises MalformedKey, whose message never holds the key."""
        name, kind, seed = _parse_key(skey.removeprefix(_PRIVATE))
        key = cls(name, kind, seed)
        if key.encode() != skey:
            raise MalformedKey("skey: the key ID does not belong to this name and key")
        return key

    def sign(self, text: str) -> Signature:
        """Sign a note text with an Ed25519 key (type 0x01); raises MalformedNote, MalformedKey."""
        _check_text(text)
        return self._sign(Kind.ED25519, text.encode(), b"")

    def cosign(self, text: str, time: int) -> Signature:
        """Sign a checkpoint text seen at a POSIX time (type 0x04, C2SP tlog-cosignature)."""
        _check_text(text)
        return self._sign(Kind.COSIGNATURE, cosigned_message(text, time), time.to_bytes(8))

    def _sign(self, kind: Kind, message: bytes, prefix: bytes) -> Signature:
        if self.kind is not kind:
            raise MalformedKey(f"key {self.name}: is of type {self.kind}, not {kind}")
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        return Signature(self.name, self.verifier.key_id, prefix + signature)


@dataclass(frozen=True, slots=True)
class Note:
    """A text and those of its signatures that were verified, with their keys."""

    text: str
    verified: tuple[tuple[VerifierKey, Signature], ...]


def cosigned_message(text: str, time: int) -> bytes:
    """Return what a witness signs (C2SP tlog-cosignature, "Ed25519 signed message")."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def sign(text: str, *keys: SigningKey) -> str:
    """Return the text as a note signed by these keys; raises MalformedNote, MalformedKey."""
    return f"{text}\n" + "".join(key.sign(text).line() for key in keys)


def split_note(note: str | bytes) -> tuple[str, tuple[Signature, ...]]:
    """Return the text and the signatures, none of them verified; raises MalformedNote."""
    whole = _decode(note)
    head, blank, tail = whole.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise MalformedNote("note: must be a text, an empty line and signature lines")
    lines = tail.removesuffix("\n").split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedNote(f"note: more than {MAX_SIGNATURES} signatures")
    return head + "\n", tuple(Signature.parse(line) for line in lines)


def add_signatures(note: str, signatures: Iterable[Signature]) -> str:
    """Return the note with those signature lines more that it does not hold yet."""
    _, present = split_note(note)
    fresh = [each for each in dict.fromkeys(signatures) if each not in present]
    return note + "".join(each.line() for each in fresh)


def open_note(note: str | bytes, verifiers: Iterable[VerifierKey]) -> Note:
    """Verify a note: unknown signatures are ignored, a known key that fails rejects it.

    Raises MalformedNote, BadSignature, NoKnownSigner (C2SP signed-note, "Signatures").
    """
    text, signatures = split_note(note)
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in verifiers:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise MalformedKey(f"verifiers: two keys share the name and ID of {key.name}")
    verified = []
    for signature in signatures:
        signer = known.get((signature.name, signature.key_id))
        if signer is not None:
            signer.verify(text, signature.payload)
            verified.append((signer, signature))
    if not verified:
        raise NoKnownSigner("note: no signature of a known key")
    return Note(text, tuple(verified))


def _decode(note: str | bytes) -> str:
    if len(note) > MAX_NOTE:
        raise MalformedNote(f"note: longer than {MAX_NOTE} bytes")
    try:
        whole = note.decode() if isinstance(note, bytes) else note
    except UnicodeDecodeError as error:
        raise MalformedNote("note: not UTF-8") from error
    _check_text(whole)
    return whole


def _check_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise MalformedNote("text: must end in a newline and hold no other control character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise MalformedNote("text: a lone surrogate has no UTF-8 form") from error


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(each.isspace() for each in name)


def _parse_key(text: str) -> tuple[str, Kind, bytes]:
    parts = text.split("+", 2)  # base64 may hold plus signs, a name may not
    try:
        blob = from_base64(parts[2])
        return parts[0], Kind(blob[0]), blob[1:]
    except (IndexError, ValueError) as error:
        raise MalformedKey("key: must be name+id+base64 of a known type") from error
