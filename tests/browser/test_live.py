"""The live record: rows arrive, each checked in the page; a lie is told as one; losses are filled."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from monitor.log.tree import consistency_proof, leaf_hashes, root
from monitor.role import SYSTEM
from tests.browser.conftest import Addresses, Opened
from trading import board
from trading.notice.notice import carry, current_notice
from webui.house import House

CHECKED = "[data-checked]:not([hidden])"


def compare_medium(house: House, addresses: Addresses) -> None:
    """Do something public in the trade: a medium is compared with the notice."""
    with house.platform.read() as session:
        project = board.find(session, addresses.code)
        assert project is not None
        notice = current_notice(session, project)
        assert notice is not None
    house.platform.perform(
        carry, SYSTEM, project, notice=notice.id, medium="centre", digest=notice.digest
    )


def rows(page: Page) -> int:
    return page.locator("[data-log] > li").count()


def test_every_row_is_checked_in_the_page(open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")
    expect(page.locator("[data-log] > li:not([data-checked=yes])")).to_have_count(0)
    assert rows(page) > 60
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live")


def test_a_new_row_arrives_on_top_checked_and_is_spoken(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.of("project") + "?lang=en")
    page.wait_for_selector(CHECKED + ".good")
    before = rows(page)
    compare_medium(house, addresses)
    first = page.locator("[data-log] > li").first
    expect(page.locator("[data-log] > li")).not_to_have_count(before, timeout=15000)
    expect(first).to_contain_text("Medium compared")
    expect(first).to_have_attribute("data-checked", "yes")
    expect(page.locator("[data-say]")).to_contain_text("Medium compared")
    expect(page.locator("[data-count]")).not_to_contain_text(f"{before} ")


def test_a_page_written_before_its_last_record_was_in_the_log_is_written_again(
    open_page: Opened, addresses: Addresses
) -> None:
    page = open_page("about:blank")

    def early(route: Route) -> None:
        told = route.fetch().text().replace('data-part="dates"', 'data-part="dates" data-early', 1)
        route.fulfill(body=re.sub(r' data-index="\d+"', "", told, count=1))

    def document(route: Route) -> None:
        early(route) if route.request.resource_type == "document" else route.continue_()

    page.route(addresses.of("project"), document)
    page.goto(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")
    expect(page.locator("[data-part=dates]")).to_be_visible()
    expect(page.locator("[data-early]")).to_have_count(0)


def test_what_was_missed_while_away_is_filled_in(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")
    before = rows(page)
    page.context.set_offline(True)
    compare_medium(house, addresses)
    page.wait_for_timeout(1500)
    page.context.set_offline(False)
    expect(page.locator("[data-log] > li")).not_to_have_count(before, timeout=40000)
    expect(page.locator("[data-log] > li:not([data-checked=yes])")).to_have_count(0)
    assert rows(page) > before


def test_a_server_that_answers_503_is_asked_again(open_page: Opened, addresses: Addresses) -> None:
    asked = []

    def refuse_twice(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) <= 2:
            route.fulfill(status=503, body="")
        else:
            route.continue_()

    page = open_page("about:blank")
    page.route("**/live/events**", refuse_twice)
    page.goto(addresses.of("project"))
    expect(page.locator("[data-live]")).to_have_attribute("data-state", "live", timeout=20000)
    assert len(asked) >= 3


LIES = {
    "body": lambda frame: frame["openings"][5].update(body=frame["openings"][4]["body"]),
    "salt": lambda frame: frame["openings"][5].update(salt="00" * 32),
    "index": lambda frame: frame["openings"][5].update(index=frame["openings"][5]["index"] + 1),
    "path": lambda frame: frame["openings"][5]["path"].reverse(),
    "root": lambda frame: frame.update(checkpoint=_other_root(frame["checkpoint"])),
    "size": lambda frame: frame.update(to=frame["to"] + 1),
}


def _other_root(note: str) -> str:
    lines = note.split("\n")
    lines[2] = "A" * 43 + "="
    return "\n".join(lines)


@pytest.mark.parametrize("lie", LIES)
def test_a_row_that_the_log_does_not_hold_is_told(
    open_page: Opened, addresses: Addresses, lie: str
) -> None:
    def bend(route: Route) -> None:
        answer = route.fetch()
        frame: dict[str, Any] = answer.json()
        LIES[lie](frame)
        route.fulfill(response=answer, body=json.dumps(frame))

    page = open_page("about:blank")
    page.route("**/frame?after=0*", bend)
    page.goto(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".bad")
    expect(page.locator("[data-checked]").first).to_contain_text("有记录与日志不符")


def test_a_log_signed_by_another_key_is_told(open_page: Opened, addresses: Addresses) -> None:
    def other_key(route: Route) -> None:
        answer = route.fetch()
        old = 'name="log-key" content="'
        at = answer.text().index(old) + len(old)
        told = answer.text()
        end = told.index('"', at)
        swapped = (
            told[: end - 6]
            + ("AAAAAA" if told[end - 6 : end] != "AAAAAA" else "BBBBBB")
            + told[end:]
        )
        route.fulfill(response=answer, body=swapped)

    page = open_page("about:blank")
    page.route(addresses.of("project"), other_key)
    page.goto(addresses.of("project"))
    expect(page.locator(CHECKED + ".bad").first).to_be_visible()
    expect(page.locator(CHECKED + ".good")).to_have_count(0)
    expect(page.locator("[data-log] > li[data-checked=no]")).not_to_have_count(0)
    expect(page.locator("[data-log] > li[data-checked=yes]")).to_have_count(0)


def test_words_that_the_proven_body_does_not_say_are_set_right(
    open_page: Opened, addresses: Addresses
) -> None:
    def lie(route: Route) -> None:
        answer = route.fetch()
        head, log = answer.text().split("data-log>", 1)
        told = re.sub(r"<b>[^<]*</b>", "<b>伪造</b>", log, count=3)
        route.fulfill(response=answer, body=f"{head}data-log>{told}")

    page = open_page("about:blank")
    page.route(addresses.of("project"), lie)
    page.goto(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")
    expect(page.locator("[data-log]")).not_to_contain_text("伪造")


def test_one_records_page_checks_itself(open_page: Opened, addresses: Addresses) -> None:
    page = open_page(addresses.of("record"))
    expect(page.locator(CHECKED + ".good").first).to_be_visible()
    expect(page.locator(CHECKED + ".bad")).to_have_count(0)


def test_a_browser_keeps_the_last_checkpoint_and_the_log_must_extend_it(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")
    kept = page.evaluate("JSON.parse(localStorage.getItem(Object.keys(localStorage)[0]))")
    compare_medium(house, addresses)
    expect(page.locator("[data-log] > li").first).to_have_attribute("data-checked", "yes")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_selector(CHECKED + ".good")
    [first] = [url for url in asked if "/frame?after=0" in url]
    assert int(first.partition("seen=")[2]) >= kept["size"] > 0


FORKS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another root": lambda head: head | {"root": "A" * 43 + "="},
    "another root of an older log": lambda head: {"size": head["size"] - 7, "root": head["root"]},
    "a longer log": lambda head: head | {"size": head["size"] + 10**6},
}


@pytest.mark.parametrize("fork", FORKS)
def test_a_log_that_forks_or_shrinks_is_told_to_who_comes_again(
    open_page: Opened, addresses: Addresses, fork: str
) -> None:
    page = open_page(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")
    key = page.evaluate("Object.keys(localStorage)[0]")
    head = FORKS[fork](json.loads(page.evaluate("key => localStorage.getItem(key)", key)))
    page.goto(addresses.of("rooms"))  # which follows no log, and so keeps no newer head
    page.evaluate("([key, head]) => localStorage.setItem(key, head)", [key, json.dumps(head)])
    page.goto(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".bad")
    expect(page.locator(CHECKED + ".good")).to_have_count(0)


def test_a_bent_consistency_proof_is_told(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")

    def bend(route: Route) -> None:
        answer = route.fetch()
        frame: dict[str, Any] = answer.json()
        frame["consistency"]["path"] = frame["consistency"]["path"][::-1][1:]
        route.fulfill(response=answer, body=json.dumps(frame))

    compare_medium(house, addresses)
    expect(page.locator("[data-say]")).not_to_be_empty(timeout=15000)
    page.evaluate("""() => {
      const key = Object.keys(localStorage)[0], head = JSON.parse(localStorage.getItem(key));
      localStorage.setItem(key, JSON.stringify({ size: head.size - 3, root: head.root }));
    }""")
    page.route("**/frame?after=0*", bend)
    page.reload()
    page.wait_for_selector(CHECKED + ".bad")


def test_consistency_in_the_page_is_that_of_the_tree(
    open_page: Opened, addresses: Addresses
) -> None:
    leaves = leaf_hashes(f"leaf {n}".encode() for n in range(34))
    roots = {size: root(leaves[:size]) for size in range(1, 35)}
    told = [
        [
            old,
            new,
            [each.hex() for each in consistency_proof(leaves, old, new)],
            roots[old].hex(),
            roots[new].hex(),
        ]
        for new in range(1, 35)
        for old in range(1, new + 1)
    ]
    page = open_page(addresses.of("verify"))
    verdicts = page.evaluate(
        """async cases => {
          const B = window.Batong, found = [];
          for (const [old, size, path, was, now] of cases) {
            const proof = path.map(B.unhex), a = B.unhex(was), b = B.unhex(now), other = new Uint8Array(32);
            found.push([
              await B.extends_(old, size, proof, a, b),
              await B.extends_(old, size, proof, other, b),
              await B.extends_(old, size, proof, a, other),
              await B.extends_(old, size, [...proof, other], a, b),
              proof.length > 0 && await B.extends_(old, size, proof.slice(1), a, b),
              proof.length > 0 && await B.extends_(old, size, [other, ...proof.slice(1)], a, b),
            ]);
          }
          return found;
        }""",
        told,
    )
    assert verdicts == [[True] + [False] * 5] * len(told)


def test_paused_rows_wait_and_are_counted(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")
    before = rows(page)
    page.get_by_role("button", name="暂停更新").click()
    expect(page.locator("[data-live]")).to_have_text("已暂停")
    compare_medium(house, addresses)
    expect(page.locator("[data-held]")).to_contain_text("有 1 条新的", timeout=15000)
    assert rows(page) == before
    page.get_by_role("button", name="继续更新").click()
    expect(page.locator("[data-log] > li")).to_have_count(before + 1)
    expect(page.locator("[data-log] > li").first).to_have_attribute("data-checked", "yes")
    expect(page.locator("[data-held]")).to_be_hidden()


def test_the_rest_of_the_page_follows_the_record_and_spares_who_is_in_it(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.of("project"))
    page.wait_for_selector(CHECKED + ".good")
    carried = page.locator("[data-part=notice] .sub")
    before = carried.count()
    page.evaluate("document.querySelector('[data-part=dates]').mark = 1")
    compare_medium(house, addresses)
    expect(carried).to_have_count(before + 1, timeout=15000)
    assert page.evaluate("document.querySelector('[data-part=dates]').mark") == 1
    page.locator("[data-part=papers] a").first.focus()
    compare_medium(house, addresses)
    expect(carried).to_have_count(before + 2, timeout=15000)
    assert page.evaluate("document.activeElement.closest('[data-part]').dataset.part") == "papers"


def test_somebody_signed_in_sees_their_own_records_live_and_checked(
    open_page: Opened, addresses: Addresses, house: House
) -> None:
    page = open_page(addresses.of("project"), account="clerk")
    page.wait_for_selector(CHECKED + ".good")
    # Secret refusals, which others may cause here, come in between whenever they got their place.
    own = page.locator("[data-log] > li", has_text="核对发布媒介")
    before = own.count()
    compare_medium(house, addresses)
    expect(own).to_have_count(before + 1, timeout=15000)
    expect(page.locator("[data-log] > li:not([data-checked=yes])")).to_have_count(0, timeout=15000)


def test_while_it_connects_a_page_says_so_and_not_to_reload(
    open_page: Opened, addresses: Addresses
) -> None:
    page = open_page("about:blank")
    page.route("**/live/**", lambda _: None)  # a stream that never answers
    page.goto(addresses.of("project"))
    page.wait_for_selector("[data-pause]:not([hidden])")
    assert page.inner_text("[data-live]") == "正在连接实时更新"
