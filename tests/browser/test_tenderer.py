"""A newcomer bids in a real browser, sealed by the real command; the pages stand every gate."""

import gzip
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.browser.conftest import WATCH
from tests.browser.test_axe import AXE, violations
from tests.served import await_answer, free_port, serve, stop
from tests.stories.demo.run import ROOT
from tests.trial import Trial, a_copy, a_trial
from trading.registration.project import found_project
from webui.page.answer.asset import assets

PATIENCE = 120_000.0  # milliseconds
BIG = 20 * 1024 * 1024
LIMIT = 15 * 1024


@dataclass
class Newcomer:
    """Somebody at a browser, with a folder of their own and the offline tool."""

    trial: Trial
    url: str
    context: BrowserContext
    page: Page
    folder: Path
    axe: str
    sent: list[Request] = field(default_factory=list)
    gate: list[str] = field(default_factory=list)

    @property
    def trade(self) -> str:
        """The trade's name, which is the same in every language."""
        with self.trial.house.platform.read() as session:
            return found_project(session, self.trial.project).name

    @property
    def here(self) -> str:
        return f"{self.url}/bid/{self.trial.project}"

    def go(self, path: str = "") -> None:
        self.page.goto(f"{self.url}{path}" if path else self.here)

    def press(self, button: str) -> None:
        with self.page.expect_navigation():
            self.page.click(button)

    def keep_request(self, request: Request) -> None:
        self.sent.append(request)

    def keep(self, button: str) -> Path:
        """Save what a button offers under the name that it gives."""
        with self.page.expect_download() as found:
            self.page.click(button)
        path = self.folder / found.value.suggested_filename
        found.value.save_as(path)
        return path

    def look(self, name: str) -> None:
        """Hold the page as it is now against the rules, wide and narrow, light and dark."""
        for width in (1440, 320):
            self.page.set_viewport_size({"width": width, "height": 900})
            for summary in self.page.query_selector_all("details.more:not([open]) > summary"):
                summary.click()
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)
                found = violations(self.axe, self.page)
                self.gate += [f"{name} {width} {scheme}: {each}" for each in found]
            if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                self.gate.append(f"{name}: sideways at {width}")
        self.page.set_viewport_size({"width": 1440, "height": 900})
        self.page.emulate_media(color_scheme="light")

    def run(self, command: str) -> None:
        """Type the command as the page shows it, in the program's folder."""
        words = re.sub(r"^\./batong ", "", command).split()
        told = subprocess.run(
            [sys.executable, "-P", "-m", "webui.cli", *words], cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr

    def until(self, words: str) -> None:
        """Come back to the page until it says so: programs take their moments."""
        deadline = time.monotonic() + PATIENCE / 1000
        while words not in self.page.inner_text("main"):
            assert time.monotonic() < deadline, self.page.inner_text("main")
            self.page.wait_for_timeout(500)
            self.go()


@pytest.fixture(scope="module")
def trial(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Trial, str]]:
    """A served copy of the demo folder, its second trade open for bids."""
    settings, port = a_copy(shared, tmp_path_factory.mktemp("tenderer")), free_port()
    child, url = serve(settings.data, port), f"http://127.0.0.1:{port}"
    try:
        await_answer(child, f"{url}/readyz", settings.data)
        with a_trial(settings) as opened:
            opened.open_bidding()
            yield opened, url
    finally:
        stop(child.pid, settings.data)
        child.wait(60)


@pytest.fixture(scope="module")
def newcomer(
    trial: tuple[Trial, str],
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    vendor: Path,
) -> Iterator[Newcomer]:
    opened, url = trial
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    axe, folder = (vendor / AXE).read_text("utf-8"), tmp_path_factory.mktemp("machine")
    made = Newcomer(opened, url, context, page, folder, axe)
    page.on("pageerror", lambda error: made.gate.append(str(error)))
    page.on("request", made.keep_request)
    answer = context.request.post(
        f"{url}/demo/act-as", form={"account": "newcomer"}, headers={"Origin": url}
    )
    assert answer.ok
    yield made
    context.close()


