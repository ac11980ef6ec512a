"""What the pages say, to anybody, without script; and what they never say."""

import hashlib
import html
import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitor.record.disclosure import Audience, Disclosed, Viewer, timeline
from trading import board
from trading.money import format_yuan
from webui.page.source import Source
from webui.page.view.room import rooms

NOBODYS = "7d137237-793b-4013-9a5e-6e34e6880278"


def page(client: FlaskClient, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    return html.unescape(answer.text)


def test_the_front_page_lists_the_trade_by_name_code_and_stage(
    client: FlaskClient, entry: board.Entry
) -> None:
    for query in ("", f"?q={entry.name[2:6]}", f"?q={entry.code[-6:]}", "?stage=archived"):
        assert f"/project/{entry.code}" in page(client, f"/{query}"), query


def test_a_search_without_a_match_says_so_and_keeps_what_was_typed(client: FlaskClient) -> None:
    told = page(client, "/?q=%25<b>&stage=bidding")
    assert "没有符合条件的公告" in told
    assert 'value="%<b>"' in told
    assert '<option value="bidding" selected>' in told


@pytest.mark.parametrize(
    "query", ["?q=%00", "?page=0", "?page=-1", "?page=x", "?page=٣", "?stage=filed"]
)
def test_a_page_number_or_stage_that_is_none_shows_the_first_page(
    client: FlaskClient, entry: board.Entry, query: str
) -> None:
    assert entry.name in page(client, f"/{query}")


def test_the_day_of_the_deadline_lists_it_as_todays_opening(
    source: Source, entry: board.Entry
) -> None:
    with source.platform.read() as session:
        assert board.openings_between(
            session, entry.deadline, entry.deadline, entry.deadline.replace(hour=23)
        ) == [board.entry(session, entry.project, entry.deadline)]
        assert board.next_opening(session, source.now) is None
        before = board.next_opening(session, entry.published)
    assert before is not None
    assert before.project == entry.project


def test_the_project_page_shows_every_record_a_visitor_may_see_and_no_other(
    client: FlaskClient, source: Source, entry: board.Entry, records: list[Disclosed]
) -> None:
    told = page(client, f"/project/{entry.code}?record=all")
    shown = re.findall(r'<li id="r([0-9a-f-]{36})"', told)
    assert shown == [str(each.record_id) for each in reversed(records)]
    with source.platform.read() as session:
        inside = timeline(session, entry.project, Viewer(Audience.DISCIPLINE))
    hidden = [each for each in inside if each not in records]
    assert hidden
    assert not [each for each in hidden if str(each.record_id) in told]


def test_id_and_code_lead_to_the_same_page(client: FlaskClient, entry: board.Entry) -> None:
    by_id, by_code = (page(client, f"/project/{name}") for name in (entry.project, entry.code))
    assert by_id[by_id.index("<main") :] == by_code[by_code.index("<main") :]


def test_the_bids_stand_as_the_opening_record_has_them_in_figures_and_capitals(
    client: FlaskClient, entry: board.Entry, records: list[Disclosed]
) -> None:
    told = page(client, f"/project/{entry.code}")
    [revealed] = [each.facts for each in records if each.facts["action"] == "opening.reveal"]
    section = revealed["facts"]["section"]
    document = client.get(f"/project/{entry.project}/opening-record/{section}").data
    assert hashlib.sha256(document).hexdigest() == revealed["facts"]["record"]
    bids = [bid for bid in json.loads(document)["bids"] if "price_fen" in bid]
    assert len(bids) >= 3
    begin = told.index('aria-labelledby="offers"')
    table = told[begin : told.index("</table>", begin)]
    for bid in bids:
        assert format_yuan(int(bid["price_fen"])) in table
        assert bid["price_words"] in table
        assert bid["name"] in table
    assert client.get(f"/project/{entry.project}/opening-record/{NOBODYS}").status_code == 404
    assert client.get(f"/project/{NOBODYS}/opening-record/{section}").status_code == 404


def test_a_record_is_checked_from_what_its_page_gives(
    client: FlaskClient, records: list[Disclosed], source: Source
) -> None:
    from monitor.log.commitment import commit
    from monitor.log.proof import LogProof

    one = records[len(records) // 2]
    told = page(client, f"/record/{one.record_id}")
    assert one.commitment.hex() in told
    assert one.salt.hex() in told
    assert one.body.decode() in told
    body = client.get(f"/record/{one.record_id}.body").data
    proof = LogProof.parse(client.get(f"/record/{one.record_id}.tlog-proof").text)
    assert proof.extra == one.salt + body
    proof.verify(commit(one.salt, body), source.keys.policy)


def test_a_hidden_record_answers_as_one_that_never_was(
    client: FlaskClient, source: Source, entry: board.Entry, records: list[Disclosed]
) -> None:
    with source.platform.read() as session:
        inside = timeline(session, entry.project, Viewer(Audience.DISCIPLINE))
    hidden = next(each for each in inside if each not in records)
    for ending in ("", ".body", ".tlog-proof"):
        answers = [client.get(f"/record/{name}{ending}") for name in (hidden.record_id, NOBODYS)]
        assert [answer.status_code for answer in answers] == [404, 404]
        pages = [re.sub(r"<code>[0-9a-f]{10}</code>", "", answer.text) for answer in answers]
        assert pages[0].replace(str(hidden.record_id), "") == pages[1]
    assert client.get(f"/api/v1/records/{hidden.record_id}").status_code == 404


def test_opening_rooms_stand_in_the_grid_and_evaluation_rooms_nowhere(
    client: FlaskClient, entry: board.Entry
) -> None:
    told = page(client, "/rooms?day=2026-04-14")
    assert entry.name in told
    assert '<li class="s6 w8 over">' in told  # 09:30 to 11:30 from 08:00 by quarter hours
    assert "开标一室" in told
    for elsewhere in ("评标场地不公开", "申请加入评标专家库"):
        told = told.replace(elsewhere, "")
    assert "评标" not in told


@pytest.mark.parametrize(
    "day", ["", "2026-02-30", "9999-12-31", "0001-01-01", "x", "２０２６-04-14"]
)
def test_a_day_that_is_none_shows_today(client: FlaskClient, day: str) -> None:
    assert "2026 年 5 月 15 日" in page(client, f"/rooms?day={day}")
    assert rooms.__name__ == "rooms"


@pytest.mark.parametrize(
    "address",
    ["/nothing", "/project/nobody", "/project/" + NOBODYS, "/record/1", "/project/%00", "/static/base.css"],
)  # fmt: skip
def test_an_unknown_address_is_told_in_both_languages_with_a_reference(
    client: FlaskClient, address: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "没有这一页" in answer.text
    assert "There is no such page" in answer.text
    assert answer.headers["X-Reference"] in answer.text
    assert "Traceback" not in answer.text


def test_a_fault_shows_no_trace_and_is_found_in_the_log_by_its_reference(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the password is hunter2")

    monkeypatch.setattr(board, "search", broken)
    answer = app.test_client().get("/")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert answer.headers["X-Reference"] in caplog.text
    assert "hunter2" in caplog.text
    problem = app.test_client().get("/api/v1/projects")
    assert problem.mimetype == "application/problem+json"
    assert "hunter2" not in problem.text
    assert json.loads(problem.text)["status"] == 500


def test_a_database_that_is_away_is_told_as_such(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webui.page.answer import trouble

    def broken(*_: object) -> None:
        raise RuntimeError("gone")

    nobody: Callable[[str], bool] = lambda _url: False  # noqa: E731
    monkeypatch.setattr(board, "search", broken)
    monkeypatch.setattr(trouble, "answers", nobody)
    answer = app.test_client().get("/")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "系统正在恢复" in answer.text


@pytest.mark.parametrize("address", ["/", "/rooms", "/verify", "/project/x", "/api/v1/projects"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_here_takes_anything_but_reading(
    client: FlaskClient, address: str, method: str
) -> None:
    assert client.open(address, method=method, data=b"x" * 100).status_code in {404, 405}
