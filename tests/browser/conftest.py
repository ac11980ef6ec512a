"""A real browser over the served platform of this run; every page watched for violations."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from monitor.record.disclosure import VISITOR, timeline
from tests.served import Served, served_once
from tests.stories.demo.run import play_once
from trading import board
from webui.cli import gate
from webui.house import House, open_house

HOW = (
    "没有浏览器 / no browser: apt-get install chromium fonts-noto-cjk, or set BATONG_BROWSER to a "
    "Chromium program"
)
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', e =>
  window.violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""


def browser_program() -> str:
    """Return the browser to test with; fails, saying how to get one, where there is none."""
    found = gate.browser()
    if found is None:
        pytest.fail(HOW, pytrace=False)
    return found


@dataclass(frozen=True, slots=True)
class Addresses:
    """The pages of the one trade that is there."""

    url: str
    code: str
    record: str

    @property
    def all(self) -> dict[str, str]:
        """Return every kind of page by name."""
        return {
            "home": f"{self.url}/",
            "none": f"{self.url}/?q=nothing",
            "project": f"{self.url}/project/{self.code}",
            "record": f"{self.url}/record/{self.record}",
            "rooms": f"{self.url}/rooms?day=2026-04-14",
            "verify": f"{self.url}/verify",
            "error": f"{self.url}/nothing",
        }


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


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
        records = timeline(session, entry.project, VISITOR)
    return Addresses(served.url, entry.code, str(records[3].record_id))


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


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Opened]:
    """Open pages, each in a reader's own context; at the end no policy may have been broken."""
    contexts: list[BrowserContext] = []
    pages: list[tuple[Page, list[str]]] = []

    def opened(url: str, width: int = 1440, **reader: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **reader)
        context.add_init_script(WATCH)
        contexts.append(context)
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
def vendor() -> Path:
    return Path(__file__).with_name("vendor")
