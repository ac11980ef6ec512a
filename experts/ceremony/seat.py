"""Seats: who sits, under a pseudonym made of the leaf; the person only encrypted.

A leaf is salted with the draw's own key, so that the pseudonym tells nothing to whoever has not
that key: neither staff nor a thief of the database learns a name from it (招标投标法 37).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.header import Draw, Kind, steps
from experts.ceremony.header import State as DrawState
from experts.draw.header import Header
from experts.draw.transcript import Progress
from monitor.record.act import Act
from monitor.record.table import Recorded
from monitor.refusal import NotFound

_STATES = (
    "'drawn', 'confirmed', 'checked_in', 'declined', 'no_answer', 'late_conflict', 'barred', 'left'"
)


class State(StrEnum):
    """Where a seat stands; only CONFIRMED and CHECKED_IN sit."""

    DRAWN = "drawn"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    LATE_CONFLICT = "late_conflict"
    BARRED = "barred"
    LEFT = "left"


SITTING = (State.CONFIRMED.value, State.CHECKED_IN.value)


class Seat(Recorded):
    """One seat; `draw` and `leaf` are empty for an owner's delegate, `name` until the result."""

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("section", "mask"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("octet_length(proof) = 32", name="proof"),
        CheckConstraint("octet_length(binding) = 32", name="binding"),
        CheckConstraint("(state = 'checked_in') <= (binding IS NOT NULL)", name="bound"),
        CheckConstraint("octet_length(sealed_identity) BETWEEN 1 AND 65536", name="sealed"),
    )
    project: Mapped[UUID] = mapped_column(index=True)
    section: Mapped[UUID]
    draw: Mapped[UUID | None] = mapped_column(ForeignKey("draw.id"))
    mask: Mapped[str]
    round: Mapped[int]
    place: Mapped[int]
    stratum: Mapped[int]
    state: Mapped[str]
    proof: Mapped[bytes]
    """The leaf of a drawn expert; the hash of the token that a delegate was given."""
    sealed_identity: Mapped[bytes]
    contact: Mapped[dict[str, Any] | None]
    binding: Mapped[bytes | None]
    name: Mapped[str | None]

    @property
    def is_expert(self) -> bool:
        """Whether the seat was drawn, and is not a delegate's."""
        return self.draw is not None


def seated(session: Session, project: UUID, section: UUID | None = None) -> list[Seat]:
    """Return who sits in a project (or one section), by place; seats of cancelled draws do not.

    Lots of a list sit nowhere.
    """
    query = (
        select(Seat)
        .join(Draw, Draw.id == Seat.draw, isouter=True)
        .where(Seat.project == project, Seat.state.in_(SITTING))
        .where(Seat.draw.is_(None) | (Draw.state != DrawState.CANCELLED.value))
        .where(Seat.draw.is_(None) | (Draw.header["kind"].astext == "expert"))
        .order_by(Seat.section, Seat.place, Seat.mask)
    )
    return list(session.scalars(query if section is None else query.where(Seat.section == section)))


def seats_of(session: Session, draw: Draw) -> list[Seat]:
    """Return every seat a draw ever filled, by place."""
    return list(session.scalars(select(Seat).where(Seat.draw == draw.id).order_by(Seat.place)))


def found_seat(act: Act, section: UUID, mask: str) -> Seat:
    """Return the section's seat of that pseudonym, locked; raises NotFound."""
    found = act.session.scalar(
        select(Seat)
        .where(Seat.project == act.project, Seat.section == section, Seat.mask == mask)
        .with_for_update()
    )
    if found is None:
        raise NotFound("没有此席位 / no such seat", field="mask")
    return found


def progress_of(session: Session, draw: Draw, header: Header) -> Progress:
    """Return who sits, who was ever drawn and who is barred, as the pure rules see it."""
    seats = seats_of(session, draw)
    changes = [row.document["change"] for row in steps(session, draw, Kind.ASK)]
    barred = {
        bytes.fromhex(leaf): rule
        for change in changes
        for recheck in change["rechecks"]
        for leaf, rule in recheck["barred"]
    }
    return Progress(
        header,
        {seat.proof: seat.stratum for seat in seats if seat.state in SITTING},
        frozenset(seat.proof for seat in seats),
        barred,
    )
