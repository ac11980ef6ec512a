"""Pages read by keyboard, searched without script, and told to keep still."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import HOW, Addresses, browser_program
from webui.cli import gate

Spotted = Callable[..., Page]


def test_a_project_tells_all_of_itself_without_script(open_spot: Spotted) -> None:
    page = open_spot("project", java_script_enabled=False)
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


def test_the_skip_link_leads_to_the_content(open_spot: Spotted) -> None:
    page = open_spot("project")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "跳到主要内容"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


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
