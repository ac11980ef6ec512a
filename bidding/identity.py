"""Who stands behind a pseudonym or a payment: sealed to the trustees' quorum until CLOSE."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.envelope.bid.letter import Bidder
from bidding.envelope.capsule import Context, Kind
from bidding.envelope.document import write
from bidding.envelope.finding import Finding
from bidding.envelope.roster import Roster
from bidding.envelope.sealed_note import check_note, seal_note
from bidding.terms import roster_of
from monitor.refusal import NotFound
from trading.fee.block import blocks
from trading.registration.credit_code import check_character
from trading.registration.party import found_organisation
from trading.registration.project import found_project, is_rehearsal


@dataclass(frozen=True, slots=True)
class Payer:
    """Who paid a deposit, and from which account."""

    name: str
    account: str


def bidder_of(session: Session, project: UUID, org: UUID, mask: str) -> Bidder:
    """Return as whom an organisation bids: under its own name, in a rehearsal under none.

    A rehearsal is opened before the trades that it prepares for: its names would tell who is about
    to bid there (招标投标法 22).
    """
    if is_rehearsal(found_project(session, project)):
        number = int(hashlib.sha256(mask.encode()).hexdigest(), 16) % 10**9
        body = f"99000000{number:09d}"
        return Bidder(f"演练投标人 {number:09d}", body + check_character(body))
    unit = found_organisation(session, org)
    return Bidder(unit.name, unit.uscc)


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


def transfer(
    session: Session, project: UUID, number: str, org: UUID, now: datetime
) -> dict[str, Any]:
    """Return what a demo's bank reports of an organisation's transfer of the whole deposit.

    Raises NotFound for a number that was not announced in this trade.
    """
    block = next((one for one in blocks(session, project) if number.startswith(one.prefix)), None)
    if block is None:
        raise NotFound("没有此子账户 / no such sub-account", field="number")
    payer, roster = found_organisation(session, org), roster_of(session, project)
    own = Payer(payer.name, f"1399{payer.uscc[-10:]}")
    return {
        "number": number,
        "amount_fen": block.amount_fen,
        "reference": f"T{number}",
        "received_at": now,
        "sealed_payer": seal_payer(own, roster, project, block.section, number),
    }


def check_identity(
    note: bytes, roster: Roster, project: UUID, section: UUID, mask: str
) -> list[Finding]:
    """Return what can be seen to be wrong with a sealed identity without a key; [] to accept."""
    context = Context(Kind.NOTE, str(project), str(section), f"identity:{mask}")
    return check_note(note, roster, context)
