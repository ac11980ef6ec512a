"""Every address: public by a list, or for somebody who is there; what changes things is an act."""

import re
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from experts.ceremony.mail.paper import Step
from monitor.record.action import ACTIONS
from monitor.role import Role
from tests.browser.address import SPOTS, UNGATED
from tests.webui.page.signed_in import Program, program
from tests.webui.performing import KEEPS_NOTHING, PERFORMS
from trading import board
from webui.deed.book import deeds
from webui.page.answer.recording import table
from webui.page.source import Source

PUBLIC = {
    "/", "/rooms", "/verify", "/keys.txt", "/notices.atom", "/venues.ics", "/healthz", "/readyz",
    "/metrics", "/log/checkpoint", "/log/tile/<path:path>", "/static/<name>",
    "/project/<name>", "/project/<name>/opening", "/project/<uuid:project>/opening-record/<uuid:section>",
    "/record/<uuid:record>", "/record/<uuid:record>.body", "/record/<uuid:record>.tlog-proof",
    "/sign-in", "/invitation", "/guide", "/report", "/promises", "/apply", "/apply/<name>", "/agencies", "/agencies.csv",
    "/api/v1/openapi.json", "/api/v1/time", "/api/v1/projects", "/api/v1/projects/<name>",
    "/api/v1/projects/<name>/frame", "/api/v1/projects/<name>/opening", "/api/v1/records/<uuid:record>",
    "/api/v1/log/proof/<int:index>", "/api/v1/rooms", "/agencies/<uuid:organisation>",
    "/draw/<uuid:number>", "/draw/<uuid:number>/hall", "/draw/<uuid:number>/papers",
    "/project/<uuid:project>/document/<sha256>", "/api/v1/draws/<uuid:number>/bundle",
}  # fmt: skip
"""What anybody may read."""

ELSEWHERE = {
    "account": "pages of their own (webui/page/office/account.py) and /api/v1/session",
    "account.invite": "/people/<person>/invite: a deed's answer is kept, and its token must not be",
    "archive.file": "the worker, once the close is witnessed (webui/serve/work/job/archive.py)",
    "arrival.stamp": "with bid.submit",
    "award.file": "the worker, where the seal is a stand-in (webui/serve/work/job/letter.py)",
    "bid.submit": "/bid/<project>/submit and /api/v1/bids (webui/deed/handing.py), in blocks",
    "secret.look": "with the reading itself (webui/page/answer/recording.py)",
    "supervision.look": "with the reading itself",
    "member.look": "with the reading itself",
    "object.resend": "/bid/<project>/object and /api/v1/bids/<project>/objects, of any size",
    "inspection.import": "/inspections: its answer is a report of many lines",
    "panel.delegate": "/panel/<project>/delegate: the token it makes must be kept nowhere",
    "paper.keep": "inside the deeds that bring a paper (keep_beside); alone, by no page yet",
    "pool.import": "/pool/import: its answer is a report of many lines",
}
"""Where people do what no deed does: by an action's name, or by the noun of several."""

ACCOUNTS = {
    Role.TENDEREE: "owner",
    Role.TENDERER: "newcomer",
    Role.CENTRE: "clerk",
    Role.FINANCE: "cashier",
    Role.TRUSTEE: "trustee-1",
    Role.DEPARTMENT: "inspector",
    Role.DISCIPLINE: "discipline",
    Role.ADMINISTRATOR: "administrator",
    Role.AGENCY: "agency",
}


ANYBODY = {
    "POST /sign-in": "one comes in by it", "POST /api/v1/session": "one comes in by it",
    "POST /invitation": "the token in it is the right", "POST /apply": "for who is nobody yet",
    "POST /report": "a tip keeps no name", "POST /report/state": "by the number of a tip",
    "POST /api/v1/outages": "a witness's signed note is the right",
    "POST /demo/advance": "of a demo folder alone", "POST /demo/act-as": "of a demo folder alone",
}  # fmt: skip
"""Addresses that are sent to by people who are not signed in: there the rest is refused."""
ENDS = {"POST /sign-out": "/"}
"""Where nobody is led whose session is over already."""
HEADS = {"Origin": "http://localhost", "Tus-Resumable": "1.0.0"}
PIECE = "application/offset+octet-stream"


def readings(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}


