"""What an address's query asks for wrongly: told to programs with the rule, to people in words."""

import html
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.webui.page.signed_in import person, problem, program
from trading import board

LONG = "步" * 101
OF_A_TRADE = "projects/{}/"
WRONG = [
    ("", "projects?stage=bad", "stage", "one of announced, bidding,"),
    ("", "projects?stage=filed", "stage", "one of announced, bidding,"),
    ("", f"projects?q={LONG}", "q", "at most 100 characters"),
    ("", "rooms?day=bad", "day", "a day, YYYY-MM-DD, 2000-01-03 to 2099-12-31"),
    ("", "rooms?day=2100-01-01", "day", "a day, YYYY-MM-DD, 2000-01-03 to 2099-12-31"),
    ("", "rooms?day=2026-02-30", "day", "a day, YYYY-MM-DD"),
    ("", f"{OF_A_TRADE}opening?page=0", "page", "a whole number from 1 to 1000"),
    ("", f"{OF_A_TRADE}frame?after=x", "after", "a whole number from 0 to"),
    ("", f"{OF_A_TRADE}frame?seen=-1", "seen", "a whole number from 0 to"),
    ("administrator", "people?role=king", "role", "one of tenderee, agency,"),
    ("administrator", "people?page=1001", "page", "a whole number from 1 to 1000"),
    ("administrator", "organisations?kind=king", "kind", "one of "),
    ("inspector", "efficiency?from=yesterday", "from", "a day, YYYY-MM-DD"),
]


@pytest.mark.parametrize(("account", "path", "field", "rule"), WRONG)
def test_a_program_is_told_which_word_breaks_which_rule(
    app: Flask, entry: board.Entry, account: str, path: str, field: str, rule: str
) -> None:
    asker = program(app, account) if account else app.test_client()
    answer = asker.get(f"/api/v1/{path.format(entry.code)}")
    assert answer.status_code == 400
    told = problem(answer)
    assert (told["field"], told["code"]) == (field, "bad_query")
    assert told["rule"].startswith(rule)
    assert len(told["detail"].split(" / ")) == 2
    assert "\ufffd" not in json.dumps(told)


@pytest.mark.parametrize("path", ["projects?stage=", "projects?q=", "rooms?day="])
def test_an_empty_word_asks_for_nothing(client: FlaskClient, path: str) -> None:
    bare = client.get(f"/api/v1/{path.partition('?')[0]}").get_json()
    assert client.get(f"/api/v1/{path}").get_json() == bare


SHOWN = [
    ("", "/?stage=bad<b>", "stage", "所处阶段：没有这一项", "Stage: there is no such one"),
    ("", "/?page=bad<b>", "page", "页码：应为 1 至 1000 的整数", "Page number: must be a whole"),
    ("", "/rooms?day=bad<b>", "day", "日期：应为日期，如 2026-04-14", "Day: must be a day like"),
    ("administrator", "/people?role=bad<b>", "role", "岗位：没有这一项", "Office: there is no"),
    ("administrator", "/people/organisations?kind=bad<b>", "kind", "种类：没有这一项", "Kind: "),
]


@pytest.mark.parametrize(("account", "path", "field", "zh", "en"), SHOWN)
def test_a_person_reads_it_above_the_list_that_is_shown_all_the_same(
    app: Flask, account: str, path: str, field: str, zh: str, en: str
) -> None:
    reader = person(app, account) if account else app.test_client()
    for lang, words in (("zh", zh), ("en", en)):
        told = reader.get(f"{path}&lang={lang}").text
        summary = re.search(r'<div class="summary" role="alert".*?</ul></div>', told, re.S)
        assert summary is not None
        assert words in html.unescape(summary[0])
        assert "<q>bad&lt;b&gt;</q>" in summary[0]
        assert "bad<b>" not in told
        if field != "page":
            assert f'href="#f-{field}"' in summary[0]
            assert f'id="f-{field}"' in told
            kept = re.search(rf'<(input|select) id="f-{field}"(?:.*?</select>|[^>]*>)', told, re.S)
            assert kept is not None
            assert 'aria-invalid="true"' in kept[0]
            assert "bad&lt;b&gt;" in kept[0]
        bare = reader.get(f"{path.partition('?')[0]}?lang={lang}").text
        assert 'class="summary"' not in bare
        assert bare.count("<tr ") == told.count("<tr ")


def test_too_long_a_search_goes_by_its_beginning_and_says_so(client: FlaskClient) -> None:
    told = client.get("/", query_string={"q": LONG}).text
    assert "最多 100 字，已按前 100 字查找" in told
    assert f'value="{LONG[:100]}"' in told


def test_efficiency_keeps_a_day_that_is_none(app: Flask) -> None:
    answer = person(app, "inspector").get("/efficiency?from=yesterday&to=2026-05-01")
    assert answer.status_code == 400
    assert '<input id="f-from" name="from" type="text" value="yesterday"' in answer.text
    assert '<input id="f-to" name="to" type="date" value="2026-05-01">' in answer.text
