"""Papers of a draw's mail: what a parcel is, who may post which, how an answer proves itself.

Pure, so that the machines use it without a database.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from experts.draw.header import CENTRE, INSPECTOR, TENDEREE

TOKEN_BYTES = 32
_DOMAIN = b"batong-answer/1\0"
_LEFT = b"batong-departure/1\0"


class Step(StrEnum):
    """What a parcel is."""

    HELLO = "hello"
    """The sender's recipient (age) for this draw."""
    FILING = "filing"
    """Header and the pool's key, sealed to the inspector's machine, which recomputes the pool."""
    COUNTERSIGN = "countersign"
    REVEALS = "reveals"
    """The closed reveals with the centre's signature; then the inspector's."""
    DICE = "dice"
    """What lies on the table: typed by two machines as they see it."""
    REQUEST = "request"
    """What the centre asks the inspector to ask for (draws.md §2.4, step 6)."""
    ANSWER = "answer"
    """The inspector's proof for one round, sealed to the centre's machine."""
    HANDOVER = "handover"
    """What a lost machine's successor needs to go on: the pool, the closed rounds, what waits."""
    CLOSING = "closing"
    """The round but for its log, which the inspector's machine draws again; then its signature."""
    FINAL = "final"
    INVITATION = "invitation"
    """To a drawn expert, sealed to the expert alone; the mailbox does not know to whom."""
    SEAT = "seat"
    """To a seated expert, after CLOSE: where, and how to prove the seat."""
    TROUBLE = "trouble"
    """Why a machine cannot go on, in words that tell no secret."""


MAY_POST = {
    CENTRE: frozenset(
        {Step.HELLO, Step.FILING, Step.REVEALS, Step.REQUEST, Step.CLOSING, Step.FINAL,
         Step.HANDOVER,
         Step.INVITATION, Step.SEAT, Step.TROUBLE}
    ),
    INSPECTOR: frozenset(
        {Step.HELLO, Step.COUNTERSIGN, Step.REVEALS, Step.ANSWER, Step.CLOSING, Step.FINAL,
         Step.TROUBLE}
    ),
    TENDEREE: frozenset({Step.DICE, Step.TROUBLE}),
}  # fmt: skip


def departure_evidence(mask: str, why: str, record: str) -> str:
    """Return what a bundle names of a departure: a hash of who, why and the act's record (hex)."""
    return hashlib.sha256(_LEFT + "\0".join((mask, why, record)).encode()).hexdigest()


def reply_of(token: bytes) -> str:
    """Return by what the mailbox knows the holder of a token again (hex)."""
    return hashlib.sha256(token).hexdigest()


def evidence(mask: str, token: bytes, *, accepts: bool) -> str:
    """Return the hash of an expert's answer, which contact and bundle hold (hex)."""
    return hashlib.sha256(_DOMAIN + mask.encode() + token + bytes([accepts])).hexdigest()
