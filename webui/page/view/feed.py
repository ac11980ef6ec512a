"""`/notices.atom` (RFC 4287) and `/venues.ics` (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from xml.etree import ElementTree as Tree

from flask import Blueprint, Response, request

from monitor.law.workday import ONE_DAY
from trading import board
from trading.venue.booking import Booking, openings_between
from webui.page.language import text
from webui.page.view import source

pages = Blueprint("feed", __name__)
ATOM = "http://www.w3.org/2005/Atom"
NEWEST = 50
BACK, AHEAD = 90, 180  # days of the calendar


@pages.get("/notices.atom")
def atom() -> Response:
    """Return the newest notices as a feed."""
    here = source()
    now = here.now
    with here.platform.read() as session:
        entries = list(islice(board.search(session, now), NEWEST))
    updated = max([entry.published for entry in entries], default=now)
    root = Tree.Element("feed", xmlns=ATOM)
    for name, value in (
        ("id", f"{request.url_root}notices.atom"),
        ("title", text("site.name")),
        ("updated", updated.isoformat()),
    ):
        Tree.SubElement(root, name).text = value
    Tree.SubElement(root, "link", rel="self", href=f"{request.url_root}notices.atom")
    for entry in entries:
        _add(root, entry)
    data = Tree.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(data, content_type="application/atom+xml; charset=utf-8")


def _add(root: Tree.Element, entry: board.Entry) -> None:
    item = Tree.SubElement(root, "entry")
    Tree.SubElement(item, "id").text = f"urn:uuid:{entry.project}"
    Tree.SubElement(item, "title").text = entry.title
    Tree.SubElement(item, "updated").text = entry.published.isoformat()
    Tree.SubElement(Tree.SubElement(item, "author"), "name").text = text("site.name")
    Tree.SubElement(item, "link", href=f"{request.url_root}project/{entry.project}")
    Tree.SubElement(item, "summary").text = text(f"stage.{entry.stage.value}")


@pages.get("/venues.ics")
def calendar() -> Response:
    """Return the opening sessions as a calendar."""
    here = source()
    now = here.now
    with here.platform.read() as session:
        held = openings_between(session, now - BACK * ONE_DAY, now + AHEAD * ONE_DAY)
        entries = [(row, room, board.entry(session, row.project, now)) for row, room in held]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Batong//venues//ZH", "CALSCALE:GREGORIAN"]
    for row, room, entry in entries:
        lines += _event(row, room, entry, now)
    data = "".join(folded for line in [*lines, "END:VCALENDAR"] for folded in fold(line))
    return Response(data, content_type="text/calendar; charset=utf-8")


def _event(row: Booking, room: str, entry: board.Entry | None, now: datetime) -> list[str]:
    title = entry.name if entry else text("rooms.opening")
    return [
        "BEGIN:VEVENT",
        f"UID:{row.id}@batong",
        f"DTSTAMP:{_utc(now)}",
        f"DTSTART:{_utc(row.span.start)}",
        f"DTEND:{_utc(row.span.end)}",
        f"SUMMARY:{_escaped(title)}",
        f"LOCATION:{_escaped(room)}",
        f"URL:{request.url_root}project/{row.project}",
        "END:VEVENT",
    ]


def fold(line: str) -> Iterator[str]:
    """Give a content line in pieces of at most 75 octets, the later ones after a space."""
    piece, room = "", 75
    for character in line:
        if len((piece + character).encode()) > room:
            yield f"{piece}\r\n"
            piece = " "
        piece += character
    yield f"{piece}\r\n"


def _escaped(value: str) -> str:
    for mark in "\\;,":
        value = value.replace(mark, f"\\{mark}")
    return value.replace("\n", "\\n")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
