"""A newcomer bids in a real browser, sealed by the real command; the pages stand every gate."""

import gzip
import hashlib
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
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from monitor.refusal import Refusal, TooLate
from tests.browser.conftest import WATCH
from tests.browser.rule import Rules
from tests.served import standing
from tests.stories.demo.run import ROOT
from tests.trial import Trial, a_copy, a_trial
from trading.registration.project import found_project
from webui.api.problem import STATUS
from webui.deed.upload.room import Full
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
    rules: Rules
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
        for width, scheme in ((1440, "light"), (320, "dark")):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for summary in self.page.query_selector_all("details.more:not([open]) > summary"):
                summary.click()
            found = self.rules.accessible(self.page)
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
    settings = a_copy(shared, tmp_path_factory.mktemp("tenderer"))
    with standing(settings.data) as url, a_trial(settings) as opened:
        opened.open_bidding()
        yield opened, url


@pytest.fixture(scope="module")
def newcomer(
    trial: tuple[Trial, str],
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
    rules: Rules,
) -> Iterator[Newcomer]:
    opened, url = trial
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    made = Newcomer(opened, url, context, page, tmp_path_factory.mktemp("machine"), rules)
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
    assert "请先保存密钥文件并勾选" in page.inner_text("main")
    assert not page.is_visible("[data-prove] button"), "not before the key is saved"
    assert page.locator("div[data-key] .btn-go:visible").count() == 1, "one button is the next"
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
    page = newcomer.page
    assert first_card(page) == "documents", "what is to do now comes first"
    assert not page.is_visible("[data-send]"), "sealing waits its turn, folded"
    assert page.get_attribute(".stages [aria-current] a", "href") == "#documents"
    expect(page.locator(".alert-ok")).to_contain_text("已参加本项目")
    expect(page.locator(".alert-ok a")).to_have_text("获取文件")
    newcomer.look("documents")
    newcomer.press("section[aria-labelledby=documents] .actions button")
    expect(page.locator(".alert-ok")).to_contain_text("已获取招标文件")
    expect(page.locator(".alert-ok a[href='#documents']")).to_be_visible()
    assert first_card(page) == "deposit"
    newcomer.look("deposit")
    newcomer.press("form[action='/act/deposit.open'] button")
    newcomer.look("unpaid")
    newcomer.press("form[action='/demo/pay'] button")
    assert "已到账" in newcomer.page.inner_text("section[aria-labelledby=deposit]")
    assert first_card(page) == "seal"
    assert page.is_visible("[data-frame]")
    assert not page.is_visible("[data-save-draft]"), "way B is folded"


def test_an_offer_is_checked_and_saved_and_the_price_never_leaves(newcomer: Newcomer) -> None:
    newcomer.page.frame_locator("[data-frame]").locator("[data-prepare]").wait_for()
    page, sent = newcomer.page, len(newcomer.sent)
    page.click("[data-way=b] > summary")
    page.click("[data-save-draft]")
    assert page.locator("[data-faults] li").count() == 2
    for typed, said in (("abc", "金额"), ("6750000.01", "最高限价"), ("6749999.99", "")):
        page.fill("[name=price]", typed)
        expect(page.locator("#w-price")).to_contain_text(said)
        expect(page.locator("[name=price]")).to_have_attribute(
            "aria-invalid", str(said != "").lower()
        )
    expect(page.locator("#w-price")).to_be_empty()
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


