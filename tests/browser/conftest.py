"""A real browser over the served platform of this run; every page watched for violations."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright

from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Invalid, TooLate
from tests.browser.address import SPOTS
from tests.browser.rule import AXE_VERSION, Rules
from tests.served import Served, served_once
from tests.stories.demo.run import play_once
from trading import board
from trading.account.account import account_named
from webui.cli import gate
from webui.demo.account import open_keeping
from webui.demo.plan import fiction
from webui.demo.second import second
from webui.house import House, open_house
from webui.page.answer.policy import HEADERS
from webui.page.app import create_app
from webui.page.source import Source

HOW = (
    "没有浏览器 / no browser: apt-get install chromium fonts-noto-cjk, or set BATONG_BROWSER to a "
    "Chromium program"
)
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', e =>
  window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
window.shift = 0;
new PerformanceObserver(l => l.getEntries().forEach(e => { window.shift += e.value; }))
  .observe({ type: 'layout-shift', buffered: true });
"""
"""Each page counts from its first moment what breaks a policy, and how far its layout shifts."""


def browser_program() -> str:
    """Return the browser to test with; fails, saying how to get one, where there is none."""
    found = gate.browser()
    if found is None:
        pytest.fail(HOW, pytrace=False)
    return found


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the pages of the one trade are that is there."""

    url: str
    code: str
    project: str
    record: str
    second: str
    person: str

    def of(self, name: str) -> str:
        """Return the address of a page by its name (tests/browser/address.py)."""
        return self.url + SPOTS[name].path.format_map(asdict(self))


@pytest.fixture(scope="session")
def served(shared: Path) -> Iterator[Served]:
    with served_once(shared) as platform:
        yield platform


@pytest.fixture(scope="session")
def receipts(shared: Path) -> Path:
    """The receipts that the tenderers of this very platform hold."""
    return play_once(shared).out / "receipts"


@pytest.fixture(scope="session")
def house(served: Served) -> Iterator[House]:
    with open_house(served.settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def addresses(served: Served, house: House) -> Addresses:
    with house.platform.read() as session:
        entry = next(board.search(session, house.platform.clock.now()))
        waiting = board.find(session, second(fiction()).code)
        assert waiting is not None
        records = timeline(session, entry.project, VISITOR)
        clerk = account_named(session, "clerk")
        assert clerk is not None
    return Addresses(
        served.url, entry.code, str(entry.project), str(records[3].record_id), str(waiting),
        str(clerk.person),
    )  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser a module, since its driver keeps an event loop running while it lives.

    What others test in this process (pyHanko) starts a loop of its own.
    """
    program = browser_program()
    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


Opened = Callable[..., Page]
"""Open an address at a width, for an account of the demo or for nobody."""


def come_in(context: BrowserContext, url: str, account: str) -> None:
    """Sign in as one of the demo's people."""
    told = urlsplit(url)
    origin = f"{told.scheme}://{told.netloc}"
    answer = context.request.post(
        f"{origin}/demo/act-as",
        form={"account": account},
        headers={"Origin": origin},
        max_redirects=0,
    )
    assert answer.status == 303, answer.text()


@pytest.fixture(scope="module")
def kept_sessions(browser: Browser, addresses: Addresses) -> Callable[[str], StorageState]:
    """What a browser keeps of an account's session: who only reads need not sign in anew."""

    @cache
    def kept(account: str) -> StorageState:
        context = browser.new_context()
        come_in(context, addresses.url, account)
        state = context.storage_state()
        context.close()
        return state

    return kept


@pytest.fixture
def open_spot(
    open_page: Opened, addresses: Addresses, kept_sessions: Callable[[str], StorageState]
) -> Callable[..., Page]:
    """Open a page of the list by its name, as whom it is meant for, and wait until it is whole."""

    def opened(name: str, width: int = 1440, query: str = "", **reader: Any) -> Page:
        spot, url = SPOTS[name], addresses.of(name)
        asked = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
        if spot.account:
            reader["storage_state"] = kept_sessions(spot.account)
        page = open_page(asked, width, **reader)
        if reader.get("java_script_enabled", True):
            page.wait_for_selector(spot.ready)
        return page

    return opened


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opened]:
    """Open pages, each in a reader's own context; at the end no policy may have been broken."""
    contexts: list[BrowserContext] = []
    pages: list[tuple[Page, list[str]]] = []

    def opened(url: str, width: int = 1440, account: str = "", **reader: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **reader)
        context.add_init_script(WATCH)
        contexts.append(context)
        if account:
            come_in(context, url, account)
        page, faults = context.new_page(), list[str]()
        page.on("pageerror", lambda error: faults.append(str(error)))
        pages.append((page, faults))
        page.goto(url)
        return page

    yield opened
    found = []
    for page, faults in pages:
        scripted = page.evaluate("window.violations || []")
        found += [f"{page.url}: {each}" for each in [*faults, *scripted]]
    for context in contexts:
        context.close()
    assert not found


@pytest.fixture(scope="session")
def app(served: Served, house: House) -> Iterator[Flask]:
    """The application itself, for a page that no address has."""
    keeping = open_keeping(house.platform, served.settings, house.ground.redis_url)
    yield create_app(Source.of(served.settings, house), keeping)
    keeping.close()


@pytest.fixture
def parts(open_page: Opened, addresses: Addresses, app: Flask) -> Callable[..., Page]:
    """Open the sample of all parts (parts.html) as if the platform had served it."""
    wrong = [
        Invalid("price", "报价高于最高投标限价 / above the ceiling", rule="招标投标法实施条例 51"),
        Invalid("text", "请写明事实 / say the facts"),
        TooLate("提问期限已过 / too late to ask", rule="招标投标法实施条例 22"),
    ]

    def opened(width: int = 1440, query: str = "", **reader: Any) -> Page:
        with app.test_request_context(f"/parts{query}"):
            app.preprocess_request()
            now = app.extensions["batong"].now
            told = render_template_string(
                Path(__file__).with_name("parts.html").read_text("utf-8"),
                now=now, later=now + timedelta(days=1, hours=4), earlier=now - timedelta(days=2),
                errors=wrong,
            )  # fmt: skip
        page = open_page("about:blank", width, **reader)
        body = {"body": told, "content_type": "text/html; charset=utf-8", "headers": HEADERS}
        page.route("**/parts", lambda route: route.fulfill(**body))
        page.goto(f"{addresses.url}/parts")
        return page

    return opened


@pytest.fixture(scope="session")
def vendor() -> Path:
    return Path(__file__).with_name("vendor")


@pytest.fixture(scope="session")
def rules(vendor: Path) -> Rules:
    """What every page is held to, by axe-core of the version that was locked."""
    return Rules((vendor / f"axe-core-{AXE_VERSION}.min.js").read_text("utf-8"))
