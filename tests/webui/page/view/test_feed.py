"""Feed and calendar as other programs read them."""

import http.client
import urllib.request
from urllib.parse import urlsplit
from xml.etree import ElementTree as Tree

from flask.testing import FlaskClient

from tests.served import Served
from trading import board
from webui.page.view.feed import ATOM, fold


def test_the_feed_is_atom_with_one_entry_a_notice(client: FlaskClient, entry: board.Entry) -> None:
    answer = client.get("/notices.atom")
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    feed = Tree.fromstring(answer.data)  # noqa: S314 - our own
    [item] = feed.findall(f"{{{ATOM}}}entry")
    assert item.findtext(f"{{{ATOM}}}title") == entry.title
    for name in ("id", "updated", "title"):
        assert feed.findtext(f"{{{ATOM}}}{name}")
        assert item.findtext(f"{{{ATOM}}}{name}")


def test_the_calendar_has_the_opening_in_utc_and_nothing_of_the_evaluation(
    client: FlaskClient, entry: board.Entry
) -> None:
    answer = client.get("/venues.ics")
    lines = answer.data.decode().split("\r\n")
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]
    assert all(len(line.encode()) <= 75 for line in lines)
    whole = answer.data.decode().replace("\r\n ", "")
    assert whole.count("BEGIN:VEVENT") == 1
    assert "DTSTART:20260414T013000Z" in whole
    assert f"SUMMARY:{entry.name}" in whole
    assert "评标" not in whole


def test_a_long_line_is_folded_between_characters() -> None:
    told = "SUMMARY:" + "滨" * 60
    pieces = list(fold(told))
    assert len(pieces) > 1
    assert all(len(piece.encode()) <= 77 for piece in pieces)
    assert "".join(pieces).replace("\r\n ", "").rstrip() == told


def test_a_name_that_another_points_at_this_machine_is_not_believed(served: Served) -> None:
    place = urlsplit(served.url)
    for path in ("/notices.atom", "/verify", "/demo/act-as"):
        connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
        connection.request("GET", path, headers={"Host": "evil.example"})
        answer = connection.getresponse()
        assert (answer.status, b"evil.example" in answer.read()) == (400, False), path
        connection.close()
    assert urllib.request.urlopen(f"{served.url}/notices.atom", timeout=30).status == 200  # noqa: S310
