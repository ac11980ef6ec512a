"""The desk and its neighbours say whose a thing is, by when it is owed, and which record shows it."""

import html
import re

import pytest
from flask import Flask

from tests.webui.page.signed_in import person
from trading import board

ROW = re.compile(r'<p class="name">(《招标投标法实施条例》第 57 条.*?)</p>')


def desk(app: Flask, entry: board.Entry, account: str = "owner") -> str:
    return person(app, account).get(f"/desk/{entry.project}").text


@pytest.fixture
def entry(app: Flask) -> board.Entry:
    source = app.extensions["batong"]
    with source.platform.read() as session:
        return next(board.search(session, source.now))


def test_duties_under_one_article_are_told_apart_by_whose_they_are(
    app: Flask, entry: board.Entry
) -> None:
    rows = ROW.findall(desk(app, entry))
    assert len(rows) > 4
    assert len(set(rows)) == len(rows)
    assert any("演示庚建筑有限公司" in row for row in rows)


def test_the_centre_counts_them_and_is_told_no_payer(app: Flask, entry: board.Entry) -> None:
    rows = ROW.findall(desk(app, entry, "clerk"))
    assert len(set(rows)) == len(rows) > 4
    assert not any("公司" in row for row in rows)


def test_a_duty_says_by_when(app: Flask, entry: board.Entry) -> None:
    assert "须于 2026-05-01 00:00 前" in desk(app, entry)


def test_who_was_not_at_the_opening_is_never_named_and_the_page_says_so(
    app: Flask, entry: board.Entry
) -> None:
    page = person(app, "cashier").get(f"/finance/{entry.code}").text
    assert "演示己工程有限公司" not in page, "its bid was withdrawn"
    assert "身份尚未揭示" not in page
    assert page.count("未参加开标，身份不揭示") == 3
    assert "250,000.00 元" in person(app, "cashier").get("/finance").text


def test_a_trade_on_the_list_of_tasks_is_a_link(app: Flask) -> None:
    page = person(app, "owner").get("/tasks").text
    assert re.search(r'<h2 id="t1"><a href="/project/[0-9a-f-]{36}">示例市第二小学', page)


def test_a_card_of_acts_that_were_refused_says_that_they_took_no_effect(app: Flask) -> None:
    cards = html.unescape(person(app, "inspector").get("/cards").text).split(
        '<section class="card"'
    )
    [clash] = [card for card in cards if "场地预订冲突" in card]
    assert "已被拒绝，未生效" in clash
    [late] = [card for card in cards if "投标保证金逾期未退" in card]
    assert "已被拒绝" not in late
