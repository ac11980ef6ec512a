"""The live record: rows arrive, each checked in the page; a lie is told as one; losses are filled."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from monitor.role import SYSTEM
from tests.browser.conftest import Addresses, Opened
from trading import board
from trading.notice.notice import carry, current_notice
from webui.house import House

CHECKED = "[data-checked]:not([hidden])"


def compare_medium(house: House, addresses: Addresses) -> None:
    """Do something public in the trade: a medium is compared with the notice."""
    with house.platform.read() as session:
        project = board.find(session, addresses.code)
        assert project is not None
        notice = current_notice(session, project)
        assert notice is not None
    house.platform.perform(
        carry, SYSTEM, project, notice=notice.id, medium="centre", digest=notice.digest
    )


def rows(page: Page) -> int:
    return page.locator("[data-log] > li").count()


def test_every_row_is_checked_in_the_page(open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.all["project"])
    page.wait_for_selector(CHECKED + ".good")
    expect(page.locator("[data-log] > li:not([data-checked=yes])")).to_have_count(0)
    assert rows(page) > 60
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")


def test_a_new_row_arrives_on_top_checked_and_is_spoken(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.all["project"] + "?lang=en")
    page.wait_for_selector(CHECKED + ".good")
    before = rows(page)
    compare_medium(house, addresses)
    first = page.locator("[data-log] > li").first
    expect(page.locator("[data-log] > li")).not_to_have_count(before, timeout=15000)
    expect(first).to_contain_text("Medium compared")
    expect(first).to_have_attribute("data-checked", "yes")
    expect(page.locator("[data-say]")).to_contain_text("Medium compared")
    expect(page.locator("[data-count]")).not_to_contain_text(f"{before} ")


def test_what_was_missed_while_away_is_filled_in(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.all["project"])
    page.wait_for_selector(CHECKED + ".good")
    before = rows(page)
    page.context.set_offline(True)
    compare_medium(house, addresses)
    page.wait_for_timeout(1500)
    page.context.set_offline(False)
    expect(page.locator("[data-log] > li")).not_to_have_count(before, timeout=40000)
    expect(page.locator("[data-log] > li:not([data-checked=yes])")).to_have_count(0)
    assert rows(page) > before


def test_a_server_that_answers_503_is_asked_again(open_page: Opened, addresses: Addresses) -> None:
    asked = []

    def refuse_twice(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) <= 2:
            route.fulfill(status=503, body="")
        else:
            route.continue_()

    page = open_page("about:blank")
    page.route("**/live/events**", refuse_twice)
    page.goto(addresses.all["project"])
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live", timeout=20000)
    assert len(asked) >= 3


LIES = {
    "body": lambda frame: frame["openings"][5].update(body=frame["openings"][4]["body"]),
    "salt": lambda frame: frame["openings"][5].update(salt="00" * 32),
    "index": lambda frame: frame["openings"][5].update(index=frame["openings"][5]["index"] + 1),
    "path": lambda frame: frame["openings"][5]["path"].reverse(),
    "root": lambda frame: frame.update(checkpoint=_other_root(frame["checkpoint"])),
    "size": lambda frame: frame.update(to=frame["to"] + 1),
}


def _other_root(note: str) -> str:
    lines = note.split("\n")
    lines[2] = "A" * 43 + "="
    return "\n".join(lines)


@pytest.mark.parametrize("lie", LIES)
def test_a_row_that_the_log_does_not_hold_is_told(
    open_page: Opened, addresses: Addresses, lie: str
) -> None:
    def bend(route: Route) -> None:
        answer = route.fetch()
        frame: dict[str, Any] = answer.json()
        LIES[lie](frame)
        route.fulfill(response=answer, body=json.dumps(frame))

    page = open_page("about:blank")
    page.route("**/frame?after=0", bend)
    page.goto(addresses.all["project"])
    page.wait_for_selector(CHECKED + ".bad")
    expect(page.locator("[data-checked]").first).to_contain_text("有记录与日志不符")


def test_a_log_signed_by_another_key_is_told(open_page: Opened, addresses: Addresses) -> None:
    def other_key(route: Route) -> None:
        answer = route.fetch()
        old = 'name="log-key" content="'
        at = answer.text().index(old) + len(old)
        told = answer.text()
        end = told.index('"', at)
        swapped = (
            told[: end - 6]
            + ("AAAAAA" if told[end - 6 : end] != "AAAAAA" else "BBBBBB")
            + told[end:]
        )
        route.fulfill(response=answer, body=swapped)

    page = open_page("about:blank")
    page.route(addresses.all["project"], other_key)
    page.goto(addresses.all["project"])
    expect(page.locator(CHECKED + ".bad").first).to_be_visible()
    expect(page.locator(CHECKED + ".good")).to_have_count(0)


def test_one_records_page_checks_itself(open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.all["record"])
    expect(page.locator(CHECKED + ".good").first).to_be_visible()
    expect(page.locator(CHECKED + ".bad")).to_have_count(0)
