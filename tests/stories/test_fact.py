"""A fault never happened, a refusal did; and where a rule asks two persons, one is not enough."""

from uuid import UUID

import pytest
from sqlalchemy import text

from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.audit.fence import tables
from monitor.record.audit.walk import audit
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.refusal import NotAllowed, Refusal
from monitor.role import SYSTEM, Role
from tests.stories.hall import a_closed_hall, a_hall
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender
from trading.fee.refund import approve_refund, confirm_refund, order_refund
from trading.notice.download import download
from trading.notice.participation import join

BOOK = ("record", "opening", "change", "pending")


def counts(world: World) -> dict[str, int]:
    """How many rows every table of the house has."""
    with world.house.platform.read() as session:
        names = [*tables(session), *BOOK]
        return {name: session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0 for name in names}


def failing(fault: BaseException) -> Action[..., None]:
    """An act that writes rows by a real action and then breaks."""

    def run(act: Act) -> None:
        download(act)
        act.session.flush()
        raise fault

    return Action("document.download", frozenset({Role.TENDERER}), Visibility.SECRET, True, run)


@pytest.fixture
def one(world: World) -> Tenderer:
    return a_tenderer(a_tender(world))


FAULTS = (RuntimeError("x"), KeyError("x"), ZeroDivisionError(), MemoryError(), OSError("disk"))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
def test_a_fault_leaves_no_record_and_no_row(
    world: World, one: Tenderer, fault: BaseException
) -> None:
    before = counts(world)
    with pytest.raises(type(fault)):
        one.do(failing(fault))
    assert counts(world) == before


def test_a_refused_act_leaves_its_record_and_no_row(world: World, one: Tenderer) -> None:
    before = counts(world)
    refusal = one.refused(failing(Refusal("not today")))
    after = counts(world)
    changed = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert changed == {"record": 1, "opening": 1, "pending": 1}
    mine = Viewer(Audience.PUBLIC, masks=frozenset({one.mask}))
    [shown] = [r for r in world.ask(timeline, one.tender.id, mine) if r.record_id == refusal.record]
    assert shown.facts["outcome"]["refused"] == "refused"


def test_a_violated_constraint_that_nobody_foresaw_is_a_fault_not_an_answer(
    world: World, one: Tenderer
) -> None:
    before = counts(world)
    with pytest.raises(Exception, match="participation_sealed_check"):
        one.do(unchecked_join())
    assert counts(world) == before


def unchecked_join() -> Action[..., None]:
    def run(act: Act) -> None:
        act.session.execute(text("UPDATE participation SET sealed_identity = ''"))

    return Action("participation.join", join.by, Visibility.SECRET, True, run)


def test_a_refund_takes_two_persons_of_the_finance_office(world: World) -> None:
    three = bidders(a_tender(world))
    for one in three:
        one.pay()
    tender, deposit = three[0].tender, three[0].deposit
    hall = a_hall(tender)
    hall.close()
    refund: UUID = tender.do(order_refund, tender.cashier, deposit=deposit)
    alone = tender.refused(approve_refund, tender.cashier, refund=refund)
    outsider = tender.refused(approve_refund, tender.clerk, refund=refund)
    unsigned = tender.refused(confirm_refund, SYSTEM, refund=refund, reference="R1")
    tender.do(approve_refund, tender.cashier_two, refund=refund)
    tender.do(confirm_refund, SYSTEM, refund=refund, reference="R1")
    assert [type(each) for each in (alone, outsider)] == [NotAllowed, NotAllowed]
    assert unsigned.code == "wrong_stage"


def test_a_refund_of_one_project_is_not_approved_in_another(world: World) -> None:
    here, there = bidders(a_tender(world)), bidders(a_tender(world))
    here[0].pay()
    for three in (here, there):
        a_hall(three[0].tender).close()
    tender = here[0].tender
    refund: UUID = tender.do(order_refund, tender.cashier, deposit=here[0].deposit)
    refusal = there[0].tender.refused(approve_refund, tender.cashier_two, refund=refund)
    assert refusal.code == "not_found"


def test_after_all_that_the_audit_finds_the_house_clean(world: World) -> None:
    a_closed_hall(bidders(a_tender(world))[0].tender)
    trusted = world.house.settle()
    with world.house.platform.read() as session:
        assert audit(session, trusted, world.house.policy) == []
