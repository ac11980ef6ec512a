"""The administrator's pages: a colleague comes in, every refusal is told, the token is nowhere."""

import json
import logging
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.role import NOBODY, SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.builders import a_credit_code, an_actor, an_organisation
from tests.trading.account.test_secrecy import cached, kept, spellings
from tests.webui.page.counter import HERE, WORD, Counter, Person
from trading.account.account import running
from trading.account.door import Attempt
from trading.account.entry import Wrong
from trading.registration.directory import State, person_known
from trading.registration.party import Kind, appoint, enrol
from trading.supervision.look import LOOKS

TOKEN = re.compile(r"data-token>([\w-]{43})<")
FOREIGN = (Role.CENTRE, Role.TENDEREE, Role.DEPARTMENT, Role.DISCIPLINE, Role.TENDERER)


@dataclass
class Office:
    """An administrator at work."""

    counter: Counter
    actor: Actor
    person: Person

    def enrolled(self, name: str = "新同事") -> UUID:
        """Somebody enrolled by the form; the id."""
        answer = self.person.act("party.enrol", None, name=name)
        assert answer.status_code == 303, answer.text
        return UUID(re.findall(r"/people/([0-9a-f-]{36})", answer.location)[0])

    def appointed(self, person: UUID, org: UUID, role: Role = Role.TENDEREE) -> TestResponse:
        return self.person.act(
            "party.appoint", None, person=str(person), organisation=str(org), role=role.value
        )

    def invited(self, person: UUID, **form: str) -> TestResponse:
        return self.person.post(f"/people/{person}/invite", **form)

    def token(self, person: UUID, **form: str) -> str:
        answer = self.invited(person, **form)
        assert answer.status_code == 200, answer.text
        [found] = TOKEN.findall(answer.text)
        return str(found)

    def last(self) -> dict[str, Any]:
        """The facts of the newest record outside of a trade, but of who looked at a form since."""
        with self.counter.house.platform.read() as session:
            told = [each.facts for each in timeline(session, NOBODY, Viewer(Audience.DISCIPLINE))]
        return next(each for each in reversed(told) if each["action"] not in LOOKS)


@pytest.fixture
def office(counter: Counter) -> Office:
    actor = an_actor(counter.house.platform, Role.ADMINISTRATOR)
    return Office(counter, actor, counter.person(actor))


def test_a_colleague_is_enrolled_appointed_invited_and_comes_in(
    office: Office, counter: Counter
) -> None:
    code, name = a_credit_code(), f"u{uuid4().hex[:12]}"
    told = {"uscc": f" {code.lower()} ", "name": "新业主单位", "kind": "institution"}
    done = office.person.act("party.register", None, **told)
    assert done.status_code == 303
    assert "新业主单位" in office.person.get(done.location)
    org = UUID(_people(office, f"/api/v1/organisations?q={code}")["organisations"][0]["id"])
    person = office.enrolled("王新")
    page = office.person.get(f"/people/{person}")
    assert f"/act/party.appoint?person={person}" in page
    form = office.person.get(f"/act/party.appoint?person={person}&organisation={org}")
    assert f'<option value="{person}" selected>' in form
    assert f'<option value="{org}" selected>' in form
    there = office.appointed(person, org)
    assert there.location.startswith(f"/people/{person}?done=")
    page = office.person.get(there.location)
    assert "新业主单位" in page
    assert "已办结：" in page
    assert f"/people/{person}/invite" in page
    token = office.token(person, name=name)
    visitor = counter.app.test_client()
    csrf = re.findall(r'name="csrf" value="([^"]*)"', visitor.get("/invitation").text)[-1]
    set_ = {"csrf": csrf, "invitation": token, "password": WORD, "again": WORD}
    assert visitor.post("/invitation", data=set_).status_code == 303
    csrf = re.findall(r'name="csrf" value="([^"]*)"', visitor.get("/sign-in").text)[-1]
    answer = visitor.post("/sign-in", data={"csrf": csrf, "name": name, "password": WORD})
    assert (answer.status_code, answer.location) == (303, "/tasks")
    assert "新业主单位" in visitor.get("/tasks").text
    [row] = _people(office, f"/api/v1/people?q={name}")["people"]
    assert (row["name"], row["state"], row["second_factor"]) == ("王新", "active", False)
    assert row["appointments"][0]["role"] == "tenderee"


