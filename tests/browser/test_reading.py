"""Pages read without script, on a narrow screen, by keyboard, and within their sizes."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HOW, Addresses, Opened, browser_program

NAMES = ("home", "project", "record", "rooms", "verify", "error")
RING = """() => {
  const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
  return {
    tag: e.tagName, id: e.id, text: e.textContent.trim().slice(0, 20), width: parseFloat(s.outlineWidth),
    style: s.outlineStyle, seen: r.bottom > 0 && r.top < innerHeight && r.width > 0,
  };
}"""


@pytest.mark.parametrize("name", NAMES)
def test_a_page_reads_without_script(open_page: Opened, addresses: Addresses, name: str) -> None:
    page = open_page(addresses.all[name], java_script_enabled=False)
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("[data-drop]").is_hidden() if name == "verify" else True
    if name == "project":
        assert page.locator("[data-log] > li").count() > 60
        expect(page.locator("[aria-labelledby=offers] .amount").first).to_be_visible()


def test_search_works_without_script(open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.all["home"], java_script_enabled=False)
    page.get_by_label("项目名称或编号").fill(addresses.code[-5:])
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("link", name="滨河步道").first).to_be_visible()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", ["normal", "large"])
def test_no_page_scrolls_sideways(
    open_page: Opened, addresses: Addresses, name: str, size: str
) -> None:
    url = addresses.all[name]
    page = open_page(f"{url}{'&' if '?' in url else '?'}size={size}", 320)
    for width in (320, 390, 1024):
        page.set_viewport_size({"width": width, "height": 900})
        told = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert told[0] <= told[1] == width


@pytest.mark.parametrize("name", ["home", "rooms", "verify"])
def test_every_control_is_reached_by_keyboard_and_shows_it(
    open_page: Opened, addresses: Addresses, name: str
) -> None:
    page = open_page(addresses.all[name], 390)
    wanted = page.locator(
        "a:visible, button:visible, select:visible, input:visible, textarea:visible"
    ).count()
    reached = _walk(page, wanted + 6)
    assert len(reached) >= wanted
    assert reached[0]["text"] == "跳到主要内容"
    assert all(each["seen"] for each in reached)
    ringed = [each for each in reached if each["id"] != "file"]  # its label shows the ring
    assert all(each["width"] >= 2 and each["style"] == "solid" for each in ringed)


def _walk(page: Page, most: int) -> list[dict[str, Any]]:
    reached: list[dict[str, Any]] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(RING)
        if at["tag"] == "BODY":
            break
        reached.append(at)
    return reached


def test_the_skip_link_leads_to_the_content(open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.all["project"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("name", NAMES)
def test_targets_are_large_enough(open_page: Opened, addresses: Addresses, name: str) -> None:
    page = open_page(addresses.all[name], 390)
    small = page.evaluate("""() => [...document.querySelectorAll('.btn, .site a, .foot li a, input:not([type=file]), select')]
      .filter(e => e.offsetParent && e.getBoundingClientRect().height < 24).map(e => e.outerHTML.slice(0, 80))""")
    assert small == []


def test_the_layout_does_not_shift(open_page: Opened, addresses: Addresses) -> None:
    page = open_page("about:blank")
    page.add_init_script("""
      window.shift = 0;
      new PerformanceObserver(l => l.getEntries().forEach(e => { window.shift += e.value; }))
        .observe({ type: 'layout-shift', buffered: true });""")
    for name in NAMES:
        page.goto(addresses.all[name])
        page.wait_for_timeout(500)
        assert page.evaluate("window.shift") < 0.1, name


def test_reduced_motion_means_none(open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.all["project"], reduced_motion="reduce")
    page.wait_for_selector("[data-checked]:not([hidden])")
    assert page.evaluate("document.getAnimations().length") == 0


def test_without_a_browser_the_tests_fail_and_say_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BATONG_BROWSER", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        browser_program()
    assert "BATONG_BROWSER" in HOW
