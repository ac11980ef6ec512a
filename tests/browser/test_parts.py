"""The parts of pages by themselves: forms, capitals, drop boxes, timers, in a page that has them all."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from trading.money import capital_amount

Parts = Callable[..., Page]


def test_what_is_wrong_is_told_first_and_leads_to_its_field(parts: Parts) -> None:
    page = parts()
    expect(page.locator("[data-summary]")).to_be_focused()
    told = page.locator("[data-summary]")
    expect(told).to_contain_text("报价高于最高投标限价 依据 《招标投标法实施条例》第 51 条")
    told.get_by_role("link", name="报价高于最高投标限价").click()
    expect(page.get_by_label("投标报价")).to_be_focused()
    expect(page.get_by_label("投标报价")).to_have_value("45198760.05")
    expect(page.get_by_label("投标报价")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("投标报价")).to_have_attribute("aria-describedby", "e-price")


def test_every_field_has_its_label_hint_and_error_without_script(parts: Parts) -> None:
    page = parts(java_script_enabled=False)
    described = page.locator("[aria-describedby]").evaluate_all(
        "all => all.flatMap(e => e.getAttribute('aria-describedby').split(' ')).filter(id => !document.getElementById(id))"
    )
    assert described == []
    expect(page.locator("[data-pause]")).to_be_hidden()
    expect(page.get_by_label("附件")).to_be_visible()


def test_capitals_in_the_page_are_those_of_the_platform(parts: Parts) -> None:
    dice = random.Random(20261121)
    amounts = [0, 1, 10, 100, 101, 110, 10_00, 100_00, 8_260_000_828_229, 10**12 - 1]
    amounts += [dice.randrange(10 ** dice.randrange(1, 15)) for _ in range(400)]
    page = parts()
    typed = [f"{fen // 100:,}.{fen % 100:02d}" for fen in amounts]
    told = page.evaluate("all => all.map(each => Page.capitals(each))", typed)
    assert told == [capital_amount(fen) for fen in amounts]
    assert page.evaluate("['', 'x', '1.234', '1,23', '-5'].map(Page.capitals)") == [""] * 5
    page.get_by_label("投标报价").fill("1,234.50")
    expect(page.locator("#c-price")).to_have_text("人民币壹仟贰佰叁拾肆元伍角")


def test_files_are_listed_when_chosen_and_sent_with_the_form(parts: Parts, tmp_path: Path) -> None:
    page, sent = parts(), list[str]()

    def answer(route: Route) -> None:
        sent.append(route.request.post_data_buffer.decode("utf-8", "replace"))  # type: ignore[union-attr]
        page_again = page.content().replace("先更正", "再次更正")
        route.fulfill(status=422, content_type="text/html", body=page_again)

    page.route("**/act/objection", answer)
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_bytes(b"a file" * 1000)
    page.get_by_label("附件").set_input_files([tmp_path / "one.txt", tmp_path / "two.txt"])
    expect(page.locator(".files li")).to_have_count(2)
    expect(page.locator(".files li").first).to_contain_text("one.txt")
    page.get_by_role("button", name="提交").click()
    expect(page.locator("[data-summary]")).to_contain_text("请再次更正")
    expect(page.locator("[data-summary]")).to_be_focused()
    assert sent[0].count('name="papers"; filename=') == 2
    page.get_by_label("附件").set_input_files([tmp_path / "one.txt"])
    expect(page.locator(".files li")).to_have_count(1)


def test_only_an_opening_key_ever_leaves_the_box_for_it(parts: Parts, tmp_path: Path) -> None:
    page, sent = parts(), list[bytes | None]()
    refused = page.content()

    def answer(route: Route) -> None:
        sent.append(route.request.post_data_buffer)
        route.fulfill(status=422, content_type="text/html", body=refused)

    page.route("**/act/release", answer)
    box, hand_over = page.get_by_label("开标密钥"), page.get_by_role("button", name="交出")
    inside = page.locator(".field", has=box)
    bid_key = "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n"
    for name, held, told in (
        ("bid-key-001.pem", bid_key, "这是投标密钥（.pem），只留在贵单位，没有发送"),
        ("both.txt", f"AGE-SECRET-KEY-1QQ\n{bid_key}", "这是投标密钥（.pem）"),
        ("notes.txt", "nothing", "文件中没有 AGE-SECRET-KEY-1…，没有发送"),
    ):
        (tmp_path / name).write_text(held, "utf-8")
        page.evaluate("document.querySelector('input[data-opening]').value = ''")
        box.set_input_files(tmp_path / name)
        hand_over.click()
        expect(inside.get_by_role("alert")).to_contain_text(told)
        expect(box).to_have_value("")
        expect(inside.locator("li")).to_have_count(0)
    assert sent == []
    (tmp_path / "sealed-1.identity.txt").write_text("# bid\nAGE-SECRET-KEY-1QQ\n", "utf-8")
    box.set_input_files(tmp_path / "sealed-1.identity.txt")
    expect(inside.get_by_role("alert")).to_have_text("")
    with page.expect_response("**/act/release"):
        hand_over.click()
    assert [b'filename="sealed-1.identity.txt"' in (each or b"") for each in sent] == [True]


@pytest.mark.parametrize("zoom", ["", "?size=large"])
@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440])
def test_no_part_is_wider_than_the_page(parts: Parts, width: int, zoom: str) -> None:
    page = parts(width=width, query=zoom)
    told = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert told[0] <= told[1] == width


def test_the_sample_on_paper_leaves_out_what_can_only_be_pressed(parts: Parts) -> None:
    page = parts()
    page.emulate_media(media="print")
    for gone in (".btn", ".site", "form", ".timer", ".live"):
        assert page.locator(f"{gone}:visible").count() == 0, gone
    expect(page.locator("table").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
