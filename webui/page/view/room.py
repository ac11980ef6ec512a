"""`/rooms`: opening rooms by time, a day at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Blueprint, render_template, request

from monitor.law.workday import ONE_DAY, SHANGHAI, local_date
from trading import board
from trading.venue.booking import opening_rooms, openings_between
from webui.page.view import source

pages = Blueprint("room", __name__)
OPENS, SLOTS = time(8), 22
SLOT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Session:
    """An opening in a room: where it stands in the grid of half hours, from 1."""

    room: str
    start: datetime
    end: datetime
    entry: board.Entry | None
    slot: int
    width: int


@pages.get("/rooms")
def rooms() -> str:
    """Show the opening rooms of a day."""
    here = source()
    now = here.now
    chosen = day_asked(local_date(now))
    with here.platform.read() as session:
        names = [room.name for room in opening_rooms(session)]
        begin = datetime.combine(chosen, time(), SHANGHAI)
        held = openings_between(session, begin, begin + ONE_DAY)
        sessions = [
            _place(name, booking.span.start, booking.span.end, chosen,
                   board.entry(session, booking.project, now))
            for booking, name in held
        ]  # fmt: skip
    return render_template(
        "rooms.html", rooms=names, sessions=sessions, day=begin, now=now,
        today=local_date(now), before=chosen - ONE_DAY, after=chosen + ONE_DAY,
        hours=[f"{8 + hour:02d}:00" for hour in range(SLOTS // 2)],
    )  # fmt: skip


def day_asked(today: date) -> date:
    """Return the day that the reader asks for, else today."""
    try:
        asked = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return today
    return asked if date(2000, 1, 2) < asked < date(2100, 1, 1) else today


def _place(
    room: str, start: datetime, end: datetime, day: date, entry: board.Entry | None
) -> Session:
    opens = datetime.combine(day, OPENS, SHANGHAI)
    first = max(0, min(SLOTS - 1, (start - opens) // SLOT))
    last = max(first + 1, min(SLOTS, -((opens - end) // SLOT)))
    return Session(room, start, end, entry, first + 1, last - first)
