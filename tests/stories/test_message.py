"""Messages: who is told of what, once; and that before CLOSE no row tells who takes part."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from bidding.hall.due import names
from monitor.law.watch import steps
from monitor.record.action import ACTIONS
from monitor.record.moment import acts
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import an_actor
from tests.stories.hall import a_hall, an_opened_hall
from tests.stories.rest import in_tables
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.test_role_matrix import registered
from tests.stories.world import Tender, World, a_tender
from trading.award.filing import file as object_to
from trading.award.objection import Kind, Outcome, answer, objections
from trading.notice.addendum import Change, clarify
from trading.notice.message.address import FORM, set_address
from trading.notice.message.audience import OF_FACTS, OF_PROJECT
from trading.notice.message.event import events
from trading.notice.message.message import (
    Line,
    Message,
    inbox,
    mail_of,
    read,
    send,
    unread,
    unsent,
    wanted_mail,
)
from trading.registration.party import assign
from trading.registration.project import found_project, trade_of
from trading.supervision.case import refer
from trading.supervision.order import answer as answer_order
from trading.supervision.order import issue
from trading.supervision.tip import file as tip
from webui.serve.work.job.mail import written


def deliver(tender: Tender) -> int:
    """Do what the scheduler does: send every message that is due; how many."""
    world = tender.world
    with world.house.platform.read() as session:
        due = unsent(session, tender.id, acts(session, tender.id), world.now)
    return sum(world.do(each.action, SYSTEM, None, **each.inputs) for each in due)


def told(world: World, actor: Actor) -> list[str]:
    """What a person was told of, oldest first."""
    lines: list[Line] = world.ask(inbox, actor.person)
    return [line.event for line in reversed(lines)]


def recipients(world: World, tender: Tender) -> set[UUID]:
    query = select(Message.person).where(Message.project == tender.id)
    with world.house.platform.read() as session:
        return set(session.scalars(query))


def test_owner_centre_and_trustees_are_told_each_of_their_own(world: World) -> None:
    tender = a_tender(world)
    assert deliver(tender) > 0
    assert told(world, tender.owner) == ["project.accept"]
    assert told(world, tender.clerk)[-1:] == ["project.register"]
    assert told(world, tender.trustees[0][0]) == ["document.issue"]
    assert told(world, tender.cashier) == []
    assert deliver(tender) == 0


def everything_secret(tender: Tender) -> Tenderer:
    """One tenderer who does before CLOSE whatever a tenderer may do; and leaves again."""
    one = a_tenderer(tender)
    one.download()
    one.ask("可否采用同等规格？")
    one.pay()
    one.bid()
    one.do(object_to, kind=Kind.DOCUMENTS, text="评分标准不明确。")
    one.withdraw()
    return one


def test_before_close_no_message_is_any_tenderers_and_none_tells_of_one(
    world: World, database: Addresses
) -> None:
    tender = a_tender(world)
    one = everything_secret(tender)
    [objection] = world.ask(objections, tender.id)
    answered = {"objection": objection.id, "text": "已明确。", "outcome": Outcome.UPHELD}
    tender.do(answer, tender.owner, **answered)
    tender.do(clarify, tender.owner, change=Change("澄清", "第三页", affects_bids=False))
    deliver(tender)
    assert one.actor.person not in recipients(world, tender)
    assert "question.ask" in told(world, tender.owner)
    assert "message" not in in_tables(database, one.mask)
    assert "message" not in in_tables(database, str(one.actor.org))
    for event in events().values():
        for word in set(event.to) & {"bidders", "winner", "author", "depositor"}:
            assert word != "author" or event.after_close, event


def test_a_tenderer_who_wants_the_board_is_told_of_every_notice_alike(world: World) -> None:
    reader = an_actor(world.house.platform, Role.TENDERER)
    world.do(set_address, reader, None, email="reader@example.com", board=True)
    mine, other = a_tender(world), a_tender(world)
    for tender in (mine, other):
        deliver(tender)
    assert told(world, reader) == ["notice.publish", "document.issue"] * 2
    world.do(set_address, reader, None, email="")
    deliver(a_tender(world))
    assert len(told(world, reader)) == 4


def test_after_close_the_identified_bidders_are_told_and_nobody_else(world: World) -> None:
    three = bidders(a_tender(world))
    tender, gone = three[0].tender, everything_secret(three[0].tender)
    hall = a_hall(tender)
    hall.close()
    hall.identify()
    deliver(tender)
    assert all(told(world, one.actor) == [] for one in three)
    for errand in world.ask(names, tender.id, tender.section):
        tender.do(errand.action, SYSTEM, **errand.inputs)
    hall.check_seal(three[0])
    hall.trustees_open()
    hall.unlock()
    hall.reveal()
    deliver(tender)
    assert [told(world, one.actor) for one in three] == [["opening.reveal"]] * 3
    assert told(world, gone.actor) == []
    assert deliver(tender) == 0


def test_one_act_tells_once_however_often_it_is_asked(world: World) -> None:
    tender = a_tender(world)
    with world.house.platform.read() as session:
        due = unsent(session, tender.id, acts(session, tender.id), world.now)
    first = due[0].inputs["record"]
    world.do(send, SYSTEM, None, record=first)
    assert type(world.refused(send, SYSTEM, None, record=first)) is Conflict
    assert type(world.refused(send, SYSTEM, None, record=tender.id)) is NotFound


def test_one_reads_ones_own_messages_and_nobody_elses(world: World) -> None:
    tender = a_tender(world)
    deliver(tender)
    [line] = world.ask(inbox, tender.owner.person)
    stranger = world.refused(read, tender.clerk, None, messages=(line.id,))
    assert type(stranger) is NotFound
    assert world.ask(unread, tender.owner.person) == 1
    assert world.do(read, tender.owner, None, messages=(line.id,)) == 1
    assert world.do(read, tender.owner, None, messages=(line.id,)) == 0
    assert world.ask(unread, tender.owner.person) == 0
    assert world.do(read, tender.clerk, None, messages=()) >= 1
    assert world.ask(unread, tender.clerk.person) == 0


def test_mail_is_wanted_for_those_who_have_an_address_and_have_not_read(world: World) -> None:
    tender = a_tender(world)
    deliver(tender)
    assert world.ask(wanted_mail, tender.id) == []
    world.do(set_address, tender.owner, None, email="owner@example.com", lang="en")
    [wanted] = world.ask(wanted_mail, tender.id)
    [line] = world.ask(inbox, tender.owner.person)
    assert (wanted.kind, wanted.key, wanted.sealed) == ("mail", str(line.id), False)
    world.do(read, tender.owner, None, messages=())
    assert world.ask(wanted_mail, tender.id) == []


def test_what_is_old_when_it_is_told_is_not_mailed(world: World) -> None:
    tender = a_tender(world)
    world.do(set_address, tender.owner, None, email="owner@example.com")
    world.until(world.now + timedelta(days=2))
    deliver(tender)
    assert told(world, tender.owner) == ["project.accept"]
    assert world.ask(wanted_mail, tender.id) == []


def test_mail_about_a_secret_act_is_a_sealed_job_until_close(world: World) -> None:
    tender = a_tender(world)
    a_tenderer(tender).ask("何时踏勘？")
    world.do(set_address, tender.owner, None, email="owner@example.com")
    deliver(tender)
    sealed = {wanted.sealed for wanted in world.ask(wanted_mail, tender.id)}
    a_hall(tender).close()
    after = {wanted.sealed for wanted in world.ask(wanted_mail, tender.id)}
    assert (sealed, after) == ({True, False}, {False})


@pytest.mark.parametrize(
    "email",
    ["nobody", "a@b\r\nBcc: all@example.com", "a b@example.com", "@example.com", "a@-x", "a" * 300],
)
def test_what_is_no_address_or_more_than_one_is_refused(world: World, email: str) -> None:
    reader = an_actor(world.house.platform, Role.CENTRE)
    assert type(world.refused(set_address, reader, None, email=email)) is Invalid
    assert not FORM.fullmatch(email)


def test_every_event_is_an_act_of_the_house_and_every_word_is_known() -> None:
    registered()
    later = {"deposit.confirm_refund"}
    assert set(events()) - later <= set(ACTIONS)
    assert {word for event in events().values() for word in event.to} == {*OF_PROJECT, *OF_FACTS}


def test_two_cards_of_one_rule_and_day_are_told_once(world: World) -> None:
    tender = a_tender(world)
    for _ in range(2):
        a_tenderer(tender).do(object_to, kind=Kind.DOCUMENTS, text="评分标准不明确。")
    world.until(tender.deadline - timedelta(days=1))
    with world.house.platform.read() as session:
        trade = trade_of(found_project(session, tender.id))
        cards = steps(session, tender.id, trade, world.now)
    for card in cards:
        tender.do(card.action, SYSTEM, owed=card.owed)
    assert sum(card.action.name == "duty.breach" for card in cards) == 2
    deliver(tender)
    assert told(world, tender.owner).count("duty.breach") == 1


def test_a_department_is_told_when_the_bids_are_read_out(world: World) -> None:
    tender = a_tender(world)
    department = an_actor(world.house.platform, Role.DEPARTMENT)
    tender.do(assign, tender.clerk, organisation=department.org, role=Role.DEPARTMENT)
    an_opened_hall(tender, bidders(tender)[0])
    deliver(tender)
    assert told(world, department) == ["notice.publish", "opening.reveal"]


def test_supervision_tells_whom_it_addresses_and_its_mail_says_nothing_of_it(world: World) -> None:
    tender = a_tender(world)
    department, discipline = (
        an_actor(world.house.platform, role) for role in (Role.DEPARTMENT, Role.DISCIPLINE)
    )
    tender.do(assign, tender.clerk, organisation=department.org, role=Role.DEPARTMENT)
    for reader in (tender.owner, discipline):
        world.do(set_address, reader, None, email="reader@example.com")
    deliver(tender)
    before = {each.key for each in world.ask(wanted_mail, tender.id)}
    order = tender.do(
        issue, department, addressee=tender.owner.org, role=Role.TENDEREE, title="限期说明",
        text="请说明资格条件。", article="招标投标法 7", limit=world.now + timedelta(days=3),
    )  # fmt: skip
    tender.do(answer_order, tender.owner, order=order, text="已说明。")
    tender.do(refer, department, text="移送线索")
    tender.do(tip, SYSTEM, text="收受好处", receipt=b"r" * 32, body=discipline.org)
    deliver(tender)
    assert told(world, tender.owner)[-1] == "order.issue"
    assert told(world, department)[-1] == "order.answer"
    assert told(world, discipline) == ["case.refer", "tip.file"]
    for stranger in (tender.clerk, tender.cashier, tender.trustees[0][0]):
        assert not [each for each in told(world, stranger) if each.startswith(("order", "case"))]
    mails = [each for each in world.ask(wanted_mail, tender.id) if each.key not in before]
    assert {(each.project, each.sealed) for each in mails} == {(None, True)}
    assert len(mails) == 3
    for each in mails:
        with world.house.platform.read() as session:
            found = mail_of(session, UUID(each.key))
            assert found is not None
            line, address = found
            mail = written(line, address, "https://batong.example")
        said = mail.subject + mail.text
        assert "https://batong.example/messages" in said
        assert not [word for word in (line.code, line.name, "督办", "移送", "举报") if word in said]
