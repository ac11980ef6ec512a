"""What is secret is handed over by its page only once the taking of it is on record."""

import hashlib
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from monitor.record.disclosure import Audience, Disclosed, Viewer, timeline
from monitor.record.look import HOLDS
from monitor.role import SYSTEM, Actor, Role
from tests.builders import a_standing, an_actor
from tests.trading.projects import Trade, a_trade_with_a_card, an_announced_trade
from tests.webui.page.counter import Counter, Person
from trading.paper.keeping import BAG, File, keep_file
from trading.supervision.card.card import cards_for
from trading.supervision.card.dossier import ASK, KEEP, TAKE, USUAL
from trading.supervision.case import close, open_case
from trading.supervision.look import inspect

PDF = b"%PDF-1.7 a case file"
CASE_FILE = [each.name for acts in (ASK, KEEP, TAKE) for each in acts.values()]


@pytest.fixture
def department(counter: Counter) -> Actor:
    return an_actor(counter.house.platform, Role.DEPARTMENT)


@pytest.fixture
def trade(counter: Counter, department: Actor) -> Trade:
    return a_trade_with_a_card(counter.house.platform, department)


@pytest.fixture
def file(counter: Counter, department: Actor, trade: Trade) -> UUID:
    """A case file that the department asked for and the worker has made."""
    platform = counter.house.platform
    with platform.read() as session:
        [card] = cards_for(session, department, [trade.id])
    made: UUID = platform.perform(ASK[Role.DEPARTMENT], department, trade.id, card=card.id)
    blob, digest = counter.source.store.put(PDF), hashlib.sha256(PDF).digest()
    platform.perform(
        KEEP[Role.DEPARTMENT], SYSTEM, trade.id, dossier=made, digest=digest, blob=blob
    )
    return made


def seen(counter: Counter, trade: Trade, audience: Audience, *actions: str) -> list[Disclosed]:
    with counter.house.platform.read() as session:
        every = timeline(session, trade.id, Viewer(audience))
    return [each for each in every if each.facts["action"] in actions]


def sent_to_the_form(person: Person, address: str, form: str) -> bool:
    answer = person.client.get(address)
    return answer.status_code == 303 and answer.location.startswith(f"/act/{form}?")


def test_a_case_file_is_handed_over_once_its_taking_is_on_record_and_to_nobody_else(
    counter: Counter, department: Actor, trade: Trade, file: UUID
) -> None:
    platform, clock = counter.house.platform, counter.house.clock
    inspector, where = counter.person(department), f"/cards/{trade.id}/file/{file}"
    assert sent_to_the_form(inspector, where, "card.take_file")
    assert seen(counter, trade, Audience.INSPECTOR, "card.take_file") == []
    taken = inspector.act("card.take_file", trade.id, dossier=str(file))
    assert taken.status_code == 303, taken.text
    assert inspector.client.get(taken.location).data == PDF
    assert [
        each.facts["facts"]["kind"]
        for each in seen(counter, trade, Audience.DISCIPLINE, inspect.name)
    ] == ["file"]
    [record] = seen(counter, trade, Audience.INSPECTOR, "card.take_file")
    assert record.facts["actor"]["id"] == str(department.person)
    assert record.facts["subject"] == str(file)
    assert seen(counter, trade, Audience.DISCIPLINE, "card.take_file") == [record]
    assert seen(counter, trade, Audience.CENTRE, "card.take_file") == []

    colleague = an_actor(platform, Role.DEPARTMENT, department.org)
    a_standing(platform, trade.id, colleague)
    assert sent_to_the_form(counter.person(colleague), taken.location, "card.take_file")
    [asked] = seen(counter, trade, Audience.INSPECTOR, "card.file")
    for other in (asked.record_id, uuid4(), "x"):
        assert sent_to_the_form(inspector, f"{where}?done={other}", "card.take_file")
    clock.wait(HOLDS)
    assert inspector.client.get(taken.location).data == PDF
    clock.wait(timedelta(seconds=1))
    assert sent_to_the_form(inspector, taken.location, "card.take_file")
    clerk = counter.person(trade.centre)
    assert clerk.act("card.take_file", trade.id, dossier=str(file)).status_code == 403
    assert clerk.client.get(taken.location).status_code == 403


