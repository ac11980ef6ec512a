"""The supervisors' wall by keyboard, and at the sizes that it is hung up and carried at."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Addresses
from tests.browser.test_live import CHECKED, compare_medium
from webui.house import House

VALUE = re.compile(r"^\d\d:\d\d · \d+$")


def point_at_the_end(page: Page) -> None:
    """Point near the end of the first curve until its value is told: it may be drawn anew."""
    plot, told = page.locator("[data-plot]").first, page.locator("[data-read]").first
    for step in range(60):
        plot.scroll_into_view_if_needed()
        box = plot.bounding_box()
        if box and box["height"]:
            page.mouse.move(box["x"] + box["width"] - 40 - step % 5, box["y"] + box["height"] / 2)
        if VALUE.match(told.text_content() or ""):
            return
        page.wait_for_timeout(250)
    expect(told).to_have_text(VALUE)


def test_the_wall_is_walked_held_and_drilled_by_keyboard_and_fits_every_screen(
    open_spot: Callable[..., Page],
) -> None:
    page = open_spot("wall", 1920)
    page.wait_for_selector(CHECKED + ".good")
    expect(page.locator("[data-series] canvas")).to_have_count(2)
    expect(page.locator("[data-series] > svg").first).to_be_hidden()
    point_at_the_end(page)
    page.locator("[data-log]").focus()
    page.keyboard.press("p")  # held first: a row that arrives would move the others
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "held")
    links = page.locator("[data-log] > li .hash")
    for key, at in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("End", -1), ("Home", 0)):
        page.keyboard.press(key)
        expect(links.nth(at)).to_be_focused()
    page.keyboard.press("p")
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
    sizes = {}
    for width, height in ((390, 844), (1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        sizes[width] = page.evaluate("document.querySelector('h1').getBoundingClientRect().height")
    assert sizes[3840] >= 1.8 * sizes[1920], "4K shows the same, not smaller"
    page.locator("[data-log] > li[data-checked=yes] .hash").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(CHECKED + ".good")
    assert "/record/" in page.url


def test_a_chip_chooses_what_the_stream_brings_without_leaving_the_wall(
    open_spot: Callable[..., Page], addresses: Addresses, house: House
) -> None:
    page = open_spot("wall", 1440)
    page.wait_for_selector(CHECKED + ".good")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("document.body.stays = 1")
    roles, first = page.locator("[data-log] .role"), page.locator("[data-log] > li").first
    with page.expect_request(lambda sent: "/live/events" in sent.url) as stream:
        page.get_by_role("link", name="招标人", exact=True).click()
    expect(page.locator("[data-log] .role").get_by_text("系统", exact=True)).to_have_count(0)
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")
    assert "by=tenderee%2Cagency" in stream.value.url
    newest = first.get_attribute("id")
    compare_medium(house, addresses)
    page.get_by_role("link", name="系统", exact=True).click()
    expect(first).to_contain_text("核对发布媒介", timeout=20000)
    assert newest not in page.locator("[data-log] > li").evaluate_all("all => all.map(e => e.id)")
    chosen = [url for url in asked if "/wall/frame" in url or "/live/events" in url][-1]
    assert "by=system" in chosen
    before = page.locator("[data-log] > li").count()
    compare_medium(house, addresses)
    expect(page.locator("[data-log] > li")).not_to_have_count(before, timeout=20000)
    assert set(roles.all_text_contents()) == {"系统"}
    expect(page.locator(CHECKED + ".good").first).to_be_visible()
    assert page.evaluate("document.body.stays") == 1


def test_where_the_plotter_does_not_come_the_servers_own_pictures_stay(
    open_spot: Callable[..., Page],
) -> None:
    page = open_spot("wall", 1440)
    page.wait_for_selector(CHECKED + ".good")
    page.route("**/uplot.*.css", lambda route: route.abort())
    page.reload()
    expect(page.locator("[data-series] > svg")).to_have_count(2)
    for number in range(2):
        expect(page.locator("[data-series] > svg").nth(number)).to_be_visible()
