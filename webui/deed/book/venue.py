"""Deeds of time and venue 时间场地安排 (rooms), and of deposit accounts, announced beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from monitor.law.workday import ONE_DAY
from monitor.refusal import Invalid
from trading.desk.room import held, rooms
from trading.fee.block import LARGEST, SMALLEST, announce, next_prefix
from trading.ledger import Rate
from trading.notice.progress import deadline_of
from trading.venue.booking import book, release
from trading.venue.room import Purpose, add_room
from trading.venue.slot import Span
from webui.deed.choice import Choice
from webui.deed.deed import Case, Caution, Deed, Values
from webui.deed.field import Moment, Text, Whole
from webui.deed.fill.choice import SECTION, names_of
from webui.deed.fill.paper import beijing
from webui.page.language import text

OPENING, REST, EVALUATION = timedelta(hours=2), timedelta(hours=4), timedelta(hours=3)
DEMAND_RATE, YEAR = "0.05", 360
PPM = 10_000
"""Millionths in a percent."""


def _wanted(case: Case) -> tuple[Purpose, Span]:
    """Return what is to be booked next: the opening at the deadline, then the evaluation."""
    with case.source.platform.read() as session:
        deadline = deadline_of(session, case.id) or case.now + ONE_DAY
        taken = {each.purpose for each in held(session, case.id)}
    if Purpose.OPENING in taken:
        begin = max(deadline + REST, case.now)
        return Purpose.EVALUATION, Span(begin, begin + EVALUATION)
    begin = max(deadline, case.now)
    return Purpose.OPENING, Span(begin, begin + OPENING)


def _rooms(case: Case) -> Iterable[tuple[str, str]]:
    purpose, span = _wanted(case)
    with case.source.platform.read() as session:
        found = sorted(rooms(session, span), key=lambda each: each.purpose is not purpose)
    if purpose is Purpose.OPENING:  # in sight of all: never where evaluations sit
        found = [each for each in found if each.purpose is purpose]
    for each in found:
        free = text("desk.free" if each.free else "desk.taken")
        use = text(f"choice.purpose.{each.purpose.value}")
        yield str(each.id), f"{each.name} · {use} · {text('desk.seats', seats=each.seats)} · {free}"


def _room(case: Case) -> str:
    purpose, span = _wanted(case)
    with case.source.platform.read() as session:
        free = (each for each in rooms(session, span) if each.purpose is purpose and each.free)
        return next((str(each.id) for each in free), "")


def _at(end: Callable[[Span], datetime]) -> Callable[[Case], datetime]:
    return lambda case: end(_wanted(case)[1])


def _brief(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        deadline, taken = deadline_of(session, case.id), held(session, case.id)
    if deadline is not None:
        yield "brief.deadline", deadline
    for each in taken:
        span = f"{beijing(each.span.start)}—{beijing(each.span.end)}"
        yield f"choice.purpose.{each.purpose.value}", f"{each.room}　{span}"


def _apart(case: Case, values: Values) -> Iterable[Caution]:
    """Point at an opening that is booked for another time than the deadline (招标投标法 34)."""
    with case.source.platform.read() as session:
        deadline = deadline_of(session, case.id)
        room = next((each for each in rooms(session) if each.id == values["room"]), None)
    if room is None or room.purpose is not Purpose.OPENING or deadline is None:
        return
    if not values["start"] <= deadline < values["end"]:
        at = beijing(deadline)
        yield Caution(
            "start",
            f"开标应与投标截止（{at}）同一时间 / the opening is at the deadline, {at}",
            "招标投标法 34",
        )


def _bookings(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        found = held(session, case.id)
    return [(str(each.booking), f"{each.room} {beijing(each.span.start)}") for each in found]


def _prefix(case: Case) -> str:
    with case.source.platform.read() as session:
        return next_prefix(session)


def _announced(_: Case, values: Values) -> Values:
    return {
        "section": values["section"],
        "prefix": values["prefix"],
        "size": values["size"],
        "rate": Rate(_ppm(values["rate_percent"]), values["year_days"], values["rate_source"]),
    }


def _ppm(told: str) -> int:
    """Read a rate in percent with at most four decimals, as millionths."""
    whole, _, part = told.partition(".")
    figures = f"{whole}{part}"
    if not (figures.isascii() and figures.isdecimal() and len(part) <= 4 and len(whole) <= 2):
        raise Invalid("rate_percent", "年利率以百分数计，如 0.05 / a rate in percent, as 0.05")
    return int(whole) * PPM + int(part.ljust(4, "0"))


DEEDS = (
    Deed(
        add_room,
        (
            Text("name", most=100, words="场地名称 / name of the room"),
            Choice("purpose", options=names_of("choice.purpose", Purpose), kind=Purpose),
            Whole("seats", least=1, greatest=5000),
            Text("camera", required=False, hint="hint.camera"),
        ),
        lambda _, values: {**values, "camera": values["camera"] or ""},
        whole=True,
        after=lambda _case, _result: "/rooms",
    ),
    Deed(
        book,
        (
            Choice("room", options=_rooms, kind=UUID, start=_room, hint="hint.room"),
            Moment("start", start=_at(lambda span: span.start), hint="hint.opening_time"),
            Moment("end", start=_at(lambda span: span.end)),
        ),
        brief=_brief,
        cautions=_apart,
    ),
    Deed(release, (Choice("booking", options=_bookings, kind=UUID),), brief=_brief),
    Deed(
        announce,
        (
            SECTION,
            Text("prefix", most=24, start=_prefix, hint="hint.prefix"),
            Whole(
                "size",
                least=SMALLEST,
                greatest=LARGEST,
                start=lambda _: 200,
                hint="hint.block_size",
            ),
            Text("rate_percent", most=8, start=lambda _: DEMAND_RATE, hint="hint.rate"),
            Whole("year_days", least=360, greatest=366, start=lambda _: YEAR),
            Text("rate_source", start=lambda _: "活期存款利率", hint="hint.rate_source"),
        ),
        _announced,
    ),
)
