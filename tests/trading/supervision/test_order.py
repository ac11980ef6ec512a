"""Supervision orders: to one who has a part, answered once, read by no one else."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, Audience, Viewer, custody, timeline
from monitor.record.platform import Platform
from monitor.refusal import Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Actor, Role
from tests.builders import a_standing, an_actor, an_organisation
from tests.trading.projects import an_accepted_trade
from tests.trading.supervision.desk import START, Desk
from trading.registration.party import Kind
from trading.supervision.addressee import addressees
from trading.supervision.order import (
    Finding,
    SupervisionOrder,
    answer,
    close,
    issue,
    orders_for,
    withdraw,
)

LIMIT = timedelta(days=3)


class Supervised(Desk):
    """A trade with its department, its tenderee, and a centre; and what is ordered in it."""

    def __init__(self, platform: Platform, clock: MovableClock) -> None:
        super().__init__(platform, clock, an_accepted_trade(platform))
        self.centre = an_actor(platform, Role.CENTRE)
        self.discipline = an_actor(platform, Role.DISCIPLINE)

    def wanted(self, **changed: Any) -> dict[str, Any]:
        return {
            "addressee": self.tenderee.org, "role": Role.TENDEREE, "title": "限期说明",
            "text": "请说明资格条件的设定依据。", "article": "招标投标法 7",
            "limit": self.clock.now() + LIMIT,
        } | changed  # fmt: skip

    def issued(self, **changed: Any) -> UUID:
        order: UUID = self.act(issue, self.department, **self.wanted(**changed))
        return order

    def read_by(self, actor: Actor) -> list[UUID]:
        with self.platform.read() as session:
            return [row.id for row in orders_for(session, actor)]

    def acts_seen(self, viewer: Viewer) -> list[str]:
        with self.platform.read() as session:
            seen = timeline(session, self.project, viewer)
        acts = [row.facts["action"] for row in seen]
        return [name for name in acts if name.startswith("order.")]

    def row(self, order: UUID) -> SupervisionOrder:
        with self.platform.read() as session:
            found = session.get_one(SupervisionOrder, order)
            session.expunge_all()
            return found


@pytest.fixture
def trade(platform: Platform, clock: MovableClock) -> Supervised:
    return Supervised(platform, clock)


def test_an_order_is_answered_once_and_ended_with_a_finding(trade: Supervised) -> None:
    order = trade.issued()
    told = {"order": order, "finding": Finding.SETTLED, "remark": "可"}
    assert trade.refusal(close, trade.department, **told) is WrongStage
    trade.act(answer, trade.tenderee, order=order, text="依据附后。")
    assert trade.refusal(answer, trade.tenderee, order=order, text="再补充。") is WrongStage
    trade.act(close, trade.department, order=order, finding=Finding.SETTLED, remark="已说明")
    row = trade.row(order)
    assert (row.state, row.answer, row.finding, row.remark) == (
        "closed", "依据附后。", "settled", "已说明",
    )  # fmt: skip
    assert trade.refusal(withdraw, trade.department, order=order, remark="不再需要") is WrongStage


def test_an_order_is_taken_back_with_a_reason(trade: Supervised) -> None:
    order = trade.issued()
    assert trade.refusal(withdraw, trade.department, order=order, remark=" ") is Invalid
    trade.act(withdraw, trade.department, order=order, remark="误发")
    assert trade.row(order).state == "withdrawn"
    assert trade.refusal(answer, trade.tenderee, order=order, text="收到。") is WrongStage


def test_a_late_answer_is_taken_and_said_to_be_late(trade: Supervised) -> None:
    order = trade.issued()
    row = trade.row(order)
    assert not row.is_overdue(row.limit_at)
    assert row.is_overdue(row.limit_at + timedelta(seconds=1))
    trade.clock.wait(LIMIT + timedelta(seconds=1))
    trade.act(answer, trade.tenderee, order=order, text="迟复。")
    assert trade.row(order).is_overdue(trade.clock.now())
    with trade.platform.read() as session:
        told = timeline(session, trade.project, Viewer(Audience.DISCIPLINE))[-1].facts
    assert told["facts"]["late"] is True


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"title": " "}, "title"), ({"text": ""}, "text"), ({"text": "长" * 5001}, "text"),
     ({"article": " "}, "article"), ({"limit": START}, "limit"),
     ({"role": Role.TENDERER}, "role"), ({"role": Role.DEPARTMENT}, "role")],
)  # fmt: skip
def test_an_order_that_lacks_something_is_refused_by_its_field(
    trade: Supervised, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as told:
        trade.act(issue, trade.department, **trade.wanted(**changed))
    assert told.value.field == field
    assert told.value.record is not None


def test_nobody_without_a_part_in_the_trade_can_be_ordered(trade: Supervised) -> None:
    stranger = an_organisation(trade.platform)
    assert trade.refusal(issue, trade.department, **trade.wanted(addressee=stranger)) is NotAllowed
    assert trade.refusal(issue, trade.department, **trade.wanted(role=Role.AGENCY)) is NotAllowed
    no_centre = trade.wanted(
        addressee=an_organisation(trade.platform, Kind.AUTHORITY), role=Role.CENTRE
    )
    assert trade.refusal(issue, trade.department, **no_centre) is NotAllowed
    assert trade.refusal(issue, trade.department, **trade.wanted(addressee=uuid4())) is NotFound
    assert trade.issued(addressee=trade.centre.org, role=Role.CENTRE)
    with trade.platform.read() as session:
        offered = {(org, role) for org, _, role in addressees(session, trade.project)}
    assert {(trade.tenderee.org, Role.TENDEREE), (trade.centre.org, Role.FINANCE)} <= offered
    assert (trade.department.org, Role.DEPARTMENT) not in offered


def test_only_the_department_of_the_trade_orders_and_only_its_own_are_ended(
    trade: Supervised,
) -> None:
    foreign = an_actor(trade.platform, Role.DEPARTMENT)
    for actor in (foreign, trade.discipline, trade.centre, trade.tenderee):
        assert trade.refusal(issue, actor, **trade.wanted()) is NotAllowed
    order = trade.issued()
    trade.act(answer, trade.tenderee, order=order, text="依据附后。")
    second = a_standing(trade.platform, trade.project, foreign)
    told = {"order": order, "finding": Finding.SETTLED, "remark": "可"}
    assert trade.refusal(close, second, **told) is NotFound
    assert trade.refusal(withdraw, second, order=order, remark="误发") is NotFound


def test_nobody_but_the_addressee_in_its_role_answers(trade: Supervised) -> None:
    order = trade.issued(addressee=trade.centre.org, role=Role.CENTRE)
    cashier = an_actor(trade.platform, Role.FINANCE, trade.centre.org)
    other = an_actor(trade.platform, Role.CENTRE)
    for actor in (cashier, other, trade.tenderee):
        assert trade.refusal(answer, actor, order=order, text="代答。") is NotFound
    elsewhere = Supervised(trade.platform, trade.clock)
    assert elsewhere.refusal(answer, trade.centre, order=order, text="别处。") is NotFound
    trade.act(answer, trade.centre, order=order, text="已办。")


def test_an_order_is_read_by_department_addressee_and_discipline_alone(trade: Supervised) -> None:
    order = trade.issued()
    trade.act(answer, trade.tenderee, order=order, text="依据附后。")
    for actor in (trade.department, trade.tenderee, trade.discipline):
        assert order in trade.read_by(actor)
    bystander = an_actor(trade.platform, Role.TENDEREE)
    foreign = an_actor(trade.platform, Role.DEPARTMENT)
    trustee = an_actor(trade.platform, Role.TRUSTEE, trade.tenderee.org)
    for actor in (trade.centre, bystander, foreign, trustee):
        assert order not in trade.read_by(actor)


def test_the_records_of_an_order_are_no_ones_else(trade: Supervised) -> None:
    order = trade.issued()
    trade.act(answer, trade.tenderee, order=order, text="依据附后。")
    both = ["order.issue", "order.answer"]
    for viewer in (
        Viewer(Audience.INSPECTOR, trade.department.org),
        Viewer(Audience.DISCIPLINE),
        Viewer(Audience.OWNER, trade.tenderee.org),
        Viewer(Audience.PUBLIC, trade.tenderee.org),
    ):
        assert trade.acts_seen(viewer) == both
    for viewer in (
        VISITOR,
        Viewer(Audience.CENTRE, trade.centre.org),
        Viewer(Audience.FINANCE, trade.centre.org),
        Viewer(Audience.OWNER, an_organisation(trade.platform)),
        Viewer(Audience.ADDRESSEE),
    ):
        assert trade.acts_seen(viewer) == []


def test_the_centres_bag_holds_an_order_by_its_commitment_alone(trade: Supervised) -> None:
    trade.issued()
    with trade.platform.read() as session:
        held = custody(session, trade.project)[-1]
    assert (held.salt, held.body, held.public) == (b"", b"", False)
    assert len(held.commitment) == 32
