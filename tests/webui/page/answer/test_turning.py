"""What is refused before an action can say no is on record, but nothing of a tenderer's."""

import dataclasses
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from monitor.record.disclosure import Audience, Viewer, may_see
from monitor.record.moment import When
from monitor.role import SYSTEM, Actor, Role
from tests.builders import an_actor
from tests.trading.projects import an_accepted_trade
from tests.webui.page.counter import Counter, Person
from trading.account.limit.limiter import TURNED
from trading.registration.party import dismiss

TURNED_AWAY = "account.turn_away"
BODIES = text("SELECT convert_from(body, 'UTF8') FROM opening ORDER BY record_id")
ENROL = "/act/party.enrol"


@dataclass
class Log:
    """What was written since the test began."""

    counter: Counter
    before: frozenset[str]

    def new(self) -> list[dict[str, Any]]:
        return [body for body in bodies(self.counter) if body["id"] not in self.before]

    def turned(self) -> list[dict[str, Any]]:
        return [body for body in self.new() if body["action"] == TURNED_AWAY]

    def refused(self) -> list[str]:
        return [body["action"] for body in self.new() if "refused" in body["outcome"]]


def bodies(counter: Counter) -> list[dict[str, Any]]:
    with counter.house.platform.read() as session:
        return [json.loads(body) for body in session.scalars(BODIES)]


@pytest.fixture
def log(counter: Counter) -> Log:
    return Log(counter, frozenset(body["id"] for body in bodies(counter)))


@pytest.fixture
def keeper(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.ADMINISTRATOR)


@pytest.fixture
def person(counter: Counter, keeper: Actor) -> Person:
    return counter.person(keeper)


def sent(
    person: Person, path: str, body: bytes | str, kind: str = "application/json"
) -> TestResponse:
    headers = {"Authorization": f"Bearer {person.token}", "Content-Type": kind}
    return person.client.post(path, data=body, headers=headers)


def forged(person: Person) -> TestResponse:
    return person.client.post(ENROL, data={"csrf": "0" * 64, "name": "李四"})


def other_office(person: Person) -> TestResponse:
    return person.post(ENROL, name="李四", office=str(uuid4()))


def no_json(person: Person) -> TestResponse:
    return sent(person, "/api/v1/acts/party.enrol", "{")


def no_form(person: Person) -> TestResponse:
    return sent(person, "/api/v1/acts/party.enrol", "<x/>", "text/xml")


def no_trade(person: Person) -> TestResponse:
    told = {"project": "no such trade", "inputs": {}}
    return sent(person, "/api/v1/acts/project.accept", json.dumps(told))


def no_word(person: Person) -> TestResponse:
    return person.client.post("/api/v1/acts/party.enrol", json={"inputs": {}})


def anothers_page(person: Person) -> TestResponse:
    return person.client.get("/orders")


@pytest.mark.parametrize(
    ("attempt", "status", "code", "address"),
    [
        (forged, 403, "not_allowed", "/act/<name>"),
        (other_office, 403, "not_allowed", "/act/<name>"),
        (no_json, 400, "turned_away", "/api/v1/acts/<name>"),
        (no_form, 415, "turned_away", "/api/v1/acts/<name>"),
        (no_trade, 404, "turned_away", "/api/v1/acts/<name>"),
        (no_word, 403, "not_allowed", "/api/v1/acts/<name>"),
        (anothers_page, 403, "turned_away", "/orders"),
    ],
    ids=lambda each: each.__name__ if callable(each) else "",
)
def test_who_is_turned_away_is_on_record_with_what_was_asked_for(
    log: Log, keeper: Actor, person: Person,
    attempt: Callable[[Person], TestResponse], status: int, code: str, address: str,
) -> None:  # fmt: skip
    assert attempt(person).status_code == status
    [body] = log.turned()
    assert body["outcome"]["refused"] == code
    assert body["actor"]["id"] == str(keeper.person)
    assert (body["facts"]["address"], body["facts"]["status"]) == (address, status)
    assert "李四" not in json.dumps(body, ensure_ascii=False), "nothing that was typed is in it"


