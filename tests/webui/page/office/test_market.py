"""The market's pages: an agency enters and renews by a form; an owner chooses; nobody names one."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from experts.pool.agency.agency import Service
from monitor.law.workday import SHANGHAI
from monitor.role import Role
from tests.builders import an_actor
from tests.trading.projects import a_registered_trade
from tests.webui.page.counter import Counter, Person

CERTIFICATE = "qualifications.{}.{}".format


@pytest.fixture
def agency(counter: Counter) -> Person:
    return counter.person(an_actor(counter.house.platform, Role.AGENCY))


@pytest.fixture
def owner(counter: Counter) -> tuple[Person, UUID]:
    trade = a_registered_trade(counter.house.platform)
    return counter.person(trade.owner), trade.id


def entered(agency: Person, **more: Any) -> None:
    told = {"services": ["tender", "survey"], "showcase": "二十年市政工程", **more}
    assert agency.act("agency.enter", None, **told).status_code == 303


def chosen(page: str) -> list[str]:
    return re.findall(r'name="services" value="(\w+)"[^>]* checked', page)


def test_who_renews_a_showcase_finds_what_stands(counter: Counter) -> None:
    actor = an_actor(counter.house.platform, Role.AGENCY)
    agency = counter.person(actor)
    now = counter.house.clock.now()
    runs, ends = (now + timedelta(days=400)).date(), (now + timedelta(days=2)).date()
    held: dict[str, str] = {}
    for number, until in enumerate((ends, runs)):
        told = {"name": f"资质{number}", "number": f"甲-{number}", "until": until.isoformat()}
        held |= {CERTIFICATE(number, column): value for column, value in told.items()}
    entered(agency, **held)
    page = agency.get("/act/agency.enter")
    assert chosen(page) == ["tender", "survey"]
    assert re.search(r"<textarea[^>]*>\s*二十年市政工程</textarea>", page)
    assert "甲-0" in page
    counter.house.clock.wait(timedelta(days=3))
    page = counter.person(actor).get("/act/agency.enter")
    assert f'value="{runs}"' in page
    assert "甲-0" not in page, "it ran out"


def test_each_wrong_row_is_named_and_rows_do_not_grow(agency: Person, counter: Counter) -> None:
    over = (counter.house.clock.now() - timedelta(days=9)).date().isoformat()
    told = {
        CERTIFICATE(1, "name"): "资质",
        CERTIFICATE(1, "number"): "甲",
        CERTIFICATE(1, "until"): over,
    }
    told |= {CERTIFICATE(4, column): "" for column in ("name", "number", "until")}
    said = agency.act("agency.enter", None, showcase="展示", services="audit", **told)
    assert said.status_code == 422
    assert f"已于 {over} 过期" in said.text
    assert 'href="#f-qualifications.0.until"' in said.text
    assert f'value="{over}"' in said.text
    assert said.text.count('class="row-fields"') == 3


def test_no_service_at_all_is_said_beside_what_else_is_wrong(agency: Person) -> None:
    said = agency.act("agency.enter", None, showcase="")
    assert said.status_code == 422
    assert "请至少选择一项" in said.text
    assert "请填写此项" in said.text


def test_agencies_are_found_by_each_service(agency: Person, counter: Counter) -> None:
    entered(agency)
    page = counter.app.test_client().get("/agencies").text
    for each in Service:
        assert f'href="/agencies?service={each.value}"' in page
    assert "二十年市政工程" not in counter.app.test_client().get("/agencies?service=cost").text


def test_a_contest_closes_by_the_clock_of_beijing(
    owner: tuple[Person, UUID], agency: Person, counter: Counter
) -> None:
    entered(agency)
    person, project = owner
    closes = counter.house.clock.now() + timedelta(days=1)
    at = closes.astimezone(SHANGHAI)
    made = person.act(
        "agency.contest", project, service="survey", terms="测绘", ceiling="90000", closes=f"{at:%Y-%m-%dT%H:%M}",
        stated="yes",
    )  # fmt: skip
    assert made.status_code == 303, made.text[:2000]
    form = agency.get("/act/agency.offer")
    assert f"· {at:%Y-%m-%d %H:%M}<" in form
    [number] = re.findall(r'name="contest" value="([0-9a-f-]{36})"', form)
    there = agency.act("agency.offer", None, contest=number, price="76000.50").headers["Location"]
    page = agency.get(there)
    assert "已办结：竞价报价" in page
    assert "76,000.50" in page, "one's own, and that it stands"
    rival = counter.person(an_actor(counter.house.platform, Role.AGENCY))
    for other in (rival.get(there), person.get(there)):
        assert "76,000.50" not in other
        assert "已办结" not in other, "nobody is told by a link that they did it"
