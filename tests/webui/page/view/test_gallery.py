"""The opening hall for anybody: what is done, each with its record, and the bids once they are out."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from trading import board
from webui.course.gallery import steps

DEADLINE = datetime(2026, 4, 14, 1, tzinfo=UTC)


def done(minutes: int, **facts: Any) -> dict[str, Any]:
    at = (DEADLINE + timedelta(minutes=minutes)).isoformat()
    return {"record": str(UUID(int=minutes + 1)), "at": at, "facts": facts}


def told(**changed: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("close", "fail", "lapse", "unlock", "reveal", "end"))
    return {**nothing, "seals": [], "shares": [], **changed}


def test_the_present_step_is_the_first_that_is_not_done() -> None:
    before = steps(told(), 3, DEADLINE)
    assert [line.state for line in before] == ["now", *["todo"] * 6]
    assert before[0].at == DEADLINE
    answers = [done(n, kind="note") for n in (1, 2)]
    two = steps(told(close=done(0), shares=answers), 3, DEADLINE)
    assert [line.state for line in two] == ["done", "now", *["todo"] * 5]
    assert two[1].values == {"answers": 2, "needed": 3}
    three = steps(told(close=done(0), shares=[*answers, done(3, kind="note")]), 3, DEADLINE)
    assert (three[1].state, three[1].record) == ("done", UUID(int=4))


def test_who_all_released_needs_no_trustee_and_the_step_is_not_left_open() -> None:
    notes = [done(n, kind="note") for n in (1, 2, 3)]
    found = steps(told(close=done(0), shares=notes, lapse=done(9), unlock=done(10)), 3, DEADLINE)
    assert [line.key for line in found if line.state == "done"] == [
        "close", "names", "seals_lapsed", "shares", "unlock",
    ]  # fmt: skip
    assert found[5].state == "now"


def test_too_few_bids_end_it() -> None:
    found = steps(told(close=done(0), fail=done(1)), 3, DEADLINE)
    assert [(line.key, line.state) for line in found] == [("close", "done"), ("fail", "done")]


def test_anybody_watches_an_opening_and_reads_what_was_read_out(
    client: FlaskClient, entry: board.Entry
) -> None:
    page = html.unescape(client.get(f"/project/{entry.code}/opening").text)
    table = page[page.index('id="bids"') :].partition("</section>")[0]
    assert table.count("<tr") == 7
    assert "12,050,000.00" in table
    line = page[page.index('id="steps"') :].partition("</section>")[0]
    assert line.count('<li class="done"') == 6
    assert "aria-current" not in line, "the trade went on long ago"
    assert len(re.findall(r'href="/record/[0-9a-f-]{36}"', line)) == 6
    assert "12/12" in page
    assert f'href="/project/{entry.code}/opening"' in html.unescape(
        client.get(f"/project/{entry.code}").text
    )


@pytest.mark.parametrize("section", ["nothing", str(UUID(int=7))])
def test_a_section_that_is_none_of_the_trade_is_not_there(
    client: FlaskClient, entry: board.Entry, section: str
) -> None:
    assert client.get(f"/project/{entry.code}/opening?section={section}").status_code == 404
    assert client.get("/project/nothing/opening").status_code == 404