def doings(app: Flask) -> set[str]:
    """Every address that takes something, each with each of its methods."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }


def sent(client: FlaskClient, doing: str, project: object, origin: str = "") -> TestResponse:
    """Send what says nothing to an address, by its own method and in the form that it reads."""
    method, _, rule = doing.partition(" ")
    told: dict[str, Any] = {"json": {}} if rule.startswith("/api/") else {"data": {}}
    if method == "PATCH":
        told = {"data": b"x", "content_type": PIECE}
    heads = HEADS | ({"Origin": origin} if origin else {})
    return client.open(address(rule, project), method=method, headers=heads, **told)


def asks_who(answer: TestResponse) -> bool:
    """Tell whether an answer asks who is there, or says that nobody is."""
    if answer.status_code == 303:
        return answer.location.startswith("/sign-in?next=") or answer.location == "/sign-in"
    return answer.status_code in {401, 403}


def address(rule: str, project: object) -> str:
    """An address of a rule, its places filled with something that is of the right form."""
    fills = {
        "<uuid:project>": str(project), "<uuid:section>": str(uuid4()),
        "<uuid:record>": str(uuid4()), "<name>": str(project), "<path:path>": "0/000",
        "<int:index>": "0", "<int:k>": "0", "<step>": next(iter(Step)),
    }  # fmt: skip
    if rule.startswith(("/act/", "/api/v1/acts/")):
        fills["<name>"] = next(iter(deeds()))
    for place, value in fills.items():
        rule = rule.replace(place, value)
    rule = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule)
    return re.sub(r"<uuid:\w+>", str(uuid4()), rule)


def test_what_is_not_public_asks_who_is_there(
    app: Flask, client: FlaskClient, entry: board.Entry
) -> None:
    open_to_all = []
    for rule in sorted(readings(app) - PUBLIC):
        answer = client.get(address(rule, entry.project))
        if not asks_who(answer):
            open_to_all.append(f"{rule}: {answer.status_code}")
    assert open_to_all == []


def test_the_public_list_names_what_there_is_and_all_that_the_table_of_readings_calls_so(
    app: Flask,
) -> None:
    assert readings(app) >= PUBLIC
    assert set(table()["open"]) <= PUBLIC


def test_every_address_that_is_sent_to_performs_a_declared_action(app: Flask) -> None:
    assert doings(app) == set(PERFORMS)
    named = {name for names in PERFORMS.values() for name in names.split()} - {"*"}
    assert named <= set(ACTIONS)
    assert {doing for doing, names in PERFORMS.items() if not names} == set(KEEPS_NOTHING)


def test_every_act_of_a_person_has_a_deed_or_a_place_that_is_written_down() -> None:
    people = {name for name, each in ACTIONS.items() if each.by - {Role.SYSTEM}}
    lacking = people - set(deeds())
    places = {name: name if name in ELSEWHERE else name.partition(".")[0] for name in lacking}
    assert {name for name, place in places.items() if place not in ELSEWHERE} == set()
    assert set(ELSEWHERE) - set(places.values()) == set(), "written down for what needs no place"


@pytest.mark.parametrize("origin", ["", "http://x"])
def test_nobody_can_send_anything_without_being_there(
    app: Flask, client: FlaskClient, entry: board.Entry, origin: str
) -> None:
    let_in = []
    for doing in sorted(doings(app)):
        answer = sent(client, doing, entry.project, origin)
        if doing in ENDS:
            assert answer.location == ENDS[doing]
            continue
        foreign = origin and doing.partition(" ")[2].startswith("/demo/")
        is_open = doing in ANYBODY or foreign
        if not (400 <= answer.status_code < 500 if is_open else asks_who(answer)):
            let_in.append(f"{doing}: {answer.status_code} {answer.headers.get('Location', '')}")
    assert let_in == []
    assert set(ANYBODY) <= doings(app)


@pytest.fixture(scope="module")
def programs(app: Flask) -> dict[Role, Program]:
    return {role: program(app, account) for role, account in ACCOUNTS.items()}


@pytest.fixture(scope="module")
def projects(source: Source) -> list[str]:
    """A trade that is done, one that is accepted only, and one that is not there."""
    with source.platform.read() as session:
        return [str(each.project) for each in board.search(session, source.now)]


@pytest.mark.parametrize("role", ACCOUNTS)
def test_a_role_is_refused_every_deed_that_is_not_its_own(
    programs: dict[Role, Program], projects: list[str], role: Role
) -> None:
    let_in = []
    foreign = [deed for deed in deeds().values() if role not in deed.action.by]
    assert foreign
    for deed in foreign:
        for project in projects:
            answer = programs[role].act(deed.name, project)
            if answer.status_code != 403:
                let_in.append(f"{deed.name} in {project}: {answer.status_code}")
    assert let_in == []


def gated(app: Flask) -> set[str]:
    """The addresses that the browser's gate walks."""
    there = app.url_map.bind("localhost")
    places = dict.fromkeys(("project", "record", "second", "person"), str(uuid4()))
    found = set()
    for spot in SPOTS.values():
        path = spot.path.partition("?")[0].format(code="E1", **places)
        if spot.name != "error":
            found.add(str(there.match(path, return_rule=True)[0]))
    return found


def test_every_page_stands_in_the_browsers_gate_or_on_the_list_of_those_that_do_not(
    app: Flask,
) -> None:
    pages = {rule for rule in readings(app) if not rule.startswith("/api/")}
    walked = gated(app)
    assert pages - walked - set(UNGATED) == set(), (
        "a page without a row in tests/browser/address.py"
    )
    assert set(UNGATED) - pages == set(), "a reason for what is not served"
    assert walked & set(UNGATED) == set(), "a reason for what the gate walks"
    assert all(UNGATED.values())
