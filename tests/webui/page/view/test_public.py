"""The public pages' finer points: conditions, documents, rooms, ways on, words of rules."""

import hashlib
import html
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitor.law.rule import load as load_rules
from monitor.record.disclosure import Audience, Disclosed, Viewer, timeline
from monitor.role import SYSTEM
from tests.stories.demo.run import play_once
from tests.webui.page.signed_in import person
from trading import board
from trading.archive.holding import trade_documents
from trading.paper.keeping import BAG, File, keep_file
from trading.registration.stage import Stage
from trading.venue.slot import Span
from webui.page import show
from webui.page.source import Source
from webui.page.view import trade
from webui.page.view.room import STATES, state

NOBODYS = "7d137237-793b-4013-9a5e-6e34e6880278"


@pytest.fixture(scope="session")
def play(shared: Path) -> Path:
    """What the one demo run of these tests has left: of the very trade that is served."""
    return play_once(shared).out


def test_each_condition_of_a_search_can_be_dropped_alone(client: FlaskClient) -> None:
    told = html.unescape(client.get("/?q=步道&stage=archived").text)
    chips = told[told.index('class="chips"') :]
    links = re.findall(r'<a href="([^"]+)"', chips[: chips.index("</p>")])
    assert links == ["/?stage=archived", "/?q=%E6%AD%A5%E9%81%93"]
    assert 'class="chips"' not in client.get("/").text


def test_what_the_documents_list_offers_is_what_its_digest_says(
    client: FlaskClient, entry: board.Entry
) -> None:
    told = client.get(f"/project/{entry.code}").text
    offered = re.findall(rf'href="(/project/{entry.project}/document/([0-9a-f]{{64}}))"', told)
    assert len(offered) >= 4
    for href, digest in offered:
        answer = client.get(href)
        assert answer.status_code == 200
        assert hashlib.sha256(answer.data).hexdigest() == digest
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get(f"/project/{NOBODYS}/document/{offered[0][1]}").status_code == 404


def test_the_public_bag_is_offered_once_it_is_kept_and_the_other_never(
    client: FlaskClient, source: Source, entry: board.Entry, play: Path
) -> None:
    bags = {name: (play / name).read_bytes() for name in ("public.zip", "archive.zip")}
    where = {
        name: f"/project/{entry.project}/document/{hashlib.sha256(bag).hexdigest()}"
        for name, bag in bags.items()
    }
    assert where["public.zip"] not in client.get(f"/project/{entry.code}").text
    for name, bag in bags.items():
        made = File(BAG, name, "归档包 / archive bag", bag)
        keep_file(source.platform, source.store, SYSTEM, entry.project, made)
    page = client.get(f"/project/{entry.code}").text
    assert where["public.zip"] in page
    assert where["archive.zip"] not in page
    assert client.get(where["public.zip"]).data == bags["public.zip"]
    assert client.get(where["archive.zip"]).status_code == 404


def test_a_letter_or_an_objection_is_no_public_document(
    client: FlaskClient, source: Source, entry: board.Entry
) -> None:
    with source.platform.read() as session:
        kept = trade_documents(session, entry.project)
    private = [each for each in kept if each.kind in {"letter", "remedy", "ledger"}]
    assert len(private) > 5
    for each in private:
        assert client.get(f"/project/{entry.project}/document/{each.sha256}").status_code == 404


def test_the_number_of_a_record_leads_to_its_page_and_a_hidden_one_nowhere(
    client: FlaskClient, source: Source, entry: board.Entry, records: list[Disclosed]
) -> None:
    answer = client.get(f"/verify?record=%20{records[4].record_id}%20")
    assert (answer.status_code, answer.location) == (303, f"/record/{records[4].record_id}")
    with source.platform.read() as session:
        inside = timeline(session, entry.project, Viewer(Audience.DISCIPLINE))
    hidden = next(each for each in inside if each not in records)
    for told in (str(hidden.record_id), NOBODYS, "nothing", "<b>"):
        answer = client.get("/verify", query_string={"record": told})
        assert answer.status_code == 200
        assert "没有这条记录，或尚未公开" in answer.text
        assert f'value="{html.escape(told)}"' in answer.text


def test_a_sessions_state_is_a_fact_of_its_time_and_its_trade(entry: board.Entry) -> None:
    span = Span(entry.deadline, entry.deadline + timedelta(hours=2))
    before, during, after = (
        span.start - timedelta(hours=1), span.start, span.end,
    )  # fmt: skip
    open_, failed, held = (
        replace(entry, stage=each) for each in (Stage.BIDDING, Stage.FAILED, Stage.SUSPENDED)
    )
    told = [
        state(open_, span, before), state(open_, span, during), state(open_, span, after),
        state(held, span, during), state(failed, span, before),
    ]  # fmt: skip
    assert tuple(told) == STATES
    assert state(failed, span, after) == state(None, span, after) == "over"
    assert state(None, span, before) == "booked"