def _people(office: Office, path: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(office.person.get(path))
    return told


@pytest.mark.parametrize(
    ("deed", "changed", "field", "words", "kept_words"),
    [
        ("party.register", {"uscc": "91350100M000100Y44"}, "uscc", "校验码不符", "某某单位"),
        ("party.register", {"uscc": "9135"}, "uscc", "应为18位", "某某单位"),
        ("party.register", {"uscc": ""}, "uscc", "请填写此项", "某某单位"),
        ("party.register", {"kind": "club"}, "kind", "请从列表中选择", "某某单位"),
        ("party.register", {"name": "  "}, "name", "请填写此项", "91350100M000100Y43"),
        ("party.register", {"name": "长" * 201}, "name", "不超过200字", "91350100M000100Y43"),
        ("party.register", {"name": "a\ufffdb"}, "name", "无法识别的编码", "91350100M000100Y43"),
        ("party.register", {"name": "a\u0000b"}, "name", "不可见字符", "91350100M000100Y43"),
        ("party.enrol", {"name": ""}, "name", "请填写此项", ""),
        ("party.enrol", {"name": "长" * 201}, "name", "不超过200字", "长" * 201),
        ("party.appoint", {"person": str(uuid4())}, "person", "没有此人", "tenderee"),
        ("party.appoint", {"person": "nobody"}, "person", "请从列表中选择", "tenderee"),
        ("party.appoint", {"organisation": str(uuid4())}, "organisation", "没有此单位", "tenderee"),
        ("party.appoint", {"role": "centre"}, "role", "该类单位的人员不得任此岗位", "centre"),
        ("party.appoint", {"role": "king"}, "role", "请从列表中选择", ""),
        ("party.appoint", {"category": "works"}, "category", "仅行政监督部门", "works"),
        ("party.dismiss", {"appointment": str(uuid4())}, "appointment", "没有有效的任职", ""),
        ("account.expel", {"person": str(uuid4())}, "person", "没有此账号", ""),
    ],
)
def test_a_wrong_form_names_field_and_rule_keeps_what_was_typed_and_is_on_record(
    office: Office, deed: str, changed: dict[str, str], field: str, words: str, kept_words: str
) -> None:
    right = {
        "party.register": {"uscc": "91350100M000100Y43", "name": "某某单位", "kind": "company"},
        "party.appoint": {
            "person": str(office.enrolled()), "role": "tenderee",
            "organisation": str(an_organisation(office.counter.house.platform)),
        },
    }.get(deed, {})  # fmt: skip
    answer = office.person.act(deed, None, **{**right, **changed})
    assert answer.status_code in (403, 404, 422)
    assert words in answer.text
    assert f'id="e-{field}"' in answer.text
    assert kept_words in answer.text
    if kept_words in ("tenderee", "works", "centre"):
        assert f'<option value="{kept_words}" selected>' in answer.text
    last = office.last()
    assert (last["action"], "refused" in last["outcome"]) == (deed, True)
    if field == "uscc" and words != "请填写此项":
        assert "GB 32100-2015" in _summary(answer.text)
        assert last["outcome"]["rule"] == "GB 32100-2015"


def _summary(page: str) -> str:
    return page[page.index('class="summary"') : page.index("</ul>", page.index('class="summary"'))]


def test_what_is_there_already_is_not_made_again(office: Office) -> None:
    platform, code = office.counter.house.platform, a_credit_code()
    org = an_organisation(platform, uscc=code)
    told = {"uscc": code, "name": "同码单位", "kind": "company"}
    again = office.person.act("party.register", None, **told)
    assert "该单位已登记" in again.text
    assert "同码单位" in again.text
    assert office.last()["action"] == "party.register"
    person = office.enrolled()
    assert office.appointed(person, org).status_code == 303
    twice = office.appointed(person, org)
    assert "此人已任此职" in twice.text
    assert (office.last()["action"], "refused" in office.last()["outcome"]) == (
        "party.appoint", True,
    )  # fmt: skip
    taken = office.token(person, name="taken.name")
    assert taken
    other = office.enrolled()
    answer = office.invited(other, name="Taken.Name")
    assert "该登录名已被使用" in answer.text
    assert 'value="Taken.Name"' in answer.text
    assert office.last()["action"] == "account.invite"


def test_nobody_appoints_invites_or_dismisses_himself_and_is_told_so(office: Office) -> None:
    platform, own = office.counter.house.platform, office.actor
    page = office.person.get(f"/people/{own.person}")
    assert "不得任命、邀请或撤销自己" in page
    assert "/act/party." not in page
    assert "不得任命自己" in office.appointed(own.person, own.org, Role.CENTRE).text
    with platform.read() as session:
        [held] = running(session, own.person, platform.clock.now())
        appointment = str(held.id)
    refused = office.person.act("party.dismiss", None, appointment=appointment)
    assert "不得撤销自己的岗位" in refused.text
    answer = office.invited(own.person)
    assert answer.status_code == 403
    assert "不得邀请自己" in answer.text
    assert not TOKEN.search(answer.text)
    assert "refused" in office.last()["outcome"]
    office.person.get("/people")  # still there


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "请填写此项"), ("a", "3至64个"), ("有 空格", "3至64个"), ("x" * 65, "不超过64字"),
     ("a\ufffdbc", "无法识别的编码"), ("abc\u0000", "不可见字符")],
)  # fmt: skip
def test_a_wrong_account_name_is_told_kept_and_on_record(
    office: Office, name: str, words: str
) -> None:
    answer = office.invited(office.enrolled(), name=name)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'id="e-name"' in answer.text
    assert not TOKEN.search(answer.text)
    if name.isprintable():
        assert f'value="{name}"' in answer.text
    last = office.last()
    assert (last["action"], "refused" in last["outcome"]) == ("account.invite", True)