def test_a_password_that_was_not_confirmed_is_on_record(
    counter: Counter, log: Log, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = counter.keeping.gate
    late = dataclasses.replace(gate.policy, confirmed=timedelta(seconds=-1))
    strict = dataclasses.replace(counter.keeping, gate=dataclasses.replace(gate, policy=late))
    monkeypatch.setitem(counter.app.extensions, "accounts", strict)
    answer = person.act("party.dismiss", None, appointment=str(uuid4()))
    assert answer.status_code == 422
    [body] = log.turned()
    assert body["outcome"]["refused"] == "confirm"
    assert body["facts"]["deed"] == "party.dismiss"


def test_an_office_that_has_ended_and_a_session_that_has_are_on_record(
    counter: Counter, log: Log, person: Person
) -> None:
    platform = counter.house.platform
    office = counter.keeping.gate.enter(person.token).appointment
    platform.perform(dismiss, SYSTEM, None, appointment=office)
    assert person.post(ENROL, name="李四").status_code == 401
    [first] = log.turned()
    assert first["actor"]["role"] == Role.SYSTEM.value, "nobody acts under that office any more"
    account = first["subject"]
    assert UUID(account)
    other = counter.person(an_actor(platform, Role.CENTRE))
    counter.keeping.sign_out(other.token)
    assert sent(other, "/api/v1/acts/party.enrol", "{}").status_code == 401
    _, second = log.turned()
    assert UUID(second["subject"])
    assert second["subject"] != account


@pytest.mark.parametrize(
    ("role", "times"), [(Role.TENDERER, 0), (Role.EXPERT, 3), (Role.DISCIPLINE, 3)]
)
def test_nobody_learns_that_a_tenderer_an_expert_or_discipline_was_there(
    counter: Counter, role: Role, times: int
) -> None:
    platform = counter.house.platform
    actor = an_actor(platform, role)
    project = an_accepted_trade(platform).id
    person = counter.person(actor)
    key = secrets.token_bytes(32).hex()
    proof = {"public_key": key, "signature": "00" * 64, "challenge": "0" * 64}
    log = Log(counter, frozenset(body["id"] for body in bodies(counter)))
    assert sent(person, f"/api/v1/mask/{project}", json.dumps(proof)).status_code >= 400
    assert sent(person, "/api/v1/acts/question.ask", "{").status_code == 400
    assert forged(person).status_code == 403
    told = log.new()
    assert [body["action"] for body in told] == [TURNED_AWAY] * times
    whole = json.dumps(told)
    found = counter.keeping.gate.ended(person.token)
    assert found
    for secret in (actor.person, actor.org, project, found.account, found.session):
        assert str(secret) not in whole
    for body in told:
        assert body["facts"] == {}
        assert body["actor"]["role"] == Role.SYSTEM.value
        assert body["outcome"] == {
            "refused": "turned_away", "rule": "trading/account/turning.py", "field": "",
        }  # fmt: skip


def test_what_an_action_refused_is_recorded_once_and_a_second_look_not_at_all(
    log: Log, person: Person
) -> None:
    assert person.post(ENROL, name="").status_code == 422
    assert log.refused() == ["party.enrol"]
    assert person.post(ENROL, name="李四").status_code == 303
    assert person.client.get("/no/such/page").status_code == 404
    assert log.refused() == ["party.enrol"]


def test_a_stranger_leaves_nothing_however_often_he_knocks(counter: Counter) -> None:
    client = counter.app.test_client()
    before = len(bodies(counter))
    for token in ("", "no-such-token"):
        client.set_cookie("session", token)
        for path in (ENROL, "/api/v1/acts/party.enrol", "/switch"):
            assert client.post(path, data={"csrf": "x"}).status_code in {303, 401}
    assert len(bodies(counter)) == before


def test_who_goes_on_and_on_fills_the_log_with_the_first_of_each_wait_alone(
    log: Log, person: Person
) -> None:
    for _ in range(TURNED.free + 30):
        assert forged(person).status_code == 403
    assert len(log.turned()) == TURNED.free + 1


def test_the_inspector_sees_it_and_the_centre_does_not(log: Log, person: Person) -> None:
    assert forged(person).status_code == 403
    [body] = log.turned()
    now = frozenset({When.NOW})
    sees = {each for each in Audience if may_see(body, Viewer(each, uuid4(), frozenset()), now)}
    assert sees == {Audience.INSPECTOR, Audience.DISCIPLINE}