def test_a_key_is_made_saved_and_proven_in_the_page(newcomer: Newcomer) -> None:
    newcomer.go("/bids")
    newcomer.look("bids before")
    newcomer.go()
    newcomer.look("key")
    page = newcomer.page
    page.click("[data-make]")
    key = newcomer.keep("[data-save]")
    page.click("[data-prove] button")
    assert "请先保存密钥文件并勾选" in page.inner_text("main")
    page.check("#saved")
    newcomer.press("[data-prove] button")
    assert page.url == newcomer.here
    made = newcomer.folder / "by-tool.pem"
    newcomer.run(f"./batong keygen {made}")
    ours, theirs = key.read_text(), made.read_text()
    assert re.sub(r"[A-Za-z0-9+/]{64}", "", ours) == re.sub(r"[A-Za-z0-9+/]{64}", "", theirs)
    secret = ours.splitlines()[1]
    bodies = [request.post_data or "" for request in newcomer.sent]
    assert not any(secret in body for body in bodies), "the private key stays in the page"


def test_joining_documents_and_deposit(newcomer: Newcomer) -> None:
    newcomer.look("join")
    newcomer.press("section[aria-labelledby=join] .actions button")
    newcomer.look("documents")
    newcomer.press("section[aria-labelledby=documents] .actions button")
    newcomer.look("deposit")
    newcomer.press("form[action='/act/deposit.open'] button")
    newcomer.look("unpaid")
    newcomer.press("form[action='/demo/pay'] button")
    assert "已到账" in newcomer.page.inner_text("section[aria-labelledby=deposit]")


def test_an_offer_is_checked_and_saved_and_the_price_never_leaves(newcomer: Newcomer) -> None:
    page, sent = newcomer.page, len(newcomer.sent)
    page.click("[data-save-draft]")
    assert page.locator("[data-faults] li").count() == 2
    page.fill("[name=price]", "6750000.01")
    page.fill("[name=period_days]", "120")
    page.click("[data-save-draft]")
    assert "招标投标法实施条例 51" in page.inner_text("[data-faults]")
    newcomer.look("draft wrong")
    page.fill("[name=price]", "6,123,456.78")
    assert page.inner_text("#c-price") == "人民币陆佰壹拾贰万叁仟肆佰伍拾陆元柒角捌分"
    draft = newcomer.keep("[data-save-draft]")
    told = json.loads(draft.read_text("utf-8"))
    assert (told["price"], told["period_days"], told["version"]) == ("6123456.78", 120, 1)
    assert len(newcomer.sent) == sent, "nothing was asked of the server"


