"""Who stands behind a pseudonym or a payment: sealed to the trustees' quorum until CLOSE."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from bidding.envelope.bid.letter import Bidder
from bidding.envelope.capsule import Context, Kind
from bidding.envelope.document import write
from bidding.envelope.finding import Finding
from bidding.envelope.roster import Roster
from bidding.envelope.sealed_note import check_note, seal_note


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid a deposit, and from which account."""

    name: str
    account: str


def seal_identity(bidder: Bidder, roster: Roster, project: UUID, section: UUID, mask: str) -> bytes:
    """Seal who a pseudonym is to the quorum of trustees, until CLOSE."""
    plaintext = write("identity", name=bidder.name, uscc=bidder.uscc)
    context = Context(Kind.NOTE, str(project), str(section), f"identity:{mask}")
    return seal_note(plaintext, roster, context)


def seal_payer(payer: Payer, roster: Roster, project: UUID, section: UUID, number: str) -> bytes:
    """Seal who paid into a sub-account to the quorum of trustees, until CLOSE."""
    plaintext = write("payer", name=payer.name, account=payer.account)
    context = Context(Kind.NOTE, str(project), str(section), f"payer:{number}")
    return seal_note(plaintext, roster, context)


def check_identity(
    note: bytes, roster: Roster, project: UUID, section: UUID, mask: str
) -> list[Finding]:
    """Return what can be seen to be wrong with a sealed identity without a key; [] to accept."""
    context = Context(Kind.NOTE, str(project), str(section), f"identity:{mask}")
    return check_note(note, roster, context)
