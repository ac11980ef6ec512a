"""Six people, each in a browser of their own, play the second trade on a whole served platform."""

import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.bidding.envelope.bid.test_authority import a_ca
from tests.browser.conftest import WATCH
from tests.served import await_answer, free_port, serve, stop
from tests.stories.demo.run import ROOT
from tests.trial import a_copy
from webui.demo.account import PASSWORD

PATIENCE = 180.0
BUSY = 503
LATER = (429, BUSY)
OWN = ("owner", "clerk", "cashier", "newcomer", "trustee-1", "inspector")
PRICE = "6,180,000.00"
SLOW_DISK = """() => {
  const read = Blob.prototype.text;
  Blob.prototype.text = async function () { await new Promise(r => setTimeout(r, 200)); return read.call(this); };
}"""
"""Files are still looked at when the button is pressed: that press must not be lost."""
TURN = "[data-part=turn] a[href^='/act/{}']"
"""The one button that a desk offers next."""


@dataclass(slots=True)
class Person:
    """Somebody at a browser."""

    url: str
    account: str
    context: BrowserContext
    page: Page

    def go(self, path: str) -> Page:
        """Open a page, which is no failure; one that asks to come again later is come to again."""
        end = time.monotonic() + PATIENCE
        while (answer := self.page.goto(f"{self.url}{path}")) and answer.status == BUSY:
            assert time.monotonic() < end, self.page.inner_text("main")
            self.page.wait_for_timeout(1000)
        assert answer, path
        assert answer.status < 500, f"{path}: {answer.status}: {self.page.inner_text('main')}"
        return self.page

    def sign_in(self) -> None:
        """Sign in, again where the platform asks to come later; fails with what the page says instead."""
        end = time.monotonic() + PATIENCE
        while not self.page.url.endswith("/tasks"):
            assert time.monotonic() < end, f"{self.page.url}: {self.page.inner_text('main')}"
            self.go("/sign-in")
            self.page.fill("#name", self.account)
            self.page.fill("#password", PASSWORD)
            with self.page.expect_navigation() as found:
                self.page.click("form[action='/sign-in'] button")
            told = found.value
            if not self.page.url.endswith("/tasks"):
                assert told.status in LATER, f"{told.status}: {self.page.inner_text('main')}"
                self.page.wait_for_timeout(1000)

    def do(self, name: str, project: str) -> None:
        """Send the form of a deed as it is filled in; it must be done."""
        self.go(f"/act/{name}?project={project}")
        self.page.click(f"form.form[action^='/act/{name}'] .actions button.btn-go")
        self.page.wait_for_url("**done=**")

    def arrive(self, there: str) -> None:
        """Wait to be led on; fails with what the page says instead."""
        try:
            self.page.wait_for_url(there)
        except PlaywrightTimeout:
            pytest.fail(f"{self.page.url}: {self.page.inner_text('main')}")

    def press(self, button: str) -> None:
        with self.page.expect_navigation():
            self.page.click(button)

    def keep(self, link: str, folder: Path) -> Path:
        """Save what a link or button offers."""
        with self.page.expect_download() as found:
            self.page.click(link)
        path = folder / found.value.suggested_filename
        found.value.save_as(path)
        return path

    def until(self, path: str, wanted: str) -> Page:
        """Come back to a page until something stands there: programs take their moments."""
        end = time.monotonic() + PATIENCE
        self.go(path)
        while not self.page.locator(wanted).count():
            assert time.monotonic() < end, f"{path}: no {wanted}: {self.page.inner_text('main')}"
            self.page.wait_for_timeout(500)
            self.go(path)
        return self.page