def test_the_command_seals_what_was_downloaded(newcomer: Newcomer) -> None:
    newcomer.keep("a[href$='invitation.json']")
    files = newcomer.folder / "files"
    files.mkdir()
    (files / "技术标.txt").write_text("施工组织设计", "utf-8")
    (files / "图纸.bin").write_bytes(bytes(range(256)) * (BIG // 256))
    newcomer.page.fill("[data-where]", str(newcomer.folder))
    newcomer.run(newcomer.page.inner_text("#seal-command"))
    assert (newcomer.folder / "sealed-1" / "manifest.sig").exists()
    assert (newcomer.folder / "sealed-1.identity.txt").exists()


def test_a_private_key_or_a_plain_file_never_leaves_the_browser(newcomer: Newcomer) -> None:
    page, sealed, sent = newcomer.page, newcomer.folder / "sealed-1", len(newcomer.sent)
    own = [str(path) for path in sorted(sealed.iterdir())]
    renamed = newcomer.folder / "att-003.age"
    renamed.write_bytes((newcomer.folder / "sealed-1.identity.txt").read_bytes())
    [key] = newcomer.folder.glob("bid-key-*.pem")
    for name in (newcomer.folder / "sealed-1.identity.txt", renamed, key):
        page.set_input_files("#some", [*own, str(name)])
        page.wait_for_selector("[data-refused]:not([hidden])")
        assert "没有任何文件离开本机" in page.inner_text("[data-refused]")
        page.click("[data-send] .btn-go")
    page.set_input_files("#folder", str(newcomer.folder / "files"))
    page.wait_for_selector("[data-refused]:not([hidden])")
    assert "未密封的文件依法拒收" in page.inner_text("[data-refused]")
    newcomer.look("refused")
    page.set_input_files("#some", own[:-1])
    page.wait_for_selector("[data-refused]:not([hidden])")
    assert "缺少 manifest.sig" in page.inner_text("[data-refused]")
    assert len(newcomer.sent) == sent


def test_a_folder_goes_up_through_a_pause_and_a_break(newcomer: Newcomer) -> None:
    page = newcomer.page
    page.set_input_files("#folder", str(newcomer.folder / "sealed-1"))
    page.wait_for_selector("[data-table]:not([hidden])")
    manifest = json.loads((newcomer.folder / "sealed-1" / "manifest.json").read_text("utf-8"))
    for entry in manifest["objects"]:
        assert entry["sha256"] in page.inner_text("[data-table]")
    newcomer.look("ready")
    page.click("[data-send] .btn-go")
    page.click("[data-pause-send]")
    expect_text(page, "[data-send] [data-told]", "已暂停")
    newcomer.context.set_offline(True)
    page.click("[data-pause-send]")
    expect_text(page, "[data-send] [data-told]", "网络中断")
    newcomer.context.set_offline(False)
    page.wait_for_url("**/receipts/**")
    blocks = [one for one in newcomer.sent if one.method == "PUT"]
    assert len(blocks) >= 4
    newcomer.look("receipt")
    assert "已收到" in page.inner_text("main")


def test_a_receipt_is_kept_and_checked_where_it_is_dropped(newcomer: Newcomer) -> None:
    page, here = newcomer.page, newcomer.page.url
    deadline = time.monotonic() + PATIENCE / 1000
    while "已在日志第" not in page.inner_text("main"):
        assert time.monotonic() < deadline
        page.wait_for_timeout(1000)
        page.goto(here)
    receipt = newcomer.keep("a[href$='.json']")
    assert newcomer.keep("a[href$='.pdf']").read_bytes().startswith(b"%PDF")
    newcomer.go("/receipts")
    newcomer.look("receipts")
    newcomer.go("/verify")
    page.set_input_files("#file", str(receipt))
    page.wait_for_selector("[data-list] .tag-ok")
    page.wait_for_timeout(500)
    assert page.locator("[data-list] .tag-stop").count() == 0
    newcomer.go()
    newcomer.look("standing")
    newcomer.go("/bids")
    newcomer.look("bids")


def test_after_close_the_seal_is_checked_and_the_key_handed_over(newcomer: Newcomer) -> None:
    newcomer.trial.until(newcomer.trial.deadline + timedelta(seconds=1))
    newcomer.go()
    newcomer.until("CLOSE（投标截止）")
    page = newcomer.page
    if page.locator("form[action='/act/opening.check_seal']").count():
        page.wait_for_selector("[data-seal] li:nth-child(3)")
        assert page.locator("[data-seal] .tag-ok").count() == 3
        newcomer.look("check")
        newcomer.press("form[action='/act/opening.check_seal'] button")
    newcomer.go()
    newcomer.until("第二步：交出解密密钥")
    newcomer.look("release")
    page.set_input_files("#f-identity", str(newcomer.folder / "sealed-1.identity.txt"))
    page.click("section[aria-labelledby=release] .actions button")
    page.wait_for_selector("text=已交出密钥")
    newcomer.look("released")


def test_english_and_larger_text_stand_the_gate_too(newcomer: Newcomer) -> None:
    for path in (f"/bid/{newcomer.trial.project}", "/bids", "/receipts"):
        newcomer.go(f"{path}?lang=en&size=large")
        newcomer.look(f"{path} en large")
        ours = newcomer.page.locator(
            "h1, main .card header h2, main button, main label, main thead"
        )
        told = "".join(ours.all_inner_texts()).replace(newcomer.trade, "")
        assert told
        assert not re.search("[\u4e00-\u9fff]{2}", told)
    newcomer.go("/bids?lang=zh&size=normal")


def test_nothing_broke_a_rule_on_the_way(newcomer: Newcomer) -> None:
    assert newcomer.page.evaluate("window.violations") == []
    assert newcomer.gate == []


def test_the_scripts_stay_small() -> None:
    names = ("page.js", "proof.js", "tender.js", "send.js")
    assert sum(len(gzip.compress(assets()[name], 9)) for name in names) <= LIMIT


def expect_text(page: Page, selector: str, words: str) -> Any:
    """Wait until something says so; the policy of the page forbids asking by a string of code."""
    return page.locator(selector, has_text=words).wait_for()