def test_nobody_there_cannot_be_invited_and_it_is_on_record(office: Office) -> None:
    office.person.get(f"/people/{uuid4()}", 404)
    office.person.get(f"/people/{uuid4()}/invite", 404)
    assert office.invited(uuid4(), name="some.name").status_code == 404
    last = office.last()
    assert (last["action"], "refused" in last["outcome"]) == ("account.invite", True)


@pytest.mark.parametrize("role", FOREIGN)
def test_nobody_else_reads_or_does_any_of_it(office: Office, role: Role) -> None:
    counter, platform = office.counter, office.counter.house.platform
    person = office.enrolled()
    stranger = counter.person(an_actor(platform, role))
    for path in ("/people", "/people/organisations", f"/people/{person}",
                 f"/people/{person}/invite", "/api/v1/people", "/api/v1/organisations"):  # fmt: skip
        assert "新同事" not in stranger.get(path, 403)
    forms = {
        "party.register": {"uscc": a_credit_code(), "name": "某某单位", "kind": "company"},
        "party.enrol": {"name": "某某"},
        "party.appoint": {"person": str(person), "organisation": str(uuid4()), "role": "centre"},
        "party.dismiss": {"appointment": str(uuid4())},
        "account.expel": {"person": str(person)},
    }
    for deed, form in forms.items():
        answer = stranger.act(deed, None, **form)
        assert answer.status_code == 403, deed
        assert office.last()["action"] == deed
        assert "新同事" not in stranger.get(f"/act/{deed}")
    answer = stranger.post(f"/people/{person}/invite", name="some.name")
    assert answer.status_code == 403
    assert not TOKEN.search(answer.text)
    last = office.last()
    assert (last["action"], "refused" in last["outcome"]) == ("account.invite", True)
    with platform.read() as session:
        known = person_known(session, person, platform.clock.now())
    assert known is not None
    assert known.state is State.NONE


