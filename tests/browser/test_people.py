"""A new colleague by a real browser: enrolled, appointed, invited, in; the code leaves the bar."""

import re
from collections.abc import Callable
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.conftest import Addresses

WORD = "nine storks rest at noon"
Opened = Callable[..., Page]


def test_an_administrator_brings_a_colleague_in_from_one_page(
    open_page: Opened, addresses: Addresses
) -> None:
    page, name = open_page(f"{addresses.url}/people", 1440, "administrator"), f"n{uuid4().hex[:9]}"
    page.get_by_role("link", name="登记新同事").click()
    page.get_by_label("姓名").fill("新受理员")
    page.get_by_role("button", name="登记人员").click()
    page.get_by_role("link", name="授予岗位").first.click()
    expect(page.get_by_label("人员")).to_have_value(re.compile("-"))
    centre = page.get_by_label("单位").locator("option", has_text="示例市公共资源交易中心")
    page.get_by_label("单位").select_option(centre.get_attribute("value"))
    page.get_by_label("岗位").select_option("centre")
    page.get_by_role("button", name="授予岗位").click()
    page.get_by_role("link", name="邀请开户").first.click()
    page.get_by_label("登录名").fill(name)
    page.get_by_role("button", name="邀请开户").click()
    address = page.locator("[data-address]").inner_text()
    assert address.startswith(f"{addresses.url}/invitation#")

    colleague = open_page(address)
    token = address.partition("#")[2]
    expect(colleague.get_by_label("邀请码")).to_have_value(token)
    assert colleague.url == f"{addresses.url}/invitation"
    colleague.get_by_label("新口令").fill(WORD)
    colleague.get_by_label("再输入一次").fill(WORD)
    colleague.get_by_role("button", name="设置").click()
    colleague.get_by_label("登录名").fill(name)
    colleague.get_by_label("口令").fill(WORD)
    colleague.locator("main").get_by_role("button", name="登录").click()
    expect(colleague.get_by_role("heading", name="我的待办")).to_be_visible()
    page.goto(page.url.removesuffix("/invite"))
    assert token not in page.content()
    expect(page.locator("main")).to_contain_text("已开户")
