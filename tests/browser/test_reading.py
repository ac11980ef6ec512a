"""Pages read without script, on a narrow screen, by keyboard, and within their sizes."""

import gzip
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.address import PUBLIC, SPOTS, STYLE
from tests.browser.conftest import HOW, Addresses, browser_program
from webui.cli import gate

Spotted = Callable[..., Page]
HTML = 30  # KiB on the wire
RING = """() => {
  const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  const x = Math.min(Math.max(r.left + r.width / 2, 0), innerWidth - 1);
  const y = Math.min(Math.max(r.top + Math.min(r.height / 2, 40), 0), innerHeight - 1);
  const at = document.elementFromPoint(x, y);
  return {
    tag: e.tagName, id: e.id, text: e.textContent.trim().slice(0, 20), width: parseFloat(s.outlineWidth),
    style: s.outlineStyle, seen: r.bottom > 0 && r.top < innerHeight && r.width > 0,
    bare: Boolean(at) && (e.contains(at) || at.contains(e)),
  };
}"""
SMALL = """() => [...document.querySelectorAll(
    'button, summary, .btn, .button, .site a, .foot li a, .check, input:not([type=file], [type=hidden]), select')]
  .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))"""
CONTROLS = "a:visible, button:visible, select:visible, input:visible, textarea:visible, summary:visible, [tabindex='0']:visible"


@pytest.mark.parametrize("name", SPOTS)
def test_a_page_reads_without_script(open_spot: Spotted, name: str) -> None:
    page = open_spot(name, java_script_enabled=False)
    expect(page.locator("h1").first).to_be_visible()
    for dead in ("[data-drop]:not(:has(form *))", "[data-pause]", "[data-held]", ".needs-js"):
        if name == "verify" or dead != "[data-drop]:not(:has(form *))":
            assert page.locator(f"{dead}:visible").count() == 0, dead
    if name == "project":
        assert page.locator("[data-log] > li").count() > 60
        expect(page.locator("[aria-labelledby=offers] .amount").first).to_be_visible()


def test_search_works_without_script_and_each_condition_can_be_dropped(
    open_spot: Spotted, addresses: Addresses
) -> None:
    page = open_spot("home", java_script_enabled=False)
    page.get_by_label("项目名称或编号").fill(addresses.code[-5:])
    page.get_by_label("所处阶段").select_option("archived")
    page.get_by_role("button", name="查公告").click()
    expect(page.get_by_role("link", name="滨河步道").first).to_be_visible()
    page.get_by_role("link", name="去掉条件 阶段：归档").click()
    assert page.url.endswith(f"/?q={addresses.code[-5:]}")
    page.get_by_role("link", name="清除全部条件").click()
    assert page.url == f"{addresses.url}/"
    assert page.locator(".chips").count() == 0


@pytest.mark.parametrize("name", SPOTS)
def test_no_page_scrolls_sideways_or_has_small_targets(open_spot: Spotted, name: str) -> None:
    page = open_spot(name, 320)
    url = page.url
    for size in ("normal", "large"):
        if size == "large":
            page.goto(f"{url}{'&' if '?' in url else '?'}size={size}")
        for width in (320, 390, 1024):
            page.set_viewport_size({"width": width, "height": 900})
            told = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert told[0] <= told[1] == width, size
        assert page.evaluate(SMALL) == [], size


@pytest.mark.parametrize("name", [spot.name for spot in PUBLIC if "project" not in spot.name])
def test_every_control_is_reached_by_keyboard_and_shows_it(open_spot: Spotted, name: str) -> None:
    page = open_spot(name, 390)
    wanted = page.locator(CONTROLS).count()
    reached = _walk(page, wanted + 12)
    assert len({(each["tag"], each["id"], each["text"]) for each in reached}) > 1
    assert len(reached) >= wanted
    assert reached[0]["text"] == "跳到主要内容"
    assert [each for each in reached if not (each["seen"] and each["bare"])] == []
    assert all(each["width"] >= 2 and each["style"] == "solid" for each in reached)


def _walk(page: Page, most: int) -> list[dict[str, Any]]:
    reached: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(RING)
        if at["tag"] == "BODY":
            break
        reached.append(at)
    return reached


def test_the_skip_link_leads_to_the_content(open_spot: Spotted) -> None:
    page = open_spot("project")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("name", SPOTS)
def test_a_page_keeps_to_its_weight_and_does_not_shift(open_spot: Spotted, name: str) -> None:
    page = open_spot(name)
    page.wait_for_timeout(300)
    assert page.evaluate("window.shift") < 0.1
    urls = page.evaluate("""() => ({
      script: [...document.scripts].map(e => e.src).filter(Boolean),
      style: [...document.querySelectorAll('link[rel=stylesheet]')].map(e => e.href),
    })""")
    weight = {kind: sum(map(_weight, urls[kind])) / 1024 for kind in urls}
    assert 0 < weight["script"] <= SPOTS[name].script
    assert 0 < weight["style"] <= STYLE
    html = page.content()
    assert len(gzip.compress(html.encode())) / 1024 <= HTML
    assert page.evaluate("[...document.scripts].filter(e => !e.src).length") == 0
    assert not re.search(r"""\s(style|on[a-z]+)=["']""", html)


def _weight(url: str) -> int:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})  # noqa: S310
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address
        assert answer.headers["Content-Encoding"] == "gzip"
        return len(answer.read())


def test_reduced_motion_means_none(open_spot: Spotted) -> None:
    page = open_spot("project", reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0


def test_without_a_browser_the_tests_fail_and_say_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "browser", lambda: None)
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        browser_program()
    assert "BATONG_BROWSER" in HOW