def test_the_invitation_is_in_no_table_no_record_no_log_and_no_second_page(
    office: Office,
    database: Addresses,
    valkey: EmbeddedValkey,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    org = an_organisation(office.counter.house.platform)
    person = office.enrolled()
    office.appointed(person, org)
    key = uuid4().hex
    answer = office.invited(person, name="shown.once", once=key)
    [token] = TOKEN.findall(answer.text)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.text.count(token) == 2  # the address and the code, in one page
    assert f"/invitation#{token}" in answer.text
    assert "?" not in re.findall(r"data-address>([^<]*)<", answer.text)[0]
    again = office.invited(person, name="shown.once", once=key)
    assert token not in again.text
    [second] = TOKEN.findall(again.text)
    for path in (f"/people/{person}", f"/people/{person}/invite", "/people", "/tasks",
                 "/api/v1/people", "/people?q=shown.once"):  # fmt: skip
        page = office.person.get(path)
        assert token not in page
        assert second not in page
    office.counter.house.settle()
    everything = kept(database) + cached(valkey.url) + caplog.text.encode()
    assert b"shown.once" in everything  # it is read where it would stand
    for spelling in (*spellings(token), *spellings(second)):
        assert spelling not in everything
    with pytest.raises(Wrong):
        office.counter.keeping.door.sign_in(Attempt("shown.once", token), HERE)


def test_only_the_last_invitation_opens_and_only_once(office: Office) -> None:
    keeping, person = office.counter.keeping, office.enrolled()
    office.appointed(person, an_organisation(office.counter.house.platform))
    first = office.token(person, name="twice.invited")
    second = office.token(person)
    for token, opens in ((first, False), (second, True), (second, False)):
        visitor = office.counter.app.test_client()
        csrf = re.findall(r'name="csrf" value="([^"]*)"', visitor.get("/invitation").text)[-1]
        told = {"csrf": csrf, "invitation": token, "password": WORD, "again": WORD}
        assert (visitor.post("/invitation", data=told).status_code == 303) is opens
    assert keeping.door.sign_in(Attempt("twice.invited", WORD), HERE).token


def test_a_foreign_form_and_an_old_proof_make_no_invitation(office: Office) -> None:
    person = office.enrolled()
    forged = office.person.client.post(f"/people/{person}/invite", data={"name": "forged.name"})
    assert forged.status_code == 403
    assert not TOKEN.search(forged.text)
    office.counter.house.clock.wait(timedelta(minutes=6))
    asked = office.invited(person, name="late.name")
    assert "请再次验证身份" in asked.text
    assert 'value="late.name"' in asked.text
    assert not TOKEN.search(asked.text)
    wrong = office.invited(person, name="late.name", confirm_password="not the word at all")
    assert not TOKEN.search(wrong.text)
    assert office.token(person, name="late.name", confirm_password=WORD)


def test_whoever_is_dismissed_or_expelled_is_out_at_once(office: Office) -> None:
    platform, counter = office.counter.house.platform, office.counter
    actor = an_actor(platform, Role.CENTRE)
    there = counter.person(actor)
    page = office.person.get(f"/people/{actor.person}")
    assert f"/act/account.expel?person={actor.person}" in page
    assert office.person.act("account.expel", None, person=str(actor.person)).status_code == 303
    there.get("/desk", 303)
    there = counter.person(actor)
    [appointment] = re.findall(r"/act/party\.dismiss\?appointment=([0-9a-f-]{36})", page)
    form = office.person.get(f"/act/party.dismiss?appointment={appointment}")
    assert f'<option value="{appointment}" selected>' in form
    assert office.person.act("party.dismiss", None, appointment=appointment).status_code == 303
    there.get("/desk", 303)
    assert "尚无岗位" in office.person.get(f"/people/{actor.person}")


def test_lists_are_searched_filtered_and_paged(office: Office) -> None:
    platform = office.counter.house.platform
    org = an_organisation(platform, Kind.INSTITUTION, name="翻页研究所")
    for number in range(51):
        person = platform.perform(enrol, SYSTEM, None, name=f"翻页人{number}")
        platform.perform(appoint, SYSTEM, None, person=person, organisation=org, role=Role.TENDEREE)
    first = office.person.get("/people?q=翻页研究所&role=tenderee")
    assert first.count('role="rowheader"') == 50
    assert "page=2" in first
    second = office.person.get("/people?q=翻页研究所&role=tenderee&page=2")
    assert second.count('role="rowheader"') == 1
    assert "没有找到" in office.person.get("/people?q=翻页研究所&role=centre")
    assert "51" in office.person.get("/people/organisations?q=翻页研究所&kind=institution")
    assert "没有找到" in office.person.get("/people/organisations?q=翻页研究所&kind=centre")
    for odd in ("?page=0", "?page=-1", "?page=x", "?page=99999999999", "?role=king", "?q=%00%ff"):
        office.person.get(f"/people{odd}")
        office.person.get(f"/people/organisations{odd}")
    hostile = office.person.get("/people?q=<script>x")
    assert "<script>x" not in hostile


def test_the_tasks_of_an_administrator_lead_here_and_english_is_whole(office: Office) -> None:
    assert 'href="/people"' in office.person.get("/tasks")
    person = office.enrolled("Wang")
    for path in ("/people", "/people/organisations?q=nothing", f"/people/{person}",
                 f"/people/{person}/invite", "/act/party.appoint"):  # fmt: skip
        page = office.person.get(f"{path}{'&' if '?' in path else '?'}lang=en")
        assert "Organisations and people" in page or "Appoint" in page or "appointed" in page
