"""The run sheet's view of one section's opening: what is done, what is waited for, and from whom.

For the desks that host and watch an opening. Nothing of it is there before CLOSE; the bids are
counted, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.envelope.capsule import Kind
from bidding.hall.asked import Ask, asked_in
from bidding.hall.close import falls_short
from bidding.hall.reveal import undecrypted
from bidding.hall.stage import step
from bidding.hall.trust import require_cosigned
from bidding.hall.unlock import RELEASED, SHARES, ways_to_open
from bidding.terms import published, roster_of
from monitor.record.moment import Done
from monitor.refusal import WrongStage
from trading.notice.document import document_of


@dataclass(frozen=True, slots=True)
class Ways:
    """How many bids open by their bidder's key, by the trustees' shares, and in no way yet."""

    released: int
    shares: int
    lacking: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One section's opening; a moment is None before it, a count 0."""

    section: UUID
    deadline: datetime
    manner: str
    seats: tuple[str, ...]
    closed: Done | None
    close_cosigned: bool
    bids: int
    failed: Done | None
    falls_short: bool
    names: Ask | None
    shares: Ask | None
    checked: Done | None
    window_until: datetime | None
    ways: Ways
    unlocked: Done | None
    unlock_cosigned: bool
    revealed: Done | None
    unconfirmed: int
    """Bids that stayed shut and whose cause two persons have not yet confirmed."""


def sheet(session: Session, project: UUID, section: UUID, now: datetime) -> Sheet | None:
    """Return where a section's opening stands; None before the documents are out."""
    document = document_of(session, project)
    if document is None:
        return None
    done = {
        name: step(session, project, section, f"opening.{name}")
        for name in ("close", "fail", "check_seal", "unlock", "reveal")
    }
    closed, unlocked = done["close"], done["unlock"]
    asks = {
        ask.kind: ask
        for ask in (asked_in(session, project, now) if closed else ())
        if ask.section == section
    }
    return Sheet(
        section,
        document.deadline,
        document.manner,
        tuple(seat.name for seat in roster_of(session, project).seats),
        closed,
        is_cosigned(session, closed),
        int(closed.body["facts"]["bids"]["count"]) if closed else 0,
        done["fail"],
        closed is not None and falls_short(session, project, section),
        asks.get(Kind.NOTE),
        asks.get(Kind.BID),
        done["check_seal"],
        _window(session, project, closed),
        _declared(unlocked) if unlocked else _ways(session, project, section, closed),
        unlocked,
        is_cosigned(session, unlocked),
        done["reveal"],
        sum(row.confirmed_by is None for row in undecrypted(session, project, section)),
    )


def is_cosigned(session: Session, done: Done | None) -> bool:
    """Tell whether an act's record is in a tree that the witnesses have cosigned."""
    try:
        if done is not None:
            require_cosigned(session, done.record, "")
    except WrongStage:
        return False
    return done is not None


def _window(session: Session, project: UUID, closed: Done | None) -> datetime | None:
    minutes = published(session, project).window_minutes
    return closed.at + timedelta(minutes=minutes) if closed and minutes else None


def _declared(unlocked: Done) -> Ways:
    """Return the ways as UNLOCK declared them."""
    facts = unlocked.body["facts"]
    return Ways(int(facts["released"]), int(facts["shares"]), int(facts["shut"]))


def _ways(session: Session, project: UUID, section: UUID, closed: Done | None) -> Ways:
    found = list(ways_to_open(session, project, section).values()) if closed else []
    return Ways(found.count(RELEASED), found.count(SHARES), found.count(None))
