"""Every address: public by a list, or for somebody who is there; what changes things is an act."""

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitor.record.action import ACTIONS
from monitor.role import Role
from tests.webui.page.signed_in import Program, program
from trading import board
from webui.deed.book import deeds
from webui.page.source import Source

PUBLIC = {
    "/", "/rooms", "/verify", "/keys.txt", "/notices.atom", "/venues.ics", "/healthz", "/readyz",
    "/metrics", "/log/checkpoint", "/log/tile/<path:path>", "/static/<name>",
    "/project/<name>", "/project/<uuid:project>/opening-record/<uuid:section>",
    "/record/<uuid:record>", "/record/<uuid:record>.body", "/record/<uuid:record>.tlog-proof",
    "/sign-in", "/invitation", "/guide", "/report", "/promises", "/apply", "/apply/<name>", "/agencies", "/agencies.csv",
    "/api/v1/openapi.json", "/api/v1/time", "/api/v1/projects", "/api/v1/projects/<name>",
    "/api/v1/projects/<name>/frame", "/api/v1/projects/<name>/opening", "/api/v1/records/<uuid:record>",
    "/api/v1/log/proof/<int:index>", "/api/v1/rooms",
}  # fmt: skip
"""What anybody may read."""

PERFORMS = {
    "/sign-in": "account.sign_in",
    "/sign-out": "account.sign_out",
    "/switch": "account.switch",
    "/account/revoke": "account.revoke",
    "/account/password": "account.change_password",
    "/account/second-factor": "account.enrol_totp",
    "/invitation": "account.set_password",
    "/demo/advance": "clock.advance",
    "/demo/act-as": "account.sign_in",
    "/demo/pay": "deposit.receive",
    "/api/v1/session": "account.sign_in account.sign_out",
    "/api/v1/mask/<uuid:project>": "",  # proves a key; nothing of it is kept anywhere
    "/bid/<uuid:project>/key": "",  # proves a key; nothing of it is kept anywhere
    "/bid/<uuid:project>/submit": "arrival.stamp bid.submit",
    "/api/v1/bids/<uuid:project>": "arrival.stamp bid.submit",
    "/bid/<uuid:project>/object": "object.resend",
    "/api/v1/bids/<uuid:project>/objects": "object.resend",
    # on their way to bid.submit, which a refused manifest, object or piece is a refused one of
    "/api/v1/bids/<uuid:project>/uploads/<uuid:upload>": "bid.submit",
    "/files/<uuid:project>": "bid.submit",
    "/files/<uuid:project>/<uuid:upload>/<name>": "bid.submit",
    "/api/v1/outages": "outage.measure",
    "/report": "tip.file",
    "/report/state": "tip.ask",
    "/paper": "paper.read",
    "/paper/confirm": "paper.confirm",
    "/finance/<uuid:project>/<any(order, approve):what>": (
        "deposit.order_refund deposit.approve_refund"
    ),
    "/finance/<uuid:project>/confirm": "deposit.confirm_refund",
    "/panel/seat": "panel.check_in panel.attend",
    "/panel/<uuid:project>/delegate": "panel.delegate",
    "/expert/answer": "draw.answer",
    "/pool/import": "pool.import",
    "/apply": "expert.apply",
    "/inspections": "inspection.import",
    "/panel/<uuid:project>/<any(promise, score, reject, correct, sign, report):what>": (
        "panel.promise evaluation.score evaluation.reject evaluation.correct_price "
        "evaluation.sign evaluation.report"
    ),
    "/people/<uuid:person>/invite": "account.invite",
    "/act/<name>": "*",
    "/api/v1/acts/<name>": "*",
}
"""What an address that is posted to performs: the names of declared actions."""

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


def rules(app: Flask, *, reading: bool) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if reading and "GET" in methods:
            yield rule.rule
        if not reading and methods - {"GET"}:
            yield rule.rule


def address(rule: str, project: object) -> str:
    """An address of a rule, its places filled with something that is of the right form."""
    fills = {
        "<uuid:project>": str(project), "<uuid:section>": str(uuid4()),
        "<uuid:record>": str(uuid4()), "<name>": str(project), "<path:path>": "0/000",
        "<int:index>": "0",
    }  # fmt: skip
    for place, value in fills.items():
        rule = rule.replace(place, value)
    return re.sub(r"<uuid:\w+>", str(uuid4()), rule)


def test_what_is_not_public_asks_who_is_there(
    app: Flask, client: FlaskClient, entry: board.Entry
) -> None:
    open_to_all = []
    for rule in sorted(set(rules(app, reading=True)) - PUBLIC):
        answer = client.get(address(rule, entry.project))
        asked = answer.status_code == 303 and answer.location.startswith("/sign-in")
        if not asked and answer.status_code not in {401, 403, 404}:
            open_to_all.append(f"{rule}: {answer.status_code}")
    assert open_to_all == []


def test_the_public_list_names_what_there_is(app: Flask) -> None:
    assert set(rules(app, reading=True)) >= PUBLIC


def test_every_address_that_is_posted_to_performs_a_declared_action(app: Flask) -> None:
    found = set(rules(app, reading=False))
    assert found == set(PERFORMS)
    named = {name for names in PERFORMS.values() for name in names.split()} - {"*"}
    assert named <= set(ACTIONS)


def test_every_act_of_a_person_has_a_deed_or_a_place_that_is_written_down() -> None:
    people = {name for name, each in ACTIONS.items() if each.by - {Role.SYSTEM}}
    lacking = people - set(deeds())
    places = {name: name if name in ELSEWHERE else name.partition(".")[0] for name in lacking}
    assert {name for name, place in places.items() if place not in ELSEWHERE} == set()
    assert set(ELSEWHERE) - set(places.values()) == set(), "written down for what needs no place"


def test_nobody_can_post_without_being_there(
    app: Flask, client: FlaskClient, entry: board.Entry
) -> None:
    done = []
    for rule in sorted(rules(app, reading=False)):
        if rule.startswith("/demo/"):
            continue  # asks for the Origin of this very host: test_demo_bar.py
        answer = client.post(address(rule, entry.project), data={}, headers={"Origin": "http://x"})
        if answer.status_code < 300 or (
            answer.status_code == 303 and not answer.location.startswith(("/sign-in", "/"))
        ):
            done.append(f"{rule}: {answer.status_code}")
    assert done == []


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
