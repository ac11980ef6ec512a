"""The sealed note: a short secret (a tenderer's identity, a payer's name) locked until CLOSE.

Same machinery as a bid: one-time recipient R, capsule for the trustees, age file to R. The
plaintext is padded to whole KiB, so that a name's length is no clue.
"""

import base64
import io
import secrets
from dataclasses import dataclass

from bidding.envelope.age.error import AgeError
from bidding.envelope.age.file import decrypt_bytes, encrypt_bytes
from bidding.envelope.age.key import Entropy, new_identity, recipient_of
from bidding.envelope.age.stream import plaintext_length
from bidding.envelope.capsule import (
    Capsule,
    Context,
    check_capsule,
    read_capsule,
    seal_capsule,
)
from bidding.envelope.document import EnvelopeError, Malformed, read, tagged, write
from bidding.envelope.finding import Finding
from bidding.envelope.inspection import inspect_header
from bidding.envelope.roster import Roster

STEP = 1024
LONGEST = 64 * 1024


class NoteError(EnvelopeError):
    """A note cannot be sealed or opened."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was read."""

    capsule_document: bytes
    capsule: Capsule
    ciphertext: bytes


def seal_note(
    plaintext: bytes, roster: Roster, context: Context, entropy: Entropy = secrets.token_bytes
) -> bytes:
    """Seal at most 64 KiB - 4 bytes to the quorum of `roster`; raises NoteError if longer."""
    padded = len(plaintext).to_bytes(4, "big") + plaintext
    padded += bytes(-len(padded) % STEP)
    if len(padded) > LONGEST:
        raise NoteError("note: 内容过长 / too long")
    identity = new_identity(entropy)
    capsule = seal_capsule(identity, roster, context, entropy)
    ciphertext = encrypt_bytes(padded, [recipient_of(identity)], entropy)
    return write("note", capsule=_text(capsule), ciphertext=_text(ciphertext))


def read_note(data: bytes) -> Note:
    """Read a note document; raises Malformed."""
    document = read("note", data, "capsule ciphertext")
    capsule = _bytes(document.text("capsule"))
    return Note(capsule, read_capsule(capsule), _bytes(document.text("ciphertext")))


def check_note(data: bytes, roster: Roster, context: Context) -> list[Finding]:
    """Return every fault that can be seen without a key."""
    try:
        note = read_note(data)
        source = io.BytesIO(note.ciphertext)
        inspect_header(source, 1)
        size = plaintext_length(len(source.read()))
    except (Malformed, AgeError) as error:
        return [Finding("note", "batong-bid/1 note", str(error))]
    padded = [] if size % STEP == 0 and 0 < size <= LONGEST else ["长度不对 / wrong length"]
    return [
        *(Finding("note", "batong-bid/1 note", message) for message in padded),
        *check_capsule(note.capsule_document, roster, context),
    ]


def open_note_with(note: Note, identity: str) -> bytes:
    """Open a note with its own AGE-SECRET-KEY-1…; raises NoteError."""
    try:
        padded = decrypt_bytes(note.ciphertext, [identity])
    except AgeError as error:
        raise NoteError(f"note: {error}") from error
    size = int.from_bytes(padded[:4], "big")
    if len(padded) % STEP or size > len(padded) - 4 or any(padded[4 + size :]):
        raise NoteError("note: 填充不对 / wrong padding")
    return padded[4 : 4 + size]


def note_leaf(data: bytes) -> bytes:
    """Return the leaf of a note in the set that CLOSE fixes, 32 bytes."""
    return tagged("note-leaf", data)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed("note: 不是 Base64 / not base64") from error
