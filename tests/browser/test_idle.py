"""A session that nobody uses: the warning before its end, the way to stay, and what comes after."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from monitor.clock import MovableClock
from monitor.role import Actor, Role
from monitor.runtime.database import Addresses as Database
from monitor.runtime.valkey import EmbeddedValkey
from tests.answering import answering
from tests.browser.address import Spot
from tests.browser.rule import Rules
from tests.builders import an_actor
from tests.webui.page.counter import WORD, a_counter
from trading.account.keeping import Keeping
from trading.account.session import Policy
from webui.page.app import create_app

IDLE = timedelta(seconds=16)
LONG = 30_000  # milliseconds
Opened = Callable[..., Page]


@dataclass(frozen=True)
class Desk:
    """Where the pages are, and who is at work there."""

    url: str
    actor: Actor
    clock: MovableClock

    @property
    def name(self) -> str:
        return f"u{self.actor.person.hex}"

    def sign_in(self, page: Page) -> None:
        page.fill("#name", self.name)
        page.fill("#password", WORD)
        page.click("main form .primary")


@pytest.fixture(scope="module")
def desk(
    database: Database, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("idle")
    with a_counter(database, valkey.url, folder) as counter:
        actor = an_actor(counter.house.platform, Role.ADMINISTRATOR)
        counter.person(actor)
        policy = Policy(idle=IDLE, second_factor=frozenset())
        gate = replace(counter.keeping.gate, policy=policy)
        app = create_app(counter.source, Keeping(counter.keeping.door, gate))
        with answering(make_server("127.0.0.1", 0, app, threaded=True)) as url:
            yield Desk(url, actor, counter.house.clock)


@pytest.fixture
def inside(open_page: Opened, desk: Desk) -> Callable[..., Page]:
    """Sign in by the form, and go to a page."""

    def opened(path: str, **reader: object) -> Page:
        page = open_page(f"{desk.url}/sign-in?next={path}", **reader)
        desk.sign_in(page)
        page.wait_for_url(f"{desk.url}{path}")
        return page

    return opened


def test_the_end_is_said_before_it_comes_and_one_press_puts_it_off(
    inside: Callable[..., Page], desk: Desk, rules: Rules
) -> None:
    page = inside("/account")
    warning = page.locator(".idle")
    expect(warning).not_to_have_class("idle due")
    expect(page.locator(".idle.due")).to_be_visible(timeout=LONG)
    expect(warning).to_contain_text("登录即将")
    expect(page.locator("[data-say]")).to_contain_text("登录即将")
    desk.clock.moment += IDLE * 0.7
    warning.get_by_role("link").click()
    expect(page.locator(".idle.due")).to_have_count(0)
    expect(page.locator("[data-say]")).to_have_text("您仍在登录中。")
    desk.clock.moment += IDLE * 0.7
    page.reload()
    assert page.url == f"{desk.url}/account", "the press put the end off"
    page.wait_for_selector(".idle.due", timeout=LONG)
    assert rules.whole(page, Spot("idle", "/account", "newcomer")) == {}


def test_without_script_the_limit_and_the_way_to_stay_stand_on_the_page(
    inside: Callable[..., Page],
) -> None:
    page = inside("/account", java_script_enabled=False)
    assert "分钟不操作将自动退出登录" in page.inner_text(".idle")
    with page.context.expect_page() as opened:
        page.locator(".idle a").click()
    assert "您仍在登录中" in opened.value.inner_text("h1")


@pytest.mark.parametrize("script", [True, False])
def test_what_was_typed_into_a_session_that_ended_is_there_after_signing_in(
    inside: Callable[..., Page], desk: Desk, rules: Rules, script: bool
) -> None:
    page = inside("/act/party.enrol", java_script_enabled=script)
    page.fill("#f-name", "林 <&> 某")
    if script:
        over = "登录已因长时间未操作而结束"
        expect(page.locator(".idle")).to_contain_text(over, timeout=LONG)
    desk.clock.moment += IDLE + timedelta(seconds=1)
    page.click("form.form .btn-go")
    page.wait_for_selector("#password")
    assert "已为您保留两小时" in page.inner_text("main")
    if script:
        assert rules.whole(page, Spot("ended", "/act/party.enrol")) == {}
        page.context.set_offline(False)
    desk.sign_in(page)
    page.wait_for_selector("#f-name")
    assert page.input_value("#f-name") == "林 <&> 某"
    assert "尚未办理" in page.inner_text("main")
    if script:
        assert rules.whole(page, Spot("again", "/kept/x", "clerk")) == {}
