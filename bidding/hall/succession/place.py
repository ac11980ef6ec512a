"""Who holds which seat: successions on record, and the roster with those in place.

The roster that bids were sealed to never changes: a successor has its seat's recipient. Only who
may act for the seat, and with which signing key, is read here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bidding.envelope.roster import Authority, Device, Roster, Seat
from bidding.envelope.trustee.successor import Acceptance, read_acceptance
from bidding.hall.stage import step
from bidding.terms import roster_of, rosters_of
from monitor.record.moment import done
from monitor.record.table import Recorded
from monitor.refusal import NotFound
from trading.notice.dealt_key import DealtKey
from trading.registration.party import Organisation
from trading.registration.project import sections

OVER = ("opening.unlock", "opening.reveal", "opening.fail")
ENDED = ("project.terminate", "archive.close")


class Cause(StrEnum):
    """Why a seat needs a successor."""

    LOST = "lost"
    WITHDRAWS = "withdraws"


class State(StrEnum):
    """How far a succession is."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    PLACED = "placed"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({State.ASKED, State.CONFIRMED})


class Succession(Recorded):
    """One succession to a seat: who follows whom and why, its machine, who asked and confirmed.

    `lost` is the recipient that is rebuilt, `recipient` and `signer` are the successor's own.
    """

    __tablename__ = "succession"
    __table_args__ = (
        CheckConstraint("cause IN ('lost', 'withdraws')", name="cause"),
        CheckConstraint("ended IN ('answered', 'withdrawn')", name="ended"),
        CheckConstraint(
            "placed_at IS NULL OR (confirmed_at IS NOT NULL AND ended IS NULL)", name="order"
        ),
        Index(
            "succession_seat_key", "project", "seat",
            unique=True, postgresql_where=text("ended IS NULL"),
        ),
        Index("succession_acceptance_key", text("sha256(acceptance)"), unique=True),
    )  # fmt: skip
    project: Mapped[UUID]
    seat: Mapped[int]
    deal: Mapped[UUID] = mapped_column(ForeignKey("dealt_key.id"))
    cause: Mapped[str]
    why: Mapped[str]
    person: Mapped[UUID]
    org: Mapped[UUID]
    kind: Mapped[str]
    authority: Mapped[str]
    name: Mapped[str]
    lost: Mapped[str]
    recipient: Mapped[str]
    signer: Mapped[str]
    acceptance: Mapped[bytes]
    challenge: Mapped[bytes]
    expected: Mapped[str]
    asked_by: Mapped[UUID]
    asked_for: Mapped[UUID]
    asked_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    placed_at: Mapped[datetime | None]
    ended: Mapped[str | None]

    @property
    def state(self) -> State:
        """Return how far it is."""
        if self.ended is not None:
            return State(self.ended)
        if self.placed_at is not None:
            return State.PLACED
        return State.CONFIRMED if self.confirmed_at is not None else State.ASKED

    @property
    def holder(self) -> Seat:
        """Return the seat as the successor holds it: the key of before, a signing key of its own.

        Only once that key is rebuilt can it answer for the seat.
        """
        device = Device(self.lost, self.signer)
        return Seat(self.seat, Authority(self.kind), self.authority, self.name, (device,))

    @property
    def accepted(self) -> Acceptance:
        """Return the successor's word."""
        return read_acceptance(self.acceptance)


def successions(session: Session, *projects: UUID) -> list[Succession]:
    """Return all successions of these trades, oldest first."""
    query = select(Succession).where(Succession.project.in_(projects))
    return list(session.scalars(query.order_by(Succession.asked_at, Succession.id)))


def found_succession(session: Session, project: UUID, succession: UUID) -> Succession:
    """Return one succession of a trade; raises NotFound."""
    row = session.get(Succession, succession)
    if row is None or row.project != project:
        raise NotFound("没有此项接任 / no such succession", field="succession")
    return row


def successors(session: Session, project: UUID) -> tuple[Seat, ...]:
    """Return the seats that successors hold by now."""
    query = select(Succession).where(Succession.project == project)
    rows = session.scalars(query.where(Succession.placed_at.is_not(None)))
    return tuple(row.holder for row in rows.all())


def standing_roster(session: Session, project: UUID) -> Roster:
    """Return who holds the seats now, successors in their places; raises NotFound."""
    return roster_of(session, project).succeeded(successors(session, project))


def standing_rosters(session: Session, projects: Iterable[UUID]) -> dict[UUID, Roster]:
    """Return who holds the seats now in each of these trades whose documents are out."""
    found, placed = rosters_of(session, projects), defaultdict[UUID, list[Seat]](list)
    query = select(Succession).where(Succession.project.in_(found))
    for row in session.scalars(query.where(Succession.placed_at.is_not(None))):
        placed[row.project].append(row.holder)
    return {project: roster.succeeded(placed[project]) for project, roster in found.items()}


def dealt_keys(session: Session, projects: Iterable[UUID]) -> list[DealtKey]:
    """Return the keys dealt in these trades, by seat."""
    query = select(DealtKey).where(DealtKey.project.in_(list(projects)))
    return list(session.scalars(query.order_by(DealtKey.project, DealtKey.seat, DealtKey.id)))


def is_open(session: Session, project: UUID) -> bool:
    """Tell whether any section of a trade may still need its trustees: until UNLOCK."""
    if done(session, project, None, *ENDED):
        return False
    return any(
        not any(step(session, project, row.id, name) for name in OVER)
        for row in sections(session, project)
    )


def held_seat(session: Session, org: UUID, project: UUID) -> int | None:
    """Return the seat that an organisation holds now; None for one that was succeeded."""
    return held_seats(session, org, [project]).get(project)


def held_seats(session: Session, org: UUID, projects: Iterable[UUID]) -> dict[UUID, int]:
    """Return the seat that an organisation holds now in each of these trades where it has one."""
    unit = session.get(Organisation, org)
    return {
        project: seat.index
        for project, roster in standing_rosters(session, projects).items()
        for seat in roster.seats
        if unit is not None and seat.authority == unit.uscc
    }
