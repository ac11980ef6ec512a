"""Rooms 场地 as they are chosen from, and what of them a project has booked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.venue.booking import bookings, busy
from trading.venue.room import Purpose, Room, in_order
from trading.venue.slot import Span


@dataclass(frozen=True, slots=True)
class Offered:
    """A room, and whether it is free at the wanted time."""

    id: UUID
    name: str
    purpose: Purpose
    seats: int
    free: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A room that a project holds."""

    booking: UUID
    room: str
    purpose: Purpose
    span: Span


def rooms(session: Session, wanted: Span | None = None) -> list[Offered]:
    """Return every room by purpose and name; free where no time is wanted."""
    found = session.scalars(select(Room))
    rows = sorted(found, key=lambda row: (row.purpose, in_order(row.name)))
    return [
        Offered(row.id, row.name, Purpose(row.purpose), row.seats, _is_free(session, row, wanted))
        for row in rows
    ]


def held(session: Session, project: UUID) -> list[Held]:
    """Return what a project holds now, by time; an evaluation's place is for its own people."""
    names = {row.id: row.name for row in session.scalars(select(Room))}
    return [
        Held(row.id, names[row.room], Purpose(row.purpose), row.span)
        for row in bookings(session, project)
    ]


def _is_free(session: Session, room: Room, wanted: Span | None) -> bool:
    if wanted is None:
        return True
    return not any(taken.meets(wanted) for taken in busy(session, room.id, wanted))