def test_the_frame_seals_too_and_hands_over_to_this_page(newcomer: Newcomer) -> None:
    page, frame = newcomer.page, newcomer.page.frame_locator("[data-frame]")
    [key] = newcomer.folder.glob("bid-key-*.pem")
    frame.locator("#f-files").set_input_files(str(newcomer.folder / "files" / "技术标.txt"))
    frame.locator("[data-prepare]").click()
    frame.locator("[data-told].error-words").wait_for()
    told = frame.locator("[data-told]").inner_text()
    assert "请填写金额" in told
    assert "请填写工期" in told
    assert "请选择投标密钥 bid-key-….pem" in told, "all faults at once"
    frame.locator("#f-key").set_input_files(str(newcomer.folder / "sealed-1.identity.txt"))
    frame.locator("[name=price]").fill("6750000.01")
    frame.locator("[data-prepare]").click()
    expect(frame.locator("[data-told]")).to_contain_text("选中的是开标密钥")
    expect(frame.locator("[data-told]")).to_contain_text("高于最高限价 6,750,000.00 元")
    frame.locator("#f-key").set_input_files(str(key))
    frame.locator("[name=price]").fill("6123456.78")
    frame.locator("[name=period_days]").fill("120")
    frame.locator("[data-prepare]").click()
    with page.expect_download():
        frame.locator("[data-rescue]").click()
    frame.locator("[name=kept]").check()
    newcomer.look("frame")
    frame.locator("[data-start]").click()
    page.wait_for_selector("[data-table]:not([hidden])")
    assert "letter.age" in page.inner_text("[data-table]")
    assert "密封完成" in page.inner_text("[data-around]")
    assert page.locator("[data-way][open]").count() == 0, "what is left is to send it"
    assert not [one for one in newcomer.sent if one.method == "PATCH"], "nothing was sent yet"
    newcomer.go()
    frame.locator("[data-prepare]").wait_for()


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


def test_who_comes_too_late_is_told_so_and_not_kept_waiting(newcomer: Newcomer) -> None:
    """Nothing is begun after the deadline, yet the bid is handed in: its receipt says why not."""
    page, late = newcomer.page, TooLate("投标截止时间已过 / the deadline has passed")
    newcomer.go()
    page.set_input_files("#folder", str(newcomer.folder / "sealed-1"))
    page.wait_for_selector("[data-table]:not([hidden])")
    for address in ("**/uploads/*", "**/api/v1/bids/*?upload=*"):
        say_no(page, address, late)
    page.click("[data-send] .btn-go")
    expect_text(page, "[data-refused]", "投标截止时间已过")
    page.unroute_all()


def test_a_folder_goes_up_through_a_pause_and_a_break(newcomer: Newcomer) -> None:
    page = newcomer.page
    page.set_input_files("#folder", str(newcomer.folder / "sealed-1"))
    page.wait_for_selector("[data-table]:not([hidden])")
    manifest = json.loads((newcomer.folder / "sealed-1" / "manifest.json").read_text("utf-8"))
    for entry in manifest["objects"]:
        assert entry["sha256"] in page.inner_text("[data-table]")
    newcomer.look("ready")
    say_no(page, "**/uploads/*", Full())
    page.click("[data-send] .btn-go")
    expect_text(page, "[data-send] [data-told]", "服务器存储空间暂时不够")
    page.unroute("**/uploads/*")
    page.click("[data-pause-send]")
    expect_text(page, "[data-send] [data-told]", "已暂停")
    newcomer.context.set_offline(True)
    page.click("[data-pause-send]")
    expect_text(page, "[data-send] [data-told]", "网络中断")
    newcomer.context.set_offline(False)
    page.wait_for_url("**/receipts/**")
    blocks = [one for one in newcomer.sent if one.method == "PATCH"]
    assert len(blocks) >= 4
    newcomer.look("receipt")
    assert "已收到" in page.inner_text("main")
    digest = hashlib.sha256((newcomer.folder / "sealed-1" / "manifest.json").read_bytes())
    assert digest.hexdigest() in page.inner_text("main")
    newcomer.go()
    sent = page.inner_text("section[aria-labelledby=receipts]")
    assert digest.hexdigest() in sent, "what the receipt says is compared here"
    page.go_back()


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
    newcomer.until("现在交出开标密钥")
    newcomer.look("release")
    page.set_input_files("#f-identity", str(newcomer.folder / "sealed-1.identity.txt"))
    page.click("section[aria-labelledby=release] .actions button")
    page.wait_for_selector("text=已交出开标密钥")
    assert page.inner_text("main").count("已交出开标密钥") == 1
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


def first_card(page: Page) -> str | None:
    """Return which card stands first in the page."""
    return page.locator("main section.card").first.get_attribute("aria-labelledby")


def say_no(page: Page, address: str, refusal: Refusal) -> None:
    """Answer an address with a refusal, in the words that the platform has for it."""
    status = STATUS.get(refusal.code, 409)
    told = json.dumps({"code": refusal.code, "detail": refusal.message})
    page.route(address, lambda route: route.fulfill(status=status, body=told))


def expect_text(page: Page, selector: str, words: str) -> Any:
    """Wait until something says so; the policy of the page forbids asking by a string of code."""
    return page.locator(selector, has_text=words).wait_for()
