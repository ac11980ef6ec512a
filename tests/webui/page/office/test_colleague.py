"""A sealed office's own page: candidates are confirmed there, colleagues invited, and no others."""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from monitor.clock import SystemClock
from monitor.refusal import NotAllowed
from monitor.role import Actor, Role
from monitor.runtime.valkey import EmbeddedValkey
from tests.builders import an_actor
from tests.webui.page.counter import HERE, WORD, Counter, Person
from tests.webui.page.office.test_people import TOKEN, Office
from trading.account.door import Attempt
from trading.account.entry import Wrong
from trading.account.keeping import open_accounts
from trading.account.office.candidacy import candidacies
from webui.page.app import create_app

FOREIGN = (Role.ADMINISTRATOR, Role.CENTRE, Role.FINANCE, Role.TENDEREE, Role.TENDERER)


@pytest.fixture(scope="module")
def office(counter: Counter) -> Office:
    actor = an_actor(counter.house.platform, Role.ADMINISTRATOR)
    return Office(counter, actor, counter.person(actor))


@pytest.fixture
def officer(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.DISCIPLINE)


def a_candidate(office: Office, officer: Actor) -> tuple[UUID, UUID]:
    """Somebody whom the administrator would appoint beside the officer; person and candidacy."""
    person = office.enrolled("李四")
    assert office.appointed(person, officer.org, officer.role).status_code == 303
    with office.counter.house.platform.read() as session:
        [row] = candidacies(session, person)
        return person, row.id


def in_as(counter: Counter, name: str, word: str) -> Person:
    entrance = counter.keeping.door.sign_in(Attempt(name, word), HERE)
    client = counter.app.test_client()
    client.set_cookie("session", entrance.token)
    return Person(client, entrance.token, counter.keeping.gate.csrf(entrance.token))


def test_a_candidate_comes_in_by_a_colleagues_word_and_invitation_alone(
    office: Office, officer: Actor
) -> None:
    counter, own = office.counter, office.counter.person(officer)
    person, candidacy = a_candidate(office, officer)
    assert "待同事确认" in office.person.get(f"/people/{person}")
    early = office.token(person, name="li.si")
    counter.keeping.set_password(early, WORD, HERE)
    with pytest.raises(NotAllowed, match="no appointment that runs"):
        in_as(counter, "li.si", WORD)
    assert re.search(r"本岗位同事</h2>[^§]*1 项", own.get("/tasks"))
    page = own.get("/colleagues")
    assert all(told in page for told in ("李四", "li.si", f"candidacy={candidacy}"))
    form = own.get(f"/act/candidacy.confirm?candidacy={candidacy}")
    assert "李四（li.si）" in form
    assert own.post(f"/people/{person}/invite").status_code == 403, "not before the confirmation"
    done = own.act("candidacy.confirm", None, candidacy=str(candidacy))
    assert (done.status_code, done.location.split("?")[0]) == (303, "/colleagues"), done.text
    with pytest.raises(Wrong):
        in_as(counter, "li.si", WORD)
    refused = office.invited(person)
    assert (refused.status_code, "由本岗位同事邀请" in refused.text) == (403, True)
    assert f"/people/{person}/invite" not in office.person.get(f"/people/{person}")
    handed = own.post(f"/people/{person}/invite")
    [token] = TOKEN.findall(handed.text)
    counter.keeping.set_password(token, "nine storks rest at noon", HERE)
    assert "举报" in in_as(counter, "li.si", "nine storks rest at noon").get("/cases")


def test_nobody_outside_the_office_sees_or_decides_its_candidates(
    office: Office, officer: Actor
) -> None:
    counter = office.counter
    person, candidacy = a_candidate(office, officer)
    stranger = counter.person(an_actor(counter.house.platform, officer.role))
    assert "李四" not in stranger.get("/colleagues")
    assert stranger.post(f"/people/{person}/invite").status_code == 403
    told = {"candidacy": str(candidacy)}
    assert stranger.act("candidacy.confirm", None, **told).status_code == 404
    for role in FOREIGN:
        foreign = counter.person(an_actor(counter.house.platform, role))
        foreign.get("/colleagues", 403)
        for name, more in (("confirm", {}), ("refuse", {"reason": "不"})):
            assert foreign.act(f"candidacy.{name}", None, **told, **more).status_code == 403
    with counter.house.platform.read() as session:
        assert [row.state for row in candidacies(session, person)] == ["waiting"]


def test_a_refusal_is_told_to_who_asked_and_a_colleague_is_invited_again(
    office: Office, officer: Actor
) -> None:
    counter, own = office.counter, office.counter.person(officer)
    person, candidacy = a_candidate(office, officer)
    told = {"candidacy": str(candidacy), "reason": "不是本机关的人"}
    assert own.act("candidacy.refuse", None, **told).status_code == 303
    page = office.person.get(f"/people/{person}")
    assert all(words in page for words in ("同事不同意", "不是本机关的人"))
    colleague = an_actor(counter.house.platform, officer.role, officer.org)
    counter.person(colleague)
    assert f"/people/{colleague.person}/invite" in own.get("/colleagues")
    assert "口令" in own.get(f"/people/{colleague.person}/invite")
    own.get(f"/people/{person}/invite", 403)
    own.get(f"/people/{uuid4()}/invite", 403)
    assert TOKEN.search(own.post(f"/people/{colleague.person}/invite").text)


def test_a_password_alone_opens_no_sealed_office_where_a_second_factor_is_asked_for(
    office: Office, officer: Actor, valkey: EmbeddedValkey
) -> None:
    counter = office.counter
    counter.person(officer)
    strict = open_accounts(
        counter.house.platform, counter.keeping.door.vault, valkey.url, SystemClock(),
        hasher=counter.keeping.door.hasher,
    )  # fmt: skip
    entrance = strict.door.sign_in(Attempt(f"u{officer.person.hex}", WORD), HERE)
    client = create_app(counter.source, strict).test_client()
    client.set_cookie("session", entrance.token)
    for path in ("/cases", "/colleagues", "/wall", "/cards"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/account"), path
    assert client.get("/account").status_code == 200
    strict.close()


def test_a_candidate_whom_nobody_confirms_lapses_and_both_sides_read_it(
    office: Office, officer: Actor
) -> None:
    counter, own = office.counter, office.counter.person(officer)
    person, candidacy = a_candidate(office, officer)
    appoint = f"/act/party.appoint?person={person}"
    page, waits = own.get("/colleagues"), office.person.get(f"/people/{person}")
    lapses = f"{counter.house.clock.now() + timedelta(days=30):%Y-%m-%d}"
    assert all(told in page for told in ("确认截止", lapses))
    assert (lapses in waits, appoint in waits) == (True, False)
    counter.house.clock.moment += timedelta(days=30)
    own, office.person = counter.person(officer), counter.person(office.actor)
    page = own.get("/colleagues")
    assert (f"candidacy={candidacy}" in page, "没有待确认的任命" in page) == (False, True)
    late = own.act("candidacy.confirm", None, candidacy=str(candidacy))
    assert (late.status_code, "提请已满30日" in late.text) == (422, True)
    told = office.person.get(f"/people/{person}")
    assert all(words in told for words in ("逾期无人确认", appoint))
    assert office.appointed(person, officer.org, officer.role).status_code == 303
    assert "李四" in own.get("/colleagues")
