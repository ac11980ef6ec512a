"""Rooms of the centre, and what each is for."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role

NUMERALS = str.maketrans("一二三四五六七八九", "123456789")


class Purpose(StrEnum):
    """What a room is for, and what it is booked for; only an opening's place is public."""

    OPENING = "opening"
    EVALUATION = "evaluation"
    DRAW = "draw"
    SUPERVISION = "supervision"


class Room(Recorded):
    """A room of the centre; `camera` is the index of its recording."""

    __tablename__ = "room"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("purpose IN ('opening','evaluation','draw','supervision')", name="purpose"),
        CheckConstraint("seats > 0", name="seats"),
    )
    name: Mapped[str]
    purpose: Mapped[str]
    seats: Mapped[int]
    camera: Mapped[str]


@action("venue.add_room", by=(Role.CENTRE,))
def add_room(act: Act, *, name: str, purpose: Purpose, seats: int, camera: str = "") -> UUID:
    """Add a room; return its id. Raises Invalid, Conflict for a name that is taken."""
    act.require(name.strip() and seats > 0, Invalid("name", "名称或席位有误 / a name and seats"))
    act.on_conflict("room_name_key", lambda _: Conflict("已有此场地 / name is taken", field="name"))
    room = Room(
        id=new_id(act.now), name=name.strip(), purpose=Purpose(purpose).value, seats=seats,
        camera=camera,
    )  # fmt: skip
    act.session.add(room)
    act.note(subject=str(room.id), name=room.name, purpose=room.purpose, seats=seats)
    return room.id


def found_room(session: Session, room: UUID) -> Room:
    """Return a room; raises NotFound."""
    found = session.get(Room, room)
    if found is None:
        raise NotFound("没有此场地 / no such room", field="room")
    return found


def opening_rooms(session: Session) -> list[Room]:
    """Return the rooms in which bids are opened, by name."""
    query = select(Room).where(Room.purpose == Purpose.OPENING)
    return sorted(session.scalars(query), key=lambda room: in_order(room.name))


def in_order(name: str) -> str:
    """Return what a room's name sorts by: 一室 to 九室 by their number, not by their sign."""
    return name.translate(NUMERALS)
