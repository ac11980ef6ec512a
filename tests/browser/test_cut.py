"""A line that breaks under a real browser: 0 gaps, 0 doubles; a log that shrank is told."""

import json
import urllib.request
from dataclasses import replace
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Addresses, Opened
from tests.browser.relay import a_relay
from tests.browser.test_live import CHECKED, compare_medium
from webui.house import House

LIVE = "[data-live][data-state=live]"
SHORT, LONG = (0.7, 1.5), (3.0, 6.0)
"""Seconds of refused connections, then of 503."""


def shown(page: Page) -> list[int]:
    """The leaves of the rows that stand in the page, as they stand."""
    found: list[int] = page.evaluate(
        "() => [...document.querySelectorAll('[data-log] > li')].map(e => Number(e.dataset.index))"
    )
    return found


def held(addresses: Addresses) -> list[int]:
    """The leaves of the trade that a visitor may see now, by the platform's own answer."""
    with urllib.request.urlopen(  # noqa: S310 - our own address
        f"{addresses.url}/api/v1/projects/{addresses.project}/frame?after=0"
    ) as answer:
        return [each["index"] for each in json.loads(answer.read())["openings"]]


def test_refused_connections_then_503_leave_no_gap_and_no_double(
    open_page: Opened, addresses: Addresses, house: House, campaign: bool
) -> None:
    refused, away = LONG if campaign else SHORT
    place = urlsplit(addresses.url)
    with a_relay(str(place.hostname), int(place.port or 80)) as relay:
        page = open_page(replace(addresses, url=f"http://127.0.0.1:{relay.port}").of("project"))
        page.wait_for_selector(CHECKED + ".good")
        before = len(shown(page))
        relay.cut()
        expect(page.locator("[data-live]")).to_have_attribute("data-state", "retry")
        compare_medium(house, addresses)
        page.wait_for_timeout(refused * 1000)
        relay.away = True
        relay.listen()
        compare_medium(house, addresses)
        page.wait_for_timeout(away * 1000)
        assert relay.refused > 0, "the page asked, and was answered 503"
        relay.away = False
        compare_medium(house, addresses)
        # The scheduler may act meanwhile too: the page is to hold just what the log does.
        expect(page.locator("[data-log] > li").nth(before + 2)).to_be_attached(timeout=40000)
        expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
        for _ in range(20):
            if sorted(shown(page)) == held(addresses):
                break
            page.wait_for_timeout(500)
        assert sorted(shown(page)) == held(addresses)
        expect(page.locator("[data-log] > li:not([data-checked=yes])")).to_have_count(0)


def test_a_log_that_shrank_under_an_open_page_is_told(
    open_page: Opened, addresses: Addresses
) -> None:
    """The platform is asked from beyond its log: its own refusals are what the page goes by.

    The page waits 25 s in silence and then up to 15 s before it asks again.
    """
    page = open_page("about:blank")
    shrunk = False

    def ahead(route: Route) -> None:
        asked = route.request.url
        if not shrunk:
            route.continue_()
        elif "/live/events" in asked:
            route.continue_(url=asked.partition("&after=")[0] + "&after=99999999")
        else:
            route.continue_(url=asked.partition("&seen=")[0] + "&seen=99999999")

    place = urlsplit(addresses.url)
    with a_relay(str(place.hostname), int(place.port or 80)) as relay:
        page.route("**/live/events**", ahead)
        page.route("**/frame?**", ahead)
        page.goto(replace(addresses, url=f"http://127.0.0.1:{relay.port}").of("project"))
        page.wait_for_selector(CHECKED + ".good")
        expect(page.locator(LIVE)).to_have_count(1)  # a line that is not yet there is not cut
        shrunk = True
        relay.cut()
        relay.listen()
        page.wait_for_selector(CHECKED + ".bad", timeout=40_000)
        expect(page.locator("p" + CHECKED)).to_contain_text("有记录与日志不符")
        expect(page.locator("p" + CHECKED + ".good")).to_have_count(0)