def test_what_discipline_takes_is_disciplines_to_know_until_its_case_ends(
    counter: Counter, department: Actor, trade: Trade, file: UUID
) -> None:
    platform = counter.house.platform
    discipline = an_actor(platform, Role.DISCIPLINE)
    case = platform.perform(open_case, discipline, trade.id, title="串标嫌疑", ground="来信")
    person = counter.person(discipline)
    taken = person.act("case.take_file", trade.id, dossier=str(file))
    assert taken.status_code == 303, taken.text
    assert person.client.get(taken.location).data == PDF
    told = {each: len(seen(counter, trade, each, "case.take_file"))
            for each in (Audience.DISCIPLINE, Audience.INSPECTOR, Audience.CENTRE)}  # fmt: skip
    assert list(told.values()) == [1, 0, 0]
    whole = f"/cards/{trade.id}"
    assert "已取阅 1 次（1 人）" in person.get(whole)
    assert "已取阅" not in counter.person(department).get(whole)
    platform.perform(close, discipline, trade.id, case=case, finding="查无实据")
    assert len(seen(counter, trade, Audience.CENTRE, "case.take_file")) == 1
    assert len(seen(counter, trade, Audience.INSPECTOR, "case.take_file")) == 1


def test_what_discipline_asks_for_is_in_no_list_and_record_that_the_department_sees(
    counter: Counter, department: Actor, trade: Trade
) -> None:
    platform, discipline = counter.house.platform, an_actor(counter.house.platform, Role.DISCIPLINE)
    with platform.read() as session:
        [card] = cards_for(session, department, [trade.id])
    person, inspector = counter.person(discipline), counter.person(department)
    whole = f"/cards/{trade.id}"
    assert "/act/case.ask_file?" in person.get(whole)
    assert person.act("case.ask_file", trade.id, card=str(card.id)).status_code == 303
    [asked] = seen(counter, trade, Audience.DISCIPLINE, "case.ask_file")
    assert inspector.act("case.ask_file", trade.id, card=str(card.id)).status_code == 403
    file = UUID(asked.facts["subject"])
    blob, digest = counter.source.store.put(PDF), hashlib.sha256(PDF).digest()
    platform.perform(
        KEEP[Role.DISCIPLINE], SYSTEM, trade.id, dossier=file, digest=digest, blob=blob
    )
    assert str(file) in person.get(whole)
    assert str(file) not in inspector.get(whole)
    for audience in (Audience.INSPECTOR, Audience.CENTRE, Audience.PUBLIC):
        assert str(file) not in str([
            each.facts for each in seen(counter, trade, audience, *CASE_FILE)
        ])  # fmt: skip
    assert inspector.act("card.take_file", trade.id, dossier=str(file)).status_code == 404
    assert inspector.client.get(f"{whole}/file/{file}").status_code == 404
    taken = person.act("case.take_file", trade.id, dossier=str(file))
    assert person.client.get(taken.location).data == PDF


def test_a_file_that_one_person_takes_again_and_again_stands_out(
    counter: Counter, department: Actor, trade: Trade, file: UUID
) -> None:
    inspector = counter.person(department)
    for times in range(1, USUAL + 2):
        inspector.act("card.take_file", trade.id, dossier=str(file))
        page = inspector.get(f"/cards/{trade.id}")
        words = page.index(f"已取阅 {times} 次（1 人）")
        assert ("tag-warn" in page[words - 200 : words]) == (times > USUAL)


def test_the_bag_in_custody_is_handed_over_once_its_taking_is_on_record(counter: Counter) -> None:
    platform, store = counter.house.platform, counter.source.store
    trade = an_announced_trade(platform)
    for name in ("archive-1.zip", "public-1.zip"):
        body = f"the bag {name} of {trade.id}".encode()
        keep_file(platform, store, SYSTEM, trade.id, File(BAG, name, "归档包 / archive bag", body))
    clerk = counter.person(trade.centre)
    page = clerk.get(f"/desk/{trade.id}")
    assert page.count(f'href="/desk/{trade.id}/paper/') == 1, "the public one is a link"
    form = page[page.index('action="/act/archive.take"') :]
    paper = form.split('name="paper" value="')[1][:36]
    where = f"/desk/{trade.id}/paper/{paper}"
    assert sent_to_the_form(clerk, where, "archive.take")
    taken = clerk.act("archive.take", trade.id, paper=paper)
    assert taken.status_code == 303, taken.text
    assert clerk.client.get(taken.location).data.startswith(b"the bag archive-1.zip")
    for audience in (Audience.CENTRE, Audience.INSPECTOR, Audience.DISCIPLINE):
        [record] = seen(counter, trade, audience, "archive.take")
        assert record.facts["facts"]["name"] == "archive-1.zip"
    assert seen(counter, trade, Audience.OWNER, "archive.take") == []
    owner = counter.person(trade.owner)
    assert owner.act("archive.take", trade.id, paper=paper).status_code == 403
    assert owner.client.get(taken.location).status_code == 404