@pytest.fixture(scope="module")
def url(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A platform of this story alone, with every program that stands beside it."""
    settings, port = a_copy(shared, tmp_path_factory.mktemp("six")), free_port()
    child = serve(settings.data, port)
    await_answer(child, f"http://127.0.0.1:{port}/readyz", settings.data)
    yield f"http://127.0.0.1:{port}"
    stop(child.pid, settings.data)
    child.wait(PATIENCE)


def come(browser: Browser, url: str, account: str) -> Person:
    """Somebody sits down at a browser of their own and signs in."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    context.set_default_timeout(PATIENCE * 1000)
    person = Person(url, account, context, context.new_page())
    person.sign_in()
    return person


@pytest.fixture(scope="module")
def people(browser: Browser, url: str) -> Iterator[dict[str, Person]]:
    found = {account: come(browser, url, account) for account in OWN}
    yield found
    for person in found.values():
        person.context.close()


@pytest.fixture(scope="module")
def second_cashier(browser: Browser, url: str) -> Iterator[Person]:
    person = come(browser, url, "cashier-two")
    yield person
    person.context.close()


@pytest.fixture(scope="module")
def project(people: dict[str, Person]) -> str:
    told = people["owner"].go("/guide").get_attribute("main a:has-text('留给您')", "href")
    assert told is not None
    return told.rsplit("/", 1)[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("machine")


def advance(person: Person, what: str) -> None:
    """Let demo time pass by the bar, up to a moment that it names."""
    page = person.go("/guide")
    page.click(".demo-bar details summary >> nth=0")
    person.press(f".demo-bar form[action='/demo/advance'] button:has-text('{what}') >> nth=0")


def verified(path: Path, *more: str) -> str:
    """Check a file offline, as anybody can; it must pass. Returns what the tool printed."""
    run = subprocess.run(
        [sys.executable, "-P", "-m", "webui.cli", "verify", str(path), *more],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_1_owner_clerk_and_cashier_announce_the_trade(
    people: dict[str, Person], project: str
) -> None:
    owner = people["owner"]
    owner.do("notice.publish", project)
    owner.do("document.issue", project)
    owner.do("evaluation.set_method", project)
    people["clerk"].do("venue.book", project)
    people["clerk"].do("draw.request", project)
    people["cashier"].do("deposit.announce", project)
    expect(owner.go("/").locator("main")).to_contain_text("留给您")


def test_2_the_tenderer_joins_seals_on_its_own_machine_and_sends(
    people: dict[str, Person], project: str, folder: Path
) -> None:
    tenderer = people["newcomer"]
    page = tenderer.go(f"/bid/{project}")
    page.click("[data-make]")
    tenderer.keep("[data-save]", folder)
    page.check("[data-saved]")
    tenderer.press("[data-prove] button")
    for deed in ("participation.join", "document.download", "deposit.open"):
        tenderer.press(f"form[action='/act/{deed}'] button")
    tenderer.press("form[action='/demo/pay'] button")
    while not page.is_visible("[name='price']"):  # as a person does, should the page come anew
        page.click("[data-way=b] > summary")
        page.wait_for_timeout(500)
    page.fill("[name='price']", PRICE)
    page.fill("[name='period_days']", "120")
    tenderer.keep("[data-save-draft]", folder)
    tenderer.keep(f"a[href='/bid/{project}/invitation.json']", folder)
    (folder / "files").mkdir()
    (folder / "files" / "技术标.txt").write_text("施工组织设计\n" * 50, "utf-8")
    told = page.inner_text("#seal-command").replace("~/Downloads", str(folder))
    command = [sys.executable, "-P", "-m", "webui.cli", *told.split()[1:]]
    subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)
    [sealed] = folder.glob("sealed-1")
    signed = a_ca(folder / "ca", "ec").sign((sealed / "manifest.json").read_bytes())
    (sealed / "manifest.p7s").write_bytes(signed)
    page.evaluate(SLOW_DISK)
    page.set_input_files("#folder", str(sealed))
    page.click("[data-send] .btn-go")
    tenderer.arrive("**/receipts/**")
    expect(page.locator("main")).to_contain_text("已收到")
    tenderer.keep("a[href$='.json']", folder)


def test_3_before_the_deadline_nobody_else_sees_that_anybody_bids(
    people: dict[str, Person], project: str
) -> None:
    for account in ("owner", "clerk", "cashier", "inspector", "trustee-1"):
        person = people[account]
        for path in (f"/project/{project}", f"/desk/{project}", "/tasks", "/messages"):
            told = person.go(path).inner_text("body")
            assert "新手建设" not in told.replace("演示新手建设有限公司（您）", "")
            assert not re.search(r"p-[0-9a-f]{32}", told), f"{account} {path}"


def test_4_at_the_deadline_it_closes_by_itself_and_trustees_open_the_names(
    people: dict[str, Person], project: str
) -> None:
    advance(people["owner"], "投标截止")
    people["inspector"].until(f"/project/{project}", "text=演示新手建设有限公司")
    trustee = people["trustee-1"].go("/trustee")
    expect(trustee.locator("main")).to_contain_text("留给您")


def test_5_keys_are_handed_over_trustees_open_the_rest_and_all_is_read_out_at_once(
    people: dict[str, Person], project: str, folder: Path
) -> None:
    tenderer, owner = people["newcomer"], people["owner"]
    check = "form[action='/act/opening.check_seal'] button"
    page = tenderer.until(f"/bid/{project}", f"{check}, [name='identity']")
    if page.locator(check).count():
        tenderer.press(check)
    page.set_input_files("[name='identity']", str(folder / "sealed-1.identity.txt"))
    page.click("form[action^='/act/opening.release'] button.btn-go")
    page.wait_for_url("**done=**")
    hall, end = f"/desk/{project}/opening", time.monotonic() + PATIENCE
    while PRICE not in owner.go(hall).inner_text("main"):
        assert time.monotonic() < end, owner.page.inner_text("main")
        steps = owner.page.locator(
            ".turn form[action='/demo/advance'] button, .turn form[action^='/act/'] button"
        )
        if steps.count():
            steps.first.click()
            owner.page.wait_for_load_state()
        else:
            owner.page.wait_for_timeout(500)
    read_out = owner.page.inner_text("main")
    assert all(name in read_out for name in ("东岳", "南湖", "西山", "新手建设"))
    mine = "section[aria-labelledby=attached] details:has(summary:has-text('新手建设'))"
    owner.until(hall, f"{mine} a[download]").click(f"{mine} > summary")
    opened = owner.keep(f"{mine} a[download]", folder)
    assert opened.read_bytes() == (folder / "files" / "技术标.txt").read_bytes()


def test_6_experts_judge_and_the_owner_awards_once_the_law_lets_it(
    people: dict[str, Person], project: str
) -> None:
    owner, desk = people["owner"], f"/desk/{project}"
    for who, deed in (
        ("clerk", "panel.form"), ("owner", "evaluation.start"), ("owner", "candidates.publish"),
    ):  # fmt: skip
        people[who].until(desk, TURN.format(deed))
        people[who].do(deed, project)
    assert not owner.go(desk).locator(TURN.format("award.issue")).count(), "三日公示 / three days"
    advance(owner, "公示期满")
    for deed in ("award.issue", "contract.sign"):
        owner.until(desk, TURN.format(deed))
        owner.do(deed, project)
    owner.until(f"/project/{project}", "main :text('新手建设')")


def test_7_deposits_go_back_by_four_eyes_and_the_file_is_packed(
    people: dict[str, Person], second_cashier: Person, project: str, folder: Path
) -> None:
    finance, desk = f"/finance/{project}", f"/desk/{project}"
    for who, step in ((people["cashier"], "order"), (second_cashier, "approve")):
        page = who.until(finance, f"form[action$='/{step}'] input[type=checkbox]")
        for deposit in page.locator(f"form[action$='/{step}'] input[type=checkbox]").all():
            deposit.check()
        who.press(f"form[action$='/{step}'] button.btn-go")
    clerk = people["clerk"]
    clerk.until(desk, TURN.format("archive.close"))
    clerk.do("archive.close", project)
    page = clerk.until(desk, "[data-part=papers] li:has-text('归档包') >> nth=1")
    bags = page.locator("[data-part=papers] li:has-text('归档包')")
    for number in range(bags.count()):
        with page.expect_download() as found:
            bags.nth(number).locator("a, button").click()
        found.value.save_as(folder / f"bag-{number}.zip")
        told = verified(folder / f"bag-{number}.zip")
        assert "通过 / passed" in told, told
    own = people["newcomer"].go(f"/bid/{project}")
    letter = people["newcomer"].keep("a[href$='/letter.pdf']", folder)
    assert letter.read_bytes().startswith(b"%PDF")
    assert hashlib.sha256(letter.read_bytes()).hexdigest() in own.inner_text("main")
    expect(own.locator("section[aria-labelledby=deposit]")).to_contain_text("已退还")


def test_8_anybody_checks_the_receipt_and_the_record_in_their_own_browser(
    people: dict[str, Person], project: str, folder: Path
) -> None:
    inspector = people["inspector"]
    page = inspector.go(f"/project/{project}")
    expect(page.locator("p[data-checked]:not([hidden])")).to_have_class(re.compile("good"))
    assert PRICE in page.inner_text("main")
    [receipt] = folder.glob("receipt-*.json")
    keys = folder / "keys.txt"
    keys.write_text(inspector.context.request.get(f"{inspector.url}/keys.txt").text(), "utf-8")
    assert "全部通过" in verified(receipt, "--keys", str(keys))
    for person in people.values():
        assert person.page.evaluate("window.violations || []") == []