@pytest.mark.parametrize(
    ("account", "way"),
    [("clerk", "/desk/"), ("newcomer", "/bid/"), ("cashier", "/finance/"), ("trustee-1", None)],
)
def test_a_trades_page_leads_each_role_on(
    app: Flask, entry: board.Entry, account: str, way: str | None
) -> None:
    told = person(app, account).get(f"/project/{entry.code}").text
    ways = [each for each in ("/desk/", "/bid/", "/finance/") if f'href="{each}' in told]
    assert ways == ([way] if way else [])


@pytest.mark.parametrize(
    ("account", "page"),
    [("", "/project/{}"), ("clerk", "/project/{}"), ("clerk", "/desk/{}"),
     ("clerk", "/desk/{}/opening")],
)  # fmt: skip
def test_the_record_stands_beside_each_page_of_a_trade_and_can_follow_the_log(
    app: Flask, entry: board.Entry, records: list[Disclosed], account: str, page: str
) -> None:
    reader = person(app, account) if account else app.test_client()
    told = reader.get(f"{page.format(entry.project)}?record=all").text
    shown = set(re.findall(r'<li id="r([0-9a-f-]{36})"', told))
    assert {str(row.record_id) for row in records} <= shown
    body = told[told.index("<body") :].partition(">")[0]
    assert f'data-project="{entry.project}"' in body
    assert (" data-own" in body) == bool(account)
    assert told.count("<template data-row>") == 1


def test_a_long_record_shows_its_newest_rows_and_all_of_them_where_asked(
    app: Flask, entry: board.Entry, records: list[Disclosed], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trade, "LATELY", 5)
    reader, newest = app.test_client(), records[-5:]
    told = reader.get(f"/project/{entry.code}").text
    shown = re.findall(r'<li id="r([0-9a-f-]{36})"', told)
    assert shown == [str(each.record_id) for each in reversed(newest)]
    leaves = [each.index for each in newest if each.index is not None]
    assert f' data-after="{min(leaves)}"' in told
    assert "最新的 5 条" in told
    assert f'<a href="?record=all#timeline">查看全部 {len(records)} 条</a>' in told
    whole = reader.get(f"/project/{entry.code}?record=all").text
    assert len(re.findall(r'<li id="r[0-9a-f-]{36}"', whole)) == len(records)
    assert " data-after=" not in whole
    assert "?record=all" not in whole[whole.index("<main") :]


def test_a_change_of_language_keeps_what_was_searched_for(client: FlaskClient) -> None:
    told = html.unescape(client.get("/?q=步道&stage=archived").text)
    assert 'href="?q=%E6%AD%A5%E9%81%93&stage=archived&lang=en"' in told


def test_rules_are_named_by_law_and_article(app: Flask) -> None:
    with app.test_request_context("/?lang=en"):
        app.preprocess_request()
        assert show.said("保证金超过 2% / deposit above 2 %") == "deposit above 2 %"
        assert show.said("only one half") == "only one half"
        law = "最早 8 时（招标投标法 24）：须满 / not before 8:00 Beijing time (招标投标法 24): 20 days"
        assert show.said(law) == "not before 8:00 Beijing time: 20 days"
        assert show.basis("works.bid_preparation") == "Tendering Law art. 24"
        assert show.basis("电子招标投标办法 16、23") == "Electronic Tendering Measures art. 16, 23"
        told = {each.id: str(show.basis(each.id)) for each in load_rules()}
        assert [name for name, law in told.items() if not law.isascii()] == []
    with app.test_request_context("/"):
        app.preprocess_request()
        assert show.said("保证金超过 2% / deposit above 2 %") == "保证金超过 2%"
        assert show.basis("招标投标法实施条例 26") == "《招标投标法实施条例》第 26 条"
        assert show.basis("电子招标投标办法 16、23") == "《电子招标投标办法》第 16、23 条"
        assert show.basis("works.bid_preparation") == "《招标投标法》第 24 条"
        assert show.basis("GB 32100-2015") == "GB 32100-2015"
        assert show.basis("account.sign_in") == "平台规则 account.sign_in"


def test_time_left_is_told_in_its_two_largest_units(app: Flask, entry: board.Entry) -> None:
    now = entry.deadline
    with app.test_request_context("/"):
        app.preprocess_request()
        spans = [
            show.span(now + timedelta(days=3, hours=4, minutes=5), now),
            show.span(now + timedelta(hours=4, minutes=5), now),
            show.span(now + timedelta(seconds=20), now),
        ]
        assert spans == ["3 天 4 小时", "4 小时 5 分钟", "1 分钟"]
        assert show.ticking(now + timedelta(days=1, seconds=61), now) == "1 天 1 分钟"
        assert show.ticking(now + timedelta(seconds=61), now) == "00:01:01"
