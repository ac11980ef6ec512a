"""`/rooms`: opening rooms by time, a day at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, render_template

from monitor.law.workday import ONE_DAY, SHANGHAI, local_date
from trading import board
from trading.notice.moment import last_at
from trading.registration.stage import Stage
from trading.venue.booking import openings_between
from trading.venue.room import opening_rooms
from trading.venue.slot import Span
from webui.page.query import Query
from webui.page.view import source

pages = Blueprint("room", __name__)
OPENS, SLOTS = time(8), 48
SLOT = timedelta(minutes=15)
OFF = frozenset({Stage.FAILED, Stage.TERMINATED})
STATES = ("booked", "running", "over", "hold", "off")
"""What a session is: told by words and by pattern, not by colour alone."""


@dataclass(frozen=True, slots=True)
class Session:
    """An opening in a room: where it stands in the grid of quarter hours, from 0."""

    room: str
    start: datetime
    end: datetime
    entry: board.Entry | None
    state: str
    slot: int
    width: int


@pages.get("/rooms")
def rooms() -> str:
    """Show the opening rooms of a day."""
    here, query = source(), Query()
    now = here.now
    today = local_date(now)
    chosen = query.day("day", today)
    begin = datetime.combine(chosen, time(), SHANGHAI)
    with here.platform.read() as session:
        found = [(room.name, room.seats) for room in opening_rooms(session)]
        held = openings_between(session, begin, begin + ONE_DAY)
        coming = board.next_opening(session, now)
        sessions = [
            _place(name, booking.span, chosen, entry, state(entry, left, now))
            for booking, name in held
            for entry in [board.entry(session, booking.project, now)]
            for left in [_left(booking.span, last_at(session, booking.project, "opening.end"))]
        ]
    return render_template(
        "public/rooms.html", rooms=found, sessions=sessions, day=begin, now=now, today=today,
        before=chosen - ONE_DAY, after=chosen + ONE_DAY, states=STATES, coming=coming,
        hours=[(4 * hour, f"{8 + hour:02d}:00") for hour in range(SLOTS // 4)],
        mark=_slot(now, chosen) if chosen == today else None, query=query,
    )  # fmt: skip


def state(entry: board.Entry | None, span: Span, now: datetime) -> str:
    """Return what a session is at a moment, one of STATES."""
    stage = entry.stage if entry else None
    if stage in OFF and now < span.end:
        return "off"
    if stage is Stage.SUSPENDED and now < span.end:
        return "hold"
    if now < span.start:
        return "booked"
    return "running" if now < span.end else "over"


def _left(span: Span, ended: datetime | None) -> Span:
    """Return the time that an opening took of its room: it may be declared ended before."""
    return Span(span.start, ended) if ended and span.start < ended < span.end else span


def _place(room: str, span: Span, day: date, entry: board.Entry | None, told: str) -> Session:
    first, last = _slot(span.start, day), _slot(span.end - timedelta(microseconds=1), day)
    return Session(room, span.start, span.end, entry, told, first, last - first + 1)


def _slot(moment: datetime, day: date) -> int:
    """Return the quarter hour of a day that a moment lies in, the first or last outside of it."""
    return max(0, min(SLOTS - 1, (moment - datetime.combine(day, OPENS, SHANGHAI)) // SLOT))
