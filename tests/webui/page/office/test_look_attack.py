"""Attacks on looks: who reads a secret and would leave no trace, and who spies on supervision."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from monitor.record.disclosure import Audience, custody
from monitor.role import SYSTEM, Actor, Role
from tests.builders import a_standing, an_actor
from tests.webui.page.counter import Counter
from tests.webui.page.office.test_finance import Fees
from tests.webui.page.office.test_recording import SECRET, fees, looks, seen, to
from trading.registration.party import Person
from trading.supervision.card.check import points
from trading.supervision.card.judging import judge
from trading.supervision.case import close, open_case
from trading.supervision.look import SPAN, inspect, keep

__all__ = ["fees"]
LONG_AGO = "Mon, 01 Jan 2001 00:00:00 GMT"
FAR_OFF = "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CENTRE])
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}), ("HEAD", {}), ("GET", {"Range": "bytes=0-9"}),
        ("GET", {"Range": "bytes=100-", "If-Range": '"any"'}), ("GET", {"If-None-Match": "*"}),
        ("GET", {"If-Modified-Since": FAR_OFF}), ("GET", {"If-Unmodified-Since": LONG_AGO}),
        ("GET", {"Accept": "application/json"}), ("GET", {"Accept-Encoding": "gzip"}),
        ("GET", {"HX-Request": "true"}), ("GET", {"X-HTTP-Method-Override": "OPTIONS"}),
        ("HEAD", {"If-None-Match": "*"}), ("GET", {"Purpose": "prefetch"}),
    ],
)  # fmt: skip
def test_no_way_of_asking_for_a_page_reads_it_without_a_trace(
    counter: Counter, role: Role, method: str, headers: dict[str, str]
) -> None:
    page = {Role.ADMINISTRATOR: "/people", Role.CENTRE: "/pool"}[role]
    spy = an_actor(counter.house.platform, role)
    answer = counter.person(spy).client.open(page, method=method, headers=headers)
    assert answer.status_code < 400
    assert len(looks(counter, spy)) == 1


@pytest.mark.parametrize("method", ["OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_a_method_that_leaves_no_trace_is_told_nothing(
    counter: Counter, fees: Fees, method: str
) -> None:
    fees.close()
    spy = counter.person(fees.second)
    answer = spy.client.open(f"/finance/{fees.project}", method=method)
    assert SECRET not in answer.text
    assert looks(counter, fees.second) == []


def test_a_program_with_a_token_and_no_cookie_leaves_the_same_look(counter: Counter) -> None:
    spy = an_actor(counter.house.platform, Role.ADMINISTRATOR)
    token = counter.person(spy).token
    for path in ("/api/v1/people", "/api/v1/organisations", "/people"):
        program = counter.app.test_client()
        answer = program.get(path, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert len(looks(counter, spy)) == 1, "one kind outside of a trade is one look"


@pytest.mark.parametrize("name", ["deposits.csv", "journal.beancount"])
def test_a_download_is_a_look(counter: Counter, fees: Fees, name: str) -> None:
    fees.close()
    answer = counter.person(fees.first).client.get(f"/finance/{fees.project}/{name}")
    assert answer.status_code == 200
    assert len(looks(counter, fees.first, kind="deposits")) == 1


@pytest.mark.parametrize("csrf", ["right", "forged"])
@pytest.mark.parametrize("what", ["order", "approve", "confirm"])
def test_a_bad_form_that_is_answered_by_the_secret_page_is_a_look_at_it(
    counter: Counter, fees: Fees, what: str, csrf: str
) -> None:
    fees.close()
    spy = counter.person(fees.first)
    row = {"order": {"deposit": "none"}, "approve": {"refund": "none"}}.get(
        what, {"reference.none": "X"}
    )
    told = row | ({"csrf": "forged"} if csrf == "forged" else {})
    answer = spy.post(f"/finance/{fees.project}/{what}", **told)
    assert answer.status_code >= 400
    assert SECRET in answer.text
    assert len(looks(counter, fees.first, kind="deposits")) == 1


def test_an_administrators_bad_form_and_a_bad_invitation_are_looks(counter: Counter) -> None:
    platform = counter.house.platform
    spy, whom = (an_actor(platform, Role.ADMINISTRATOR) for _ in range(2))
    person = counter.person(spy)
    assert person.act("party.dismiss", None, appointment="none").status_code >= 400
    assert [each["kind"] for each in looks(counter, spy)] == ["form"]
    answer = person.post(f"/people/{whom.person}/invite", name="?")
    assert answer.status_code >= 400
    assert {each["kind"] for each in looks(counter, spy)} == {"form", "person"}


def test_a_machine_that_polls_leaves_one_look_a_span(counter: Counter, fees: Fees) -> None:
    fees.close()
    to(counter, 10)
    token, polls = counter.person(fees.first).token, 24
    for _ in range(polls):
        program = counter.app.test_client()
        path = f"/finance/{fees.project}/deposits.csv"
        answer = program.get(path, headers={"Authorization": f"Bearer {token}"})
        assert SECRET in answer.text
        counter.house.clock.wait(SPAN / polls * 2)
    assert len(looks(counter, fees.first)) == 2


def test_supervisions_looks_are_in_nothing_that_the_centre_is_shown_before_the_case_ends(
    counter: Counter, fees: Fees
) -> None:
    platform, project = counter.house.platform, fees.project
    discipline, spy = an_actor(platform, Role.DISCIPLINE), an_actor(platform, Role.CENTRE)
    case = platform.perform(open_case, discipline, project, title="线索", ground="来信")
    fees.close()
    counter.person(fees.first).get(fees.address)
    for method, path in (
        ("GET", f"/cards/{project}"), ("HEAD", f"/project/{project}"),
        ("GET", f"/api/v1/projects/{project}"), ("GET", "/cases"),
    ):  # fmt: skip
        assert counter.person(discipline).client.open(path, method=method).status_code == 200
    told = seen(counter, project, Audience.DISCIPLINE)
    mine = {str(each.record_id) for each in told if each.facts["action"] == inspect.name}
    assert len(mine) == 2, "its cards and its records"
    counter.house.settle()
    person = counter.person(spy)

    def shown() -> str:
        pages = [f"/project/{project}", f"/desk/{project}", f"/api/v1/projects/{project}", "/wall",
                 f"/api/v1/projects/{project}/frame?after=0", "/wall/frame?after=0"]  # fmt: skip
        return "".join(plain(person.client.get(page).text) for page in pages)

    assert not [record for record in mine if record in shown()]
    for record in mine:
        for path in (f"/record/{record}", f"/record/{record}.body", f"/api/v1/records/{record}",
                     f"/record/{record}.tlog-proof"):  # fmt: skip
            assert person.client.get(path).status_code == 404
    with platform.read() as session:
        kept = [each for each in custody(session, project) if str(each.record_id) in mine]
    assert [each.body for each in kept] == [b"", b""]
    platform.perform(close, discipline, project, case=case, finding="查无实据")
    assert all(person.client.get(f"/record/{record}").status_code == 200 for record in mine)


def plain(page: str) -> str:
    """A page, with the bodies of its records read."""
    try:
        told: Any = json.loads(page)
    except ValueError:
        return page
    found = told.get("records", ()) if isinstance(told, dict) else ()
    bodies = [base64.b64decode(each["body"]).decode() for each in found if each.get("body")]
    return page + "".join(bodies)


@pytest.mark.parametrize("inspector", [Role.DEPARTMENT, Role.DISCIPLINE])
def test_an_unusual_look_outside_of_any_trade_reaches_the_inspectors_and_nobody_else(
    counter: Counter, inspector: Role
) -> None:
    platform = counter.house.platform
    watcher, spy = an_actor(platform, inspector), an_actor(platform, Role.ADMINISTRATOR)
    to(counter, 23)
    name = a_name(counter, spy)
    assert name not in counter.person(watcher).get("/cards")
    counter.person(spy).get("/people")
    page = counter.person(watcher).get("/cards")
    assert name in page
    assert "夜间查阅未公开内容" in page
    assert 'href="/cards#looks"' in counter.person(watcher).get("/tasks")
    for role in (Role.CENTRE, Role.ADMINISTRATOR, Role.FINANCE, Role.TENDEREE):
        other = counter.person(an_actor(platform, role)).client
        assert name not in other.get("/cards").text
        assert "/cards#looks" not in other.get("/tasks").text
    counter.house.clock.wait(timedelta(days=31))
    assert name not in counter.person(watcher).get("/cards")


def a_name(counter: Counter, actor: Actor) -> str:
    """The name of a person."""
    with counter.house.platform.read() as session:
        return str(session.get_one(Person, actor.person).name)


@pytest.mark.parametrize("address", ["/people", "/draws"])
def test_who_reads_a_list_page_by_page_looks_at_many(
    counter: Counter, fees: Fees, address: str
) -> None:
    to(counter, 10)
    role = Role.ADMINISTRATOR if address == "/people" else Role.CENTRE
    who, limit = an_actor(counter.house.platform, role), points()["archive.looks"].limit
    reader = counter.person(who)
    for number in range(1, limit + 2):
        for _ in range(2):
            assert reader.client.get(f"{address}?page={number}").status_code == 200
    signs = [each["unusual"] for each in looks(counter, who)]
    assert signs == [[]] * limit + [["many"]], "the same page again is the same look"


def test_an_administrators_look_in_a_trade_is_on_that_trades_cards(
    counter: Counter, fees: Fees
) -> None:
    platform = counter.house.platform
    department = a_standing(platform, fees.project, an_actor(platform, Role.DEPARTMENT))
    spy = an_actor(platform, Role.ADMINISTRATOR)
    to(counter, 10)
    platform.perform(keep, spy, fees.project, kind="form", what="")
    assert looks(counter, spy)[0]["unusual"] == ["early"]
    platform.perform(judge, SYSTEM, fees.project)
    assert "投标期间无待办事项而查阅未公开内容" in counter.person(department).get("/cards")
