"""A draw's pages in a real browser: verified again at one press, red when the record lies, letters
opened by one's own key alone."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from bidding.envelope.age.key import new_identity, recipient_of
from experts.ceremony.mail.request import draws_unasked
from monitor.log.canonical import JSON
from tests.browser.address import Spot as Where
from tests.browser.conftest import Addresses
from tests.browser.rule import Rules
from webui.house import House
from webui.program import mail

Spot = Callable[..., Page]
LETTER: dict[str, JSON] = {
    "what": "invitation", "mask": "e-" + "0" * 32, "token": "11" * 32,
    "starts": 1_775_003_600, "ends": 1_775_030_000, "place": "",
}  # fmt: skip


@pytest.fixture
def open_draw(open_page: Spot, addresses: Addresses, house: House) -> Spot:
    """Open a page of the finished draw and wait until it is whole."""
    with house.platform.read() as session:
        [drawn] = draws_unasked(session, UUID(addresses.project))
        place = f"{addresses.url}/draw/{drawn.id}"

    def opened(page: str = "", ready: str = "h1", account: str = "", width: int = 1440) -> Page:
        found: Page = open_page(place + page, width, account)
        found.wait_for_selector(ready)
        return found

    return opened


DRAWN = (
    Where("draw", "", "", "[data-verify]:not([hidden])"),
    Where("draw-hall", "/hall", "", "[data-checked]"),
    Where("draw-watch", "/watch", "inspector", "[data-checked]"),
    Where("draw-print", "/print", "clerk"),
)


@pytest.mark.parametrize("where", DRAWN, ids=lambda each: each.name)
def test_every_page_of_a_draw_keeps_every_rule(open_draw: Spot, rules: Rules, where: Where) -> None:
    page = open_draw(where.path, where.ready, where.account)
    assert rules.whole(page, where) == {}


def test_a_published_draw_is_verified_again_at_one_press_and_a_changed_one_is_not(
    open_draw: Spot,
) -> None:
    page = open_draw(ready="[data-verify]:not([hidden])")
    page.click("[data-verify]")
    expect(page.locator("[data-verdict].good")).to_be_visible(timeout=60_000)
    assert page.locator("[data-report] li.good").count() == 10

    def changed(route: Route) -> None:
        body = bytearray(route.fetch().body())
        body[len(body) // 2] ^= 1
        route.fulfill(body=bytes(body))

    page.route("**/bundle", changed)
    page.click("[data-verify]")
    expect(page.locator("[data-verdict].bad")).to_be_visible(timeout=60_000)


def test_the_hall_proves_what_is_on_record_and_goes_red_when_it_lies(open_draw: Spot) -> None:
    page = open_draw("/hall", "[data-checked]")
    good = page.locator("[data-live-draw] li.good")
    assert good.count() >= 10
    assert page.locator("[data-red] .wall-alert").count() == 0
    truth = page.evaluate("fetch(document.querySelector('[data-live-draw]').dataset.liveDraw)"
                          ".then(a => a.json())")  # fmt: skip
    for name, lie in lies(truth).items():
        told = page.evaluate("p => Batong.live(p)", lie)
        assert told[-1]["item"], name
        assert told[-1]["name"].startswith(name), (name, told[-1])


def lies(truth: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What a platform might tell instead, by the step that must fail."""

    def other(**changed: Any) -> dict[str, Any]:
        copy: dict[str, Any] = json.loads(json.dumps(truth))
        return copy | changed

    late = other()
    late["at"]["reveal I"] = truth["header"]["t_reveal"] + 1
    return {
        "header": other(header=truth["header"] | {"n": truth["header"]["n"] + 1}),
        "second": other(others=1),
        "leaves": other(leaves="00" * 32 + truth["leaves"][64:]),
        "commit": other(commits=[truth["commits"][0] | {"c": "00" * 32}, *truth["commits"][1:]]),
        "open": other(open="00" * 32),
        "reveal": late,
        "closed": other(closed=truth["closed"] | {"closed": "00" * 32}),
        "dice": other(dice=truth["dice"] | {"digits": "0" * 24}),
        "round": other(closings=[truth["closings"][0] | {"closing": "00" * 32}]),
        "final": other(final=truth["final"] | {"root": "00" * 32}),
    }


def key_file(key: str) -> FilePayload:
    return {"name": "key.txt", "mimeType": "text/plain", "buffer": key.encode()}


def test_a_letter_opens_for_its_own_key_and_for_no_other(open_spot: Spot) -> None:
    own, other = new_identity(), new_identity()
    sealed = [mail.seal(LETTER, recipient_of(key)) for key in (other, own)]
    told = {"letters": [{"step": "invitation", "sealed": each} for each in sealed]}
    page = open_spot("expert")
    page.route("**/api/v1/letters", lambda route: route.fulfill(json=told))
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.post_data or ""))
    for key, count in ((own, 1), (new_identity(), 0)):
        page.set_input_files("#own-key", key_file(key))
        expect(page.locator("[data-letters] [data-list] > li")).to_have_count(count)
        expect(page.locator("[data-told]")).not_to_be_empty()
    page.set_input_files("#own-key", key_file(own))
    field = page.locator("[data-list] [name=token]")
    expect(field).to_have_value(str(LETTER["token"]))
    assert not any("AGE-SECRET-KEY" in body for body in sent)
