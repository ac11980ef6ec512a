"""The run sheet's view of one section's opening: what is done, what is waited for, and from whom.

For the desks that host and watch an opening. Nothing of it is there before CLOSE; the bids are
counted, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.attachment import Progress, progress
from bidding.envelope.bid.object import CAPSULE
from bidding.envelope.capsule import Kind
from bidding.hall.asked import Ask, asked_in
from bidding.hall.close import falls_short
from bidding.hall.failure.complaint import COMPLAIN
from bidding.hall.failure.damage import State, damages, ends
from bidding.hall.failure.due import look_until
from bidding.hall.failure.shortage import Shortage, shortage
from bidding.hall.failure.undecrypted import undecrypted
from bidding.hall.question import Question, questions
from bidding.hall.sitting import given_back, paused, proposed, unanswered
from bidding.hall.stage import END, SEALS, step
from bidding.hall.succession.place import standing_roster
from bidding.hall.trust import is_cosigned
from bidding.hall.unattended import turn_of
from bidding.hall.unlock import RELEASED, SHARES, take_batch, ways_to_open
from bidding.terms import published, window_end
from monitor.record.moment import Done, every
from trading.notice.document import document_of


@dataclass(frozen=True, slots=True)
class Ways:
    """How many bids open by their bidder's key, by the trustees' shares, and in no way yet."""

    released: int
    shares: int
    lacking: int


@dataclass(frozen=True, slots=True)
class Damaged:
    """Objects damaged here: how many their bidders are asked for, until when, how many are lost."""

    asked: int
    capsules: int
    """Of those asked for, the ones without which no trustee can open anything."""
    until: datetime | None
    mended: int
    lost: int


@dataclass(frozen=True, slots=True)
class Blame:
    """A share that is none: the trustee's seat, the bid, what was shown, and the public record."""

    seat: int
    subject: str
    shown: str
    record: UUID


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
    paused: Done | None
    proposed: Done | None
    """An extension that one person has proposed and another has yet to confirm."""
    objections: int
    """Objections to the opening that wait for their answer on the spot."""
    ended: Done | None
    damaged: Damaged
    look_until: datetime | None
    """Until when REVEAL waits for the look at what is stored; None where it is done."""
    blamed: tuple[Blame, ...]
    shortage: Shortage | None
    """Too few were opened: the tender ends, or goes on for the committee to judge."""
    questions: tuple[Question, ...]
    alone_at: datetime | None
    """When the platform takes the next step of itself, if nobody else does."""
    attached: Progress
    """How far the attachments of the bids that were read out are."""


def sheet(session: Session, project: UUID, section: UUID, now: datetime) -> Sheet | None:
    """Return where a section's opening stands; None before the documents are out."""
    document = document_of(session, project)
    if document is None:
        return None
    done = {
        name: step(session, project, section, f"opening.{name}")
        for name in ("close", "fail", "unlock", "reveal")
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
        tuple(seat.name for seat in standing_roster(session, project).seats),
        closed,
        closed is not None and is_cosigned(session, closed.record),
        int(closed.body["facts"]["bids"]["count"]) if closed else 0,
        done["fail"],
        closed is not None and falls_short(session, project, section),
        asks.get(Kind.NOTE),
        asks.get(Kind.BID),
        step(session, project, section, *SEALS),
        _window(session, project, section, closed, now),
        _declared(unlocked) if unlocked else _ways(session, project, section, closed),
        unlocked,
        unlocked is not None and is_cosigned(session, unlocked.record),
        done["reveal"],
        sum(row.confirmed_by is None for row in undecrypted(session, project, section)),
        paused(session, project, section),
        proposed(session, project, section),
        unanswered(session, project),
        step(session, project, section, END),
        _damaged(session, project, section, now),
        look_until(session, project, section),
        _blamed(session, project, section),
        shortage(session, project, section),
        questions(session, project, section),
        _alone(session, project, section, now),
        progress(session, project, section),
    )


def _alone(session: Session, project: UUID, section: UUID, now: datetime) -> datetime | None:
    turn = turn_of(session, project, section, now)
    return None if turn is None else turn.at


def _window(
    session: Session, project: UUID, section: UUID, closed: Done | None, now: datetime
) -> datetime | None:
    if closed is None or not published(session, project).window_minutes:
        return None
    back = given_back(session, project, section, now)
    return window_end(session, project, closed.at) + back


def _damaged(session: Session, project: UUID, section: UUID, now: datetime) -> Damaged:
    rows = damages(session, project, section)
    asked = [row for row in rows if row.state == State.ASKED]
    return Damaged(
        len(asked),
        sum(row.object == CAPSULE for row in asked),
        max((ends(session, row, now) for row in asked), default=None),
        sum(row.state == State.MENDED for row in rows),
        sum(row.state == State.LOST for row in rows),
    )


def _blamed(session: Session, project: UUID, section: UUID) -> tuple[Blame, ...]:
    """Return the wrong shares that trustees gave, and those that they proved were dealt to them."""
    found = []
    for done in every(session, project, section, take_batch.name, COMPLAIN):
        facts = done.body["facts"]
        told = [fault.partition(":")[0] for fault in facts.get("faults", ())]
        found += [Blame(facts["seat"], subject, "wrong_given", done.record) for subject in told]
        if "shown" in facts:
            about = done.body["subject"]
            found.append(Blame(facts["seat"], about, facts["shown"], done.record))
    return tuple(found)


def _declared(unlocked: Done) -> Ways:
    """Return the ways as UNLOCK declared them."""
    facts = unlocked.body["facts"]
    return Ways(int(facts["released"]), int(facts["shares"]), int(facts["shut"]))


def _ways(session: Session, project: UUID, section: UUID, closed: Done | None) -> Ways:
    found = list(ways_to_open(session, project, section).values()) if closed else []
    return Ways(found.count(RELEASED), found.count(SHARES), found.count(None))
