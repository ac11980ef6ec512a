"""What an office's pages show, as JSON: the same things, to the same people, and to nobody else."""

import csv
import html
import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitor.clock import SystemClock
from monitor.role import Actor, Role
from monitor.runtime.valkey import EmbeddedValkey
from tests.builders import an_actor
from tests.trading.projects import Trade, a_trade_with_a_card
from tests.webui.page.api.test_api import fits
from tests.webui.page.counter import HERE, WORD, Counter
from tests.webui.page.signed_in import Program, problem, program
from tests.webui.page.test_route import ACCOUNTS
from trading import board
from trading.account.door import Attempt
from trading.account.keeping import open_accounts
from webui.api.office.described import READINGS
from webui.api.openapi import document
from webui.page.app import create_app

PEOPLE = {**ACCOUNTS, Role.EXPERT: "e000001"}
PATHS = [path for path, *_ in READINGS]
SHOWN_TO_ALL = {"/tasks", "/messages"}


@pytest.fixture(scope="module")
def people(app: Flask) -> dict[Role, Program]:
    return {role: program(app, account) for role, account in PEOPLE.items()}


def described(path: str) -> dict[str, Any]:
    told = document()["paths"][path]["get"]
    schema: dict[str, Any] = told["responses"]["200"]["content"]["application/json"]["schema"]
    return schema


def read(reader: Program, path: str) -> Any:
    answer = reader.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.json


@pytest.mark.parametrize("path", PATHS)
def test_nobody_is_told_anything_but_to_sign_in(
    client: FlaskClient, entry: board.Entry, path: str
) -> None:
    answer = client.get("/api/v1" + path.format(name=entry.code))
    assert (answer.status_code, problem(answer)["status"]) == (401, 401)


@pytest.mark.parametrize("path", PATHS)
def test_each_office_is_told_what_its_page_shows_and_refused_where_its_page_refuses(
    people: dict[Role, Program], entry: board.Entry, path: str
) -> None:
    told = set()
    for role, reader in people.items():
        for name in (entry.code, "E0000000000000000000"):
            place = path.format(name=name)
            answer, page = reader.get(f"/api/v1{place}"), reader.get(place)
            assert answer.status_code == page.status_code, f"{place} as {role}"
            told.add(answer.status_code)
            if answer.status_code == 200:
                assert fits(described(path), answer.json), f"{place} as {role}"
            else:
                problem(answer)
    assert told == ({200} if path in SHOWN_TO_ALL else {200, 403} | ({404} & told))


def test_deposits_are_those_of_the_table_for_other_programs(
    people: dict[Role, Program], entry: board.Entry
) -> None:
    cashier = people[Role.FINANCE]
    text = cashier.get(f"/finance/{entry.project}/deposits.csv").text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows
    told = read(cashier, f"/finance/{entry.code}")
    assert [
        (each["number"], each["state"], each["bidder"] or "", each["record"] or "")
        for each in told["deposits"]
    ] == [(row["sub_account"], row["state"], row["bidder"], row["record"]) for row in rows]
    assert [
        f"{(each['amount_fen'] or 0) // 100}.{(each['amount_fen'] or 0) % 100:02d}"
        for each in told["deposits"]
    ] == [row["principal_yuan"] for row in rows]
    listed = {each["project"]: each for each in read(cashier, "/finance")["trades"]}
    assert listed[told["project"]] == {
        name: value for name, value in told.items() if name not in {"blocks", "deposits"}
    }


def test_a_desk_lists_the_trades_and_steps_of_its_page_in_their_order(
    people: dict[Role, Program],
) -> None:
    for role in (Role.TENDEREE, Role.CENTRE, Role.FINANCE):
        reader = people[role]
        trades = read(reader, "/desk")["trades"]
        shown = re.findall(r'href="/desk/([0-9a-f-]{36})"', reader.get("/desk").text)
        assert [each["project"] for each in trades] == list(dict.fromkeys(shown))
        for each in trades:
            page = html.unescape(reader.get(f"/desk/{each['project']}").text)
            steps = read(reader, f"/desk/{each['project']}")["steps"]
            assert steps
            for step in steps:
                assert step["record"] is None or step["record"] in page, step
                assert step["href"] is None or step["href"] in page, step


