"""An owner ends its trade: in public, for good, deposits go back, and what is sealed stays so."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bidding.agenda import agenda
from bidding.hall.close import close
from bidding.hall.due import closings, early_returns
from monitor.record.disclosure import Audience, Viewer
from monitor.record.suspension import Suspended
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_standing, an_actor, the_act
from tests.stories.hall import a_closed_hall, a_hall, an_opened_hall
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import Tender, World, a_tender, a_world
from tests.trading.projects import an_accepted_trade
from trading.archive.filing import close as close_file
from trading.fee.deposit import Deposit, State
from trading.fee.refund import Refund, confirm_refund
from trading.fee.view import finance_view
from trading.notice.addendum import Change, clarify
from trading.notice.participation import join
from trading.notice.progress import stage_of
from trading.registration.stage import Stage
from trading.supervision.standstill.suspension import resume, suspend
from trading.supervision.standstill.termination import terminate

WHY: dict[str, Any] = {"article": "招标投标法实施条例 31", "reason": "项目用地规划调整，不再建设"}
FINANCE = Viewer(Audience.FINANCE)
HELD = timedelta(days=10)


@pytest.fixture(scope="module")
def world(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(database, tmp_path_factory.mktemp("ended")) as made:
        yield made


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    found = bidders(a_tender(world))
    for each in found:
        each.pay()
    return found


def stage(tender: Tender) -> Stage:
    found: Stage = tender.world.ask(stage_of, tender.id, tender.world.now)
    return found


def supervisor(tender: Tender) -> Actor:
    platform = tender.world.house.platform
    return a_standing(platform, tender.id, an_actor(platform, Role.DEPARTMENT))


def test_deposits_go_back_with_interest_and_nobody_learns_whose(three: list[Tenderer]) -> None:
    tender, world = three[0].tender, three[0].tender.world
    world.until(world.now + HELD)
    assert world.ask(early_returns, tender.id) == []
    tender.do(terminate, tender.owner, **WHY)
    assert stage(tender) is Stage.TERMINATED
    due = world.ask(agenda, tender.id, world.now).errands
    back = [each for each in due if each.action.name == "deposit.return_early"]
    assert {each.inputs["deposit"] for each in back} == {each.deposit for each in three}
    refunds = [tender.do(each.action, SYSTEM, **each.inputs) for each in back]
    with world.house.platform.read() as session:
        rows = session.scalars(select(Refund).where(Refund.id.in_(refunds))).all()
        assert all(row.interest_fen > 0 and row.approved_by is None for row in rows)
        assert all(row.ordered_by == SYSTEM.person for row in rows)
    wanted = [
        each
        for each in world.ask(agenda, tender.id, world.now).wanted
        if each.key in map(str, refunds)
    ]
    assert len(wanted) == len(refunds), "the bank is told"
    for number, refund in enumerate(refunds):
        tender.do(confirm_refund, SYSTEM, refund=refund, reference=f"END-{tender.id}-{number}")
    with world.house.platform.read() as session:
        states = session.scalars(select(Deposit.state).where(Deposit.project == tender.id)).all()
        shown = finance_view(session, tender.id, FINANCE)
    assert set(states) == {State.RETURNED.value}
    assert shown.deposits == ()


def test_no_bid_of_an_ended_trade_is_ever_opened(three: list[Tenderer]) -> None:
    tender, world = three[0].tender, three[0].tender.world
    ends = tender.deadline
    tender.do(terminate, tender.owner, **WHY)
    assert isinstance(tender.refused(join, three[0].actor, sealed=b""), Suspended)
    world.until(ends + timedelta(hours=1))
    assert not [each for each in world.ask(closings, world.now) if each.project == tender.id]
    for actor in (SYSTEM, tender.owner):
        refusal = tender.refused(close, actor, section=tender.section)
        assert isinstance(refusal, Suspended | NotAllowed)
        assert "终止" in refusal.message or actor is not SYSTEM
    change = Change("顺延", "顺延", affects_bids=True, deadline=ends + timedelta(days=40))
    assert isinstance(tender.refused(clarify, tender.owner, change=change), Suspended)


def test_an_ended_trade_comes_back_by_nobodys_word(three: list[Tenderer]) -> None:
    tender = three[0].tender
    department = supervisor(tender)
    tender.do(terminate, tender.owner, **WHY)
    assert isinstance(tender.refused(resume, department, reason="恢复"), WrongStage)
    again = tender.refused(suspend, department, article="招标投标法实施条例 62", reason="查")
    assert isinstance(again, Conflict)
    assert isinstance(tender.refused(terminate, tender.owner, **WHY), WrongStage)
    assert stage(tender) is Stage.TERMINATED


def test_only_the_owners_side_ends_its_own_trade_and_says_why(three: list[Tenderer]) -> None:
    tender, platform = three[0].tender, three[0].tender.world.house.platform
    stranger = an_actor(platform, Role.TENDEREE)
    department = supervisor(tender)
    for actor in (stranger, tender.clerk, tender.cashier, department, three[0].actor, SYSTEM):
        assert isinstance(tender.refused(terminate, actor, **WHY), NotAllowed), actor.role
    for name in WHY:
        refusal = tender.refused(terminate, tender.owner, **{**WHY, name: " "})
        assert isinstance(refusal, Invalid)
        assert refusal.field == name
    tender.do(suspend, department, article="招标投标法实施条例 62", reason="查")
    assert isinstance(tender.refused(terminate, tender.owner, **WHY), Suspended)
    assert stage(tender) is Stage.SUSPENDED


def test_whoever_has_seen_who_bids_cannot_end_it_before_the_bids_are_read_out(
    three: list[Tenderer],
) -> None:
    """Between CLOSE and the reveal an owner that dislikes the field would end the trade."""
    tender = three[0].tender
    hall = a_hall(tender)
    tender.world.until(tender.deadline + timedelta(seconds=1))
    assert isinstance(tender.refused(terminate, tender.owner, **WHY), WrongStage)
    hall = a_closed_hall(tender)
    refusal = tender.refused(terminate, tender.owner, **WHY)
    assert "须先完成开标" in refusal.message
    hall.check_seal(three[0])
    hall.trustees_open()
    hall.unlock()
    hall.reveal()
    tender.do(terminate, tender.owner, **WHY)
    assert stage(tender) is Stage.TERMINATED


def test_no_trade_is_ended_once_the_award_is_notified(three: list[Tenderer]) -> None:
    tender = three[0].tender
    an_opened_hall(tender, three[0])
    the_act(tender.world.house.platform, "award.issue", tender.id)
    assert isinstance(tender.refused(terminate, tender.owner, **WHY), WrongStage)


def test_its_file_holds_what_it_came_to_publish(world: World) -> None:
    platform = world.house.platform
    trade = an_accepted_trade(platform)
    platform.perform(terminate, trade.owner, trade.id, **WHY)
    other = {"class": "contract", "sha256": "ab" * 32, "size": 7, "public": True}
    platform.perform(close_file, trade.centre, trade.id, manifest=json.dumps([other]).encode())
    tender = a_tender(world)
    tender.do(terminate, tender.owner, **WHY)
    with pytest.raises(Invalid, match="招标（采购）文件"):
        tender.do(close_file, tender.clerk, manifest=json.dumps([other]).encode())
