"""What a message of damaged objects is about, as its reader may know: their own ones by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bidding.hall.failure.damage import ask, lose
from bidding.submission import Bid
from monitor.record.standing import Appointment
from monitor.record.table import Opening
from monitor.role import Role
from trading.notice.message.message import Message
from trading.notice.participation import Participant
from trading.registration.party import Organisation


@dataclass(frozen=True, slots=True)
class About:
    """The objects of the reader's own bid, by name, and how many of others' there are.

    `bids`: the reader has a bid of its own there.
    """

    own: tuple[str, ...]
    others: int
    bids: bool


def about(session: Session, message: UUID) -> About | None:
    """Return which objects a message is about; None where it is about something else."""
    row = session.get_one(Message, message)
    if row.event not in {ask.name, lose.name}:
        return None
    facts = json.loads(session.get_one(Opening, row.record).body)["facts"]
    objects = facts.get("objects", [facts])
    mine = _bids(session, row.project, row.person)
    own = tuple(each["object"] for each in objects if each["bid"] in mine)
    return About(own, len(objects) - len(own), bool(mine))


def _bids(session: Session, project: UUID, person: UUID) -> set[str]:
    """Return the bids of the bodies that a person bids for, as the trustees found them."""
    codes = (
        select(Organisation.uscc)
        .join(Appointment, Appointment.org == Organisation.id)
        .where(Appointment.person == person, Appointment.role == Role.TENDERER.value)
    )
    masks = select(Participant.mask).where(
        Participant.project == project, Participant.uscc.in_(codes)
    )
    return set(session.scalars(select(Bid.bid).where(Bid.project == project, Bid.mask.in_(masks))))
