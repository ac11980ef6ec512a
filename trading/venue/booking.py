"""Bookings of rooms. Two of one room cannot meet: the database's own constraint decides.

A refusal offers what is free: other rooms at the wanted time, and the nearest times in this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.dialects.postgresql import TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.law.workday import SHANGHAI
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role
from trading.notice.progress import deadline_of
from trading.registration.project import accepted_project
from trading.venue.room import Purpose, Room, found_room
from trading.venue.slot import HORIZON, Span, nearest_free

LONGEST = timedelta(days=15)
CLASH = "booking_room_during_excl"
_BY = (Role.TENDEREE, Role.AGENCY, Role.CENTRE)


class Booking(Recorded):
    """A session in a room; released ones stay on record and stand in nobody's way."""

    __tablename__ = "booking"
    __table_args__ = (
        ExcludeConstraint(
            ("room", "="), ("during", "&&"), name=CLASH, using="gist", where="released_at IS NULL"
        ),
        CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)", name="during"
        ),
    )
    room: Mapped[UUID] = mapped_column(ForeignKey("room.id"))
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    purpose: Mapped[str]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    booked_by: Mapped[UUID]
    booked_at: Mapped[datetime]
    released_at: Mapped[datetime | None]

    @property
    def span(self) -> Span:
        """Return when it is."""
        start, end = self.during.lower, self.during.upper
        if start is None or end is None:
            raise ValueError("a booking has two ends")
        return Span(start, end)


@dataclass(frozen=True, slots=True)
class Offer:
    """A room that is free, and when."""

    room: UUID
    name: str
    span: Span


class Occupied(Conflict):
    """The room is taken; `offers` says what is free instead."""

    def __init__(self, message: str, offers: list[Offer]) -> None:
        super().__init__(message, field="during")
        self.offers = offers


@action("venue.book", by=_BY)
def book(act: Act, *, room: UUID, start: datetime, end: datetime) -> UUID:
    """Book a room for the project; return the booking's id.

    Raises NotFound, Invalid, WrongStage, and Occupied with what is free instead.
    """
    project = accepted_project(act)
    found = found_room(act.session, room)
    _check_times(act, start, end)
    wanted, now = Span(start, end), act.now
    own = project.id
    act.on_conflict(CLASH, lambda session: _taken(session, found, wanted, now, own))
    booking = Booking(
        id=new_id(act.now), room=room, project=project.id, purpose=found.purpose,
        during=Range(start, end), booked_by=act.actor.org, booked_at=act.now, released_at=None,
    )  # fmt: skip
    act.session.add(booking)
    _tell(act, booking, found)
    return booking.id


def _check_times(act: Act, start: datetime, end: datetime) -> None:
    act.require(
        act.now <= start < end <= start + LONGEST,
        Invalid("during", "时间有误 / from now on, an end after the start, 15 days at most"),
    )


def _tell(act: Act, booking: Booking, room: Room) -> None:
    span = booking.span
    when = {"from": time_text(span.start), "until": time_text(span.end)}
    act.note(subject=str(booking.id), purpose=room.purpose, during=when)
    if room.purpose == Purpose.OPENING:
        act.note(room=room.name)
    else:
        act.note_private(room=room.name)


def _taken(session: Session, room: Room, wanted: Span, now: datetime, project: UUID) -> Conflict:
    mine = (each for each in bookings(session, project) if each.room == room.id)
    span = next((each.span for each in mine if each.span.meets(wanted)), None)
    if span is None:
        return _occupied(session, room, wanted, now, deadline_of(session, project))
    return Conflict(
        f"本项目已预订{room.name}（{_shown(span)}），无须再办 / "
        f"this trade has booked {room.name} already ({_shown(span)}): nothing is left to do",
        field="room",
    )


def _occupied(
    session: Session, room: Room, wanted: Span, now: datetime, deadline: datetime | None
) -> Occupied:
    """An opening is offered no time at which the deadline does not lie (招标投标法 34)."""
    offers = offers_for(session, room, wanted, now)
    if room.purpose == Purpose.OPENING and deadline is not None:
        offers = [each for each in offers if each.span.start <= deadline < each.span.end]
    text = "；".join(f"{offer.name} {_shown(offer.span)}" for offer in offers) or "—"
    return Occupied(f"该时段已被预订，可选：{text} / the room is taken; free: {text}", offers)


def _shown(span: Span) -> str:
    start, end = span.start.astimezone(SHANGHAI), span.end.astimezone(SHANGHAI)
    return f"{start:%Y-%m-%d %H:%M}–{end:%H:%M}"


def offers_for(session: Session, room: Room, wanted: Span, now: datetime) -> list[Offer]:
    """Return free rooms of the same purpose and size at the wanted time, then nearest times."""
    others = session.scalars(
        select(Room)
        .where(Room.id != room.id, Room.purpose == room.purpose, Room.seats >= room.seats)
        .order_by(Room.seats, Room.name)
    )
    at_once = [
        Offer(other.id, other.name, wanted)
        for other in others
        if not any(taken.meets(wanted) for taken in busy(session, other.id, wanted))
    ]
    around = nearest_free(busy(session, room.id, wanted), wanted, now)
    return [*at_once[:3], *(Offer(room.id, room.name, span) for span in around)]


def busy(session: Session, room: UUID, around: Span) -> list[Span]:
    """Return the spans booked in a room within thirty days of a span."""
    window = Range(around.start - HORIZON - LONGEST, around.end + HORIZON + LONGEST)
    rows = session.scalars(
        select(Booking)
        .where(Booking.room == room, Booking.released_at.is_(None))
        .where(Booking.during.overlaps(window))
    )
    return [row.span for row in rows]


@action("venue.release", by=_BY)
def release(act: Act, *, booking: UUID) -> None:
    """Give a room back. Raises NotFound, WrongStage when given back, NotAllowed for another's."""
    found = act.session.get(Booking, booking, with_for_update=True)
    if found is None or found.project != act.project:
        raise NotFound("没有此预订 / no such booking", field="booking")
    act.require(
        found.released_at is None, WrongStage("已经退订 / given back already", field="booking")
    )
    act.require(
        act.actor.role is Role.CENTRE or found.booked_by == act.actor.org,
        NotAllowed("非预订单位 / another unit booked this", field="booking"),
    )
    found.released_at = act.now
    act.note(subject=str(found.id), purpose=found.purpose)


def bookings(session: Session, project: UUID) -> list[Booking]:
    """Return the project's bookings that stand, by time."""
    rows = session.scalars(
        select(Booking)
        .where(Booking.project == project, Booking.released_at.is_(None))
        .order_by(Booking.during)
    )
    return list(rows)


def openings_between(session: Session, start: datetime, end: datetime) -> list[tuple[Booking, str]]:
    """Return the opening sessions that meet a span, with their room's name, by time and room."""
    rows = session.execute(
        select(Booking, Room.name)
        .join(Room, Room.id == Booking.room)
        .where(Booking.purpose == Purpose.OPENING, Booking.released_at.is_(None))
        .where(Booking.during.overlaps(Range(start, end)))
        .order_by(Booking.during, Room.name)
    )
    return [(booking, name) for booking, name in rows]


def opening_room(session: Session, project: UUID) -> str | None:
    """Return the name of the room that a project's opening is booked in, the last one booked."""
    return session.scalar(
        select(Room.name)
        .join(Booking, Booking.room == Room.id)
        .where(Booking.project == project, Booking.released_at.is_(None))
        .where(Booking.purpose == Purpose.OPENING.value)
        .order_by(Booking.booked_at.desc())
        .limit(1)
    )
