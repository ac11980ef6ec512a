"""A paper in a real browser: dropped, compared, confirmed with its prices, given on, put aside."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page

from tests.browser.address import Spot
from tests.browser.conftest import Addresses, Opened
from tests.browser.rule import Rules
from tests.trading.intake.model import ITEM
from tests.trading.intake.pdf.typeset import Part, typeset

REAL = Path(__file__).parents[3] / "shared" / "data" / "notice.pdf"
LINES: list[Part] = [line for line in str(ITEM["content_text"]).split("\n") if line]
TABLE: Part = [["序号", "名称", "最高限价（元）"], ["1", "课桌", "3000"], ["", "合计", "3000"]]
OWNER = "示例市水务建设管理中心"
Dropped = Callable[[str, bytes], Page]


@pytest.fixture
def dropped(open_page: Opened, addresses: Addresses) -> Dropped:
    """Come from one's tasks to the page of papers, and drop one."""

    def drop(account: str, file: bytes) -> Page:
        page = open_page(f"{addresses.url}/tasks", account=account)
        page.click("main a[href='/paper']")
        told = FilePayload(name="notice.pdf", mimeType="application/pdf", buffer=file)
        page.set_input_files("#f-file", told)
        page.click("main form .btn-go")
        page.wait_for_selector("form.comparison")
        return page

    return drop


def tick(page: Page) -> None:
    for box in page.query_selector_all("input[name=compared]"):
        box.check()


def send(page: Page, button: str = "form.comparison .btn-go") -> None:
    with page.expect_navigation():
        page.click(button)


def test_a_clerk_reads_a_notice_for_an_owner_who_finds_it_and_registers_from_it(
    dropped: Dropped, open_page: Opened, addresses: Addresses, rules: Rules
) -> None:
    page = dropped("clerk", typeset("某县体育馆公开招标公告", [*LINES, TABLE]))
    page.fill('[id="f-prices.0.b"]', "课桌<二>")
    send(page)
    assert "价格表：请与原件对照后勾选" in page.inner_text("[data-summary]")
    assert page.input_value('[id="f-prices.0.b"]') == "课桌<二>"
    tick(page)
    send(page)
    there = page.url.partition("?")[0]
    assert "下一步由招标人办理" in page.inner_text("main")
    page.select_option("#f-organisation", label=f"{OWNER}（演示）（招标人）")
    send(page, "form[action='/act/paper.give'] button")
    assert f"已转交 {OWNER}" in page.inner_text("main")
    for name in ("", "/compare"):
        spot = Spot("paper", f"{there}{name}", "clerk")
        assert rules.whole(open_page(f"{there}{name}", account="clerk"), spot) == {}, name
    theirs = open_page(f"{addresses.url}/tasks", account="owner")
    theirs.click("main a[href='/paper']")
    theirs.click(f"main a[href='{there.removeprefix(addresses.url)}']")
    theirs.click("main a[href$='/register']")
    assert theirs.input_value("#f-name") == "某县体育馆"
    send(page, "form[action='/act/paper.put_aside'] button")
    assert "已搁置" in page.inner_text("main")
    theirs.goto(there)
    assert theirs.query_selector("a[href$='/register']") is None
    send(page, "form[action='/act/paper.take_up'] button")
    theirs.goto(there)
    assert theirs.query_selector("a[href$='/register']") is not None


def test_a_real_notice_that_begins_no_trade_is_compared_and_says_so(dropped: Dropped) -> None:
    if not REAL.exists():
        pytest.skip("the real notice, ../shared/data/notice.pdf, is absent")
    page = dropped("owner", REAL.read_bytes())
    assert "不是启动交易的公告" in page.inner_text("main")
    assert page.input_value("#f-region") == "630000"
    tick(page)
    send(page)
    assert "/paper/" in page.url
    assert "青海省食品药品监督管理局" in page.inner_text("h1")
