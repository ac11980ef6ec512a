"""Complaints by their pages and as JSON: filed by form, dealt with in time, kept from the centre."""

import re
from typing import Any

import pytest

from monitor.role import Actor, Role
from tests.builders import a_participation, a_standing, an_actor, the_act
from tests.trading.projects import Trade, an_announced_trade
from tests.webui.page.counter import Counter, Person
from trading.supervision.complaint.complaint import Matter
from trading.supervision.complaint.filing import Writing, file

FACTS, INTEREST = "评标委员会成员与中标人同属一家集团", "本项目潜在投标人，资料获取被拒"


@pytest.fixture
def department(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.DEPARTMENT)


@pytest.fixture
def trade(counter: Counter, department: Actor) -> Trade:
    made = an_announced_trade(counter.house.platform)
    a_standing(counter.house.platform, made.id, department)
    the_act(counter.house.platform, "opening.close", made.id)
    return made


def form(department: Actor, counter: Counter, **changed: str) -> dict[str, str]:
    return {
        "matter": "other", "respondent": "某招标人", "told": FACTS, "request": "责令重新评标",
        "basis": "工商登记；招标投标法 37", "interest": INTEREST, "department": str(department.org),
        "known": counter.house.clock.now().isoformat(),
    } | changed  # fmt: skip


def api(person: Person) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {person.token}"}
    answer = person.client.get("/api/v1/complaints", headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json["complaints"]  # type: ignore[index]
    return found


def test_a_complaint_goes_from_form_to_decision(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    tenderer = counter.person(an_actor(counter.house.platform, Role.TENDERER))
    page = tenderer.get(f"/act/complaint.file?project={trade.id}")
    for words in ("被投诉人", "基本事实", "请求和主张", "利害关系", str(department.org)):
        assert words in page
    sent = tenderer.act("complaint.file", trade.id, **form(department, counter))
    assert sent.status_code == 303, sent.text
    assert FACTS in tenderer.get("/complaints")
    officer = counter.person(department)
    assert re.search(r'投诉</h2>[^§]*1 项[^§]*href="/complaints"', officer.get("/tasks"))
    page = officer.get("/complaints")
    assert FACTS in page
    assert INTEREST in page
    assert "3个工作日内决定是否受理" in page
    [told] = api(officer)
    assert told["may"] == ["complaint.accept", "complaint.decline"]
    assert [each["rule"] for each in told["owed"]] == ["works.complaint_accept"]
    key = told["id"]
    assert officer.act("complaint.accept", trade.id, complaint=key).status_code == 303
    assert [each["rule"] for each in api(officer)[0]["owed"]] == ["works.complaint_decide"]
    test = officer.act("complaint.send_test", trade.id, complaint=key, reason="笔迹鉴定")
    assert test.status_code == 303, test.text
    assert "检验、鉴定中" in tenderer.get("/complaints")
    assert officer.act("complaint.receive_test", trade.id, complaint=key).status_code == 303
    decided = officer.act(
        "complaint.decide", trade.id, complaint=key, outcome="upheld", decision="投诉成立"
    )
    assert decided.status_code == 303, decided.text
    assert "投诉成立" in tenderer.get("/complaints")
    assert api(tenderer)[0]["owed"] == []
    assert (
        "complaint.decide"
        in counter.app.test_client().get(f"/api/v1/projects/{trade.id}/frame?after=0").text
        or "投诉处理决定" in counter.app.test_client().get(f"/project/{trade.id}").text
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"told": ""}, "请填写此项"), ({"known": ""}, "请填写知道之日"),
     ({"matter": "result"}, "不是本项目投标人"), ({"interest": ""}, "不是本项目投标人"),
     ({"known": "2024-01-09T09:00"}, "10日内"), ({"matter": "weather"}, "请从列表中选择")],
)  # fmt: skip
def test_a_wrong_form_is_said_to_be_wrong_and_keeps_what_was_typed(
    counter: Counter, department: Actor, trade: Trade, changed: dict[str, str], words: str
) -> None:
    tenderer = counter.person(an_actor(counter.house.platform, Role.TENDERER))
    answer = tenderer.act("complaint.file", trade.id, **form(department, counter, **changed))
    assert answer.status_code in (403, 404, 409, 422), answer.status_code
    assert words in answer.text
    assert "工商登记" in answer.text
    assert api(tenderer) == []


def test_the_tenderer_withdraws_and_nobody_elses_page_has_it(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    tenderer = counter.person(an_actor(counter.house.platform, Role.TENDERER))
    tenderer.act("complaint.file", trade.id, **form(department, counter))
    [told] = api(tenderer)
    rival = counter.person(an_actor(counter.house.platform, Role.TENDERER))
    colleague = an_actor(counter.house.platform, Role.DEPARTMENT, department.org, category="land")
    foreign = a_standing(
        counter.house.platform, trade.id, an_actor(counter.house.platform, Role.DEPARTMENT)
    )
    for person in (rival, counter.person(colleague), counter.person(foreign)):
        assert FACTS not in person.get("/complaints")
        assert api(person) == []
    stolen = rival.act("complaint.withdraw", trade.id, complaint=told["id"], reason="撤回")
    assert stolen.status_code == 404
    gone = tenderer.act("complaint.withdraw", trade.id, complaint=told["id"], reason="已和解")
    assert gone.status_code == 303
    assert [each["state"] for each in api(tenderer)] == ["withdrawn"]


def test_the_centre_and_the_owner_get_at_it_by_no_page_json_or_frame(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    tenderer = counter.person(an_actor(counter.house.platform, Role.TENDERER))
    tenderer.act("complaint.file", trade.id, **form(department, counter))
    [told] = api(tenderer)
    counter.house.settle()
    administrator = an_actor(counter.house.platform, Role.ADMINISTRATOR, trade.centre.org)
    for actor in (trade.centre, administrator, trade.owner):
        person = counter.person(actor)
        person.get("/complaints", 403)
        headers = {"Authorization": f"Bearer {person.token}"}
        paths = (
            "/wall", "/wall/frame?after=0", "/tasks", "/messages", "/work", f"/desk/{trade.id}",
            f"/project/{trade.id}", "/cards", f"/cards/{trade.id}", "/efficiency", "/people",
            "/api/v1/complaints", f"/api/v1/projects/{trade.id}", "/api/v1/messages",
            f"/api/v1/projects/{trade.id}/frame?after=0", f"/api/v1/desk/{trade.id}",
        )  # fmt: skip
        for path in paths:
            shown = person.client.get(path, headers=headers).text
            for word in (FACTS, told["id"], "complaint.file", "complaint_duty"):
                assert word not in shown, (actor.role, path, word)


def test_before_close_the_department_reads_a_pseudonym_and_no_name(
    counter: Counter, department: Actor
) -> None:
    platform = counter.house.platform
    made = an_announced_trade(platform)
    bidder = a_participation(platform, made.id)
    platform.perform(
        file, bidder, made.id, matter=Matter.OTHER, known=counter.house.clock.now(),
        writing=Writing("某招标人", FACTS, "改正", "截图"), department=department.org,
    )  # fmt: skip
    [told] = api(counter.person(department))
    assert told["complainant"] == bidder.mask
    name = counter.person(Actor(bidder.person, bidder.org, Role.TENDERER))
    assert api(name) == []
