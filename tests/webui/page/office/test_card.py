"""Cards by their pages: red first, three clicks to an order, answered, closed; nobody else's."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.trading.projects import Trade, a_trade_with_a_card
from tests.webui.page.counter import Counter, Person


@pytest.fixture
def department(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.DEPARTMENT)


@pytest.fixture
def trade(counter: Counter, department: Actor) -> Trade:
    """A trade whose notice is found to differ on a medium."""
    return a_trade_with_a_card(counter.house.platform, department)


def link(page: str, verb: str) -> str:
    """The address of a form that a page leads to."""
    found = re.search(rf'href="(/act/{re.escape(verb)}\?[^"]*)"', page)
    assert found is not None, verb
    return unescape(found[1])


def send(person: Person, address: str, **typed: Any) -> Any:
    """Open a form by its address and send it as it stands, with what is typed."""
    person.get(address)
    told = dict(parse_qsl(urlsplit(address).query))
    return person.post(urlsplit(address).path, **{**told, **typed})


def test_a_red_card_is_ordered_in_three_clicks_answered_and_closed(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    inspector = counter.person(department)
    page = inspector.get("/cards")  # the first click: what needs me
    assert "不同媒介发布的公告内容不一致" in page
    assert "《招标投标法实施条例》" in page
    evidence = re.search(r'class="check" href="(/record/[0-9a-f-]{36})"', page)
    assert evidence is not None
    ready = link(page, "card.order")
    form = inspector.get(ready)  # the second: the order is ready
    assert "河滨公园改造工程" in form
    assert f"{trade.owner.org}:tenderee" in form
    answer = send(inspector, ready, limit="2030-01-10T17:00")  # the third: sent
    assert answer.status_code == 303, answer.text
    assert "待答复" in inspector.get(answer.location)
    owner = counter.person(trade.owner)
    page = owner.get("/cards")
    assert "现予督办" in page
    answer = send(owner, link(page, "order.answer"), text="已更正并重新发布。")
    assert answer.status_code == 303, answer.text
    page = inspector.get("/cards")
    assert "已更正并重新发布。" in page
    answer = send(inspector, link(page, "order.close"), finding="settled", remark="已改正")
    assert answer.status_code == 303, answer.text
    assert "不同媒介发布的公告内容不一致" not in inspector.get("/cards")
    whole = inspector.get(f"/cards/{trade.id}")
    assert "已改正" in whole
    assert "维持，违规属实" in whole


def test_a_red_point_is_set_back_to_green_as_its_order_is_closed(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    inspector, owner = counter.person(department), counter.person(trade.owner)
    send(inspector, link(inspector.get("/cards"), "card.order"), limit="2030-01-10T17:00")
    send(owner, link(owner.get("/cards"), "order.answer"), text="仅标点不同。")
    close = link(inspector.get("/cards"), "order.close")
    told = {"finding": "settled", "outcome": "cleared", "remark": "仅标点不同，已核对"}
    assert send(inspector, close, **told).status_code == 303
    whole = inspector.get(f"/cards/{trade.id}?lang=en")
    assert "set back to green" in whole
    assert "仅标点不同，已核对" in whole


def test_a_red_point_is_set_back_to_green_with_a_reason_alone(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    inspector = counter.person(department)
    close = link(inspector.get("/cards"), "card.close")
    blank = send(inspector, close, outcome="cleared", remark="")
    assert blank.status_code == 422
    assert "请填写此项" in blank.text
    assert send(inspector, close, outcome="cleared", remark="仅标点不同").status_code == 303
    whole = inspector.get(f"/cards/{trade.id}?lang=en")
    assert "set back to green" in whole
    assert "仅标点不同" in whole
    row = re.search(r"<th [^>]*>(?:<span[^>]*>)?notice differs between media.*?</tr>", whole, re.S)
    assert row is not None
    assert "green" in row[0]


def test_a_warning_is_sent_answered_read_and_noted(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    inspector, owner = counter.person(department), counter.person(trade.owner)
    warn = link(inspector.get("/cards"), "card.warn")
    assert send(inspector, warn, limit="2030-01-10T17:00").status_code == 303
    page = owner.get("/cards")
    assert send(owner, link(page, "card.answer"), text="已说明。").status_code == 303
    page = inspector.get("/cards")
    assert send(inspector, link(page, "card.read")).status_code == 303
    assert send(inspector, link(page, "card.annotate"), text="已电话核实。").status_code == 303
    page = inspector.get("/cards")
    assert "已电话核实。" in page
    assert "已电话核实。" not in owner.get("/cards")
    assert "已阅" in page


def test_a_manual_point_is_judged_by_its_form(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    inspector = counter.person(department)
    mark = link(inspector.get(f"/cards/{trade.id}"), "point.mark")
    told = {"point": "money.fee", "result": "3", "reason": "收取资料费"}
    assert send(inspector, mark, **told).status_code == 303
    assert "收取目录以外的费用" in inspector.get("/cards")
    wrong = send(inspector, mark, **{**told, "result": "9"})
    assert wrong.status_code == 422


def test_pages_are_empty_with_words_and_kept_from_everybody_else(
    counter: Counter, trade: Trade
) -> None:
    platform = counter.house.platform
    stranger = counter.person(an_actor(platform, Role.DEPARTMENT))
    assert "没有待处理的监察卡" in stranger.get("/cards")
    stranger.get(f"/cards/{trade.id}", 404)
    centre = counter.person(an_actor(platform, Role.CENTRE, trade.centre.org))
    for path in ("/cards", f"/cards/{trade.id}"):
        page = centre.get(path)
        assert "不同媒介" not in page
        assert "notice.texts" not in page
    discipline = counter.person(an_actor(platform, Role.DISCIPLINE))
    page = discipline.get(f"/cards/{trade.id}")
    assert "不同媒介发布的公告内容不一致" in page
    assert set(re.findall(r"/act/([a-z_.]+)", page)) == {"case.ask_file"}
    for role in (Role.TENDERER, Role.EXPERT, Role.ADMINISTRATOR):
        counter.person(an_actor(platform, role)).get("/cards", 403)


def test_a_tenderee_consents_to_a_deadline_moved_after_an_outage(
    counter: Counter, trade: Trade
) -> None:
    owner = counter.person(trade.owner)
    page = owner.get("/outages")
    assert "没有故障" in page
    told = send(owner, link(page, "outage.consent"), clause="第二章第 12 条")
    assert told.status_code == 303, told.text
    assert "已同意顺延" in owner.get("/outages")
    again = send(owner, f"/act/outage.consent?project={trade.id}", clause="第二章第 12 条")
    assert again.status_code == 422
    none = send(owner, f"/act/outage.agree?project={trade.id}")
    assert none.status_code == 404


def test_the_department_suspends_and_resumes_by_its_page(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    inspector = counter.person(department)
    page = inspector.get(f"/cards/{trade.id}")
    told = send(inspector, link(page, "project.suspend"), article="招标投标法实施条例 62",
                reason="投诉需要查证")  # fmt: skip
    assert told.status_code == 303, told.text
    page = inspector.get(f"/cards/{trade.id}")
    assert "投诉需要查证" in page
    assert "暂停" in counter.app.test_client().get(f"/project/{trade.id}").text
    assert send(inspector, link(page, "project.resume"), reason="已查清").status_code == 303
    assert "投诉需要查证" not in inspector.get(f"/cards/{trade.id}")