def test_what_waits_is_what_the_list_of_tasks_says(people: dict[Role, Program]) -> None:
    waits = 0
    for role, reader in people.items():
        told, page = read(reader, "/tasks"), html.unescape(reader.get("/tasks").text)
        for place in told["places"]:
            assert f'href="{place["href"]}"' in page, role
        for errand in told["errands"]:
            assert f'href="{errand["href"]}"' in page, role
            assert errand["title"] in page, role
        for trade in told["trades"]:
            assert f'href="/desk/{trade["project"]}"' in page, role
            for item in trade["mine"]:
                assert item["href"] in page, role
                waits += 1
    assert waits


def test_messages_are_those_of_the_page_and_nobody_elses(people: dict[Role, Program]) -> None:
    seen = dict[str, Role]()
    for role, reader in people.items():
        page = html.unescape(reader.get("/messages").text)
        for each in read(reader, "/messages")["messages"]:
            assert each["name"] in page, role
            assert seen.setdefault(each["id"], role) is role
    assert seen


def test_a_page_that_is_none_is_said_to_be(people: dict[Role, Program]) -> None:
    for path in ("/desk", "/messages", "/orders", "/cards"):
        told = problem(people[Role.DEPARTMENT].get(f"/api/v1{path}?page=0"))
        assert (told["status"], told["field"]) == (400, "page")
        beyond = read(people[Role.DEPARTMENT], f"{path}?page=1000")
        assert (beyond["page"], beyond["more"]) == (1000, False)


@pytest.fixture
def department(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.DEPARTMENT)


@pytest.fixture
def trade(counter: Counter, department: Actor) -> Trade:
    return a_trade_with_a_card(counter.house.platform, department)


def test_a_card_and_its_order_are_told_to_those_whose_pages_show_them(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    own, owner = counter.person(department), counter.person(trade.owner)
    [card] = own.client.get("/api/v1/cards").json["cards"]  # type: ignore[index]
    page = html.unescape(own.get("/cards"))
    assert f'id="{card["id"]}"' in page
    assert card["article"].split(" ")[0] in page
    assert {each["href"] for each in card["may"]} <= set(re.findall(r'href="([^"]*)"', page))
    assert fits(described("/cards"), own.client.get("/api/v1/cards").json)
    form = {
        "to": f"{trade.owner.org}:tenderee", "title": "限期说明", "text": "请说明依据。",
        "article": "招标投标法 7", "limit": "2030-01-10T17:00",
    }  # fmt: skip
    assert own.act("order.issue", trade.id, **form).status_code == 303
    for reader in (own, owner):
        answer = reader.client.get("/api/v1/orders").json
        [order] = answer["orders"]  # type: ignore[index]
        assert fits(described("/orders"), answer)
        assert (order["title"], order["text"], order["state"]) == (
            "限期说明", "请说明依据。", "issued"
        )  # fmt: skip
        assert order["id"] in reader.get("/orders")
    other = counter.person(an_actor(counter.house.platform, Role.TENDEREE))
    for path, rows in (("cards", "cards"), ("orders", "orders")):
        assert other.client.get(f"/api/v1/{path}").json[rows] == []  # type: ignore[index]


def test_a_password_alone_is_told_nothing_of_a_sealed_office(
    counter: Counter, department: Actor, valkey: EmbeddedValkey
) -> None:
    counter.person(department)
    strict = open_accounts(
        counter.house.platform, counter.keeping.door.vault, valkey.url, SystemClock(),
        hasher=counter.keeping.door.hasher,
    )  # fmt: skip
    entrance = strict.door.sign_in(Attempt(f"u{department.person.hex}", WORD), HERE)
    reader = create_app(counter.source, strict).test_client()
    for path in ("cards", "orders", "desk"):
        answer = reader.get(
            f"/api/v1/{path}", headers={"Authorization": f"Bearer {entrance.token}"}
        )
        assert (answer.status_code, problem(answer)["status"]) == (403, 403), path
    strict.close()
