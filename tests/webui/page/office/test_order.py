"""Orders by their pages: issued by form, answered by the addressee, kept from everybody else."""

import re
from datetime import timedelta
from typing import Any

import pytest

from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.role import Actor, Role
from tests.builders import a_standing, an_actor
from tests.trading.projects import Trade, an_accepted_trade
from tests.webui.page.counter import Counter, Person


@pytest.fixture
def department(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.DEPARTMENT)


@pytest.fixture
def trade(counter: Counter, department: Actor) -> Trade:
    made = an_accepted_trade(counter.house.platform)
    a_standing(counter.house.platform, made.id, department)
    return made


def form(trade: Trade, **changed: str) -> dict[str, str]:
    return {
        "to": f"{trade.owner.org}:tenderee", "title": "限期说明", "text": "请说明资格条件的依据。",
        "article": "招标投标法 7", "limit": "2030-01-10T17:00",
    } | changed  # fmt: skip


def issued(counter: Counter, department: Actor, trade: Trade, **changed: str) -> str:
    """An order issued by its form; its id."""
    person = counter.person(department)
    answer = person.act("order.issue", trade.id, **form(trade, **changed))
    assert answer.status_code == 303, answer.text
    found = re.search(
        r"order\.withdraw\?project=[^\"]*?order=([0-9a-f-]{36})", person.get(answer.location)
    )
    assert found is not None
    return found[1]


def test_an_order_goes_from_form_to_answer_to_end(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    person = counter.person(department)
    assert str(trade.owner.org) in person.get(f"/act/order.issue?project={trade.id}")
    order = issued(counter, department, trade)
    owner = counter.person(trade.owner)
    assert re.search(r"督办单</h2>[^§]*1 项[^§]*href=\"/orders\"", owner.get("/tasks"))
    assert 'href="/orders"' not in counter.person(trade.centre).get("/tasks")
    page = owner.get("/orders")
    assert "限期说明" in page
    assert f"order.answer?project={trade.id}&amp;order={order}" in page
    assert owner.act("order.answer", trade.id, order=order, text="依据附后。").status_code == 303
    page = person.get(f"/orders/{trade.id}")
    assert "依据附后。" in page
    ended = person.act("order.close", trade.id, order=order, finding="settled", remark="已说明")
    assert ended.status_code == 303
    assert "已解决" in owner.get("/orders")


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"title": ""}, "请填写此项"), ({"limit": "2020-01-01T09:00"}, "须在将来"),
     ({"limit": "tomorrow"}, "应为北京时间"), ({"to": "nobody"}, "请从列表中选择"),
     ({"to": "00000000-0000-4000-8000-000000000000:tenderee"}, "没有此单位"),
     ({"text": "长" * 5001}, "不超过5000字"), ({"title": "a\u0000b"}, "不可见字符")],
)  # fmt: skip
def test_a_wrong_form_is_said_to_be_wrong_keeps_what_was_typed_and_is_on_record(
    counter: Counter, department: Actor, trade: Trade, changed: dict[str, str], words: str
) -> None:
    person: Person = counter.person(department)
    answer = person.act("order.issue", trade.id, **form(trade, **changed))
    assert answer.status_code in (404, 422)
    assert words in answer.text
    kept = "请说明资格条件的依据。" if "text" not in changed else "限期说明"
    assert kept in answer.text
    with counter.house.platform.read() as session:
        last = timeline(session, trade.id, Viewer(Audience.DISCIPLINE))[-1].facts
    assert (last["action"], "refused" in last["outcome"]) == ("order.issue", True)


def test_the_centre_and_strangers_read_no_order_and_answer_none(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    order = issued(counter, department, trade, title="请业主说明")
    platform = counter.house.platform
    others: list[Any] = [
        an_actor(platform, role) for role in (Role.CENTRE, Role.FINANCE, Role.TENDEREE)
    ]
    for actor in others:
        person = counter.person(actor)
        assert "请业主说明" not in person.get("/orders")
        refused = person.act("order.answer", trade.id, order=order, text="代答")
        assert refused.status_code in (403, 404)
    foreign = counter.person(an_actor(platform, Role.DEPARTMENT))
    assert "请业主说明" not in foreign.get("/orders")
    foreign.get(f"/orders/{trade.id}", 404)
    for role in (Role.TENDERER, Role.EXPERT):
        counter.person(an_actor(platform, role)).get("/orders", 403)
    discipline = counter.person(an_actor(platform, Role.DISCIPLINE))
    assert "请业主说明" in discipline.get("/orders")
    assert "/act/order." not in discipline.get(f"/orders/{trade.id}")


def test_an_order_without_answer_in_time_is_red(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    soon = (counter.house.clock.now() + timedelta(hours=9)).strftime("%Y-%m-%dT%H:%M")
    issued(counter, department, trade, limit=soon)
    assert "逾期未复" not in counter.person(department).get(f"/orders/{trade.id}")
    counter.house.clock.wait(timedelta(days=1))
    page = counter.person(trade.owner).get(f"/orders/{trade.id}")
    assert re.search(r'tag-stop">.*?逾期未复', page)


def test_equal_bids_are_the_departments_to_order_by_dice_and_only_then(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    person = counter.person(department)
    assert "24 位骰子数字" in person.get(f"/act/evaluation.break_tie?project={trade.id}")
    answer = person.act("evaluation.break_tie", trade.id, section=str(trade.id), digits="1" * 24)
    assert "评标尚未开始" in answer.text
