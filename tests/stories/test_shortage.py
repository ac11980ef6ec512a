"""Three bid and two open: works go on, procurement is annulled, and the record says by which rule."""

from typing import Any

import pytest

from bidding.envelope.bid.letter import Bidder
from bidding.evaluation.method import start
from bidding.evaluation.view import panel_view
from bidding.hall.close import fail
from bidding.hall.sheet import sheet
from monitor.record.disclosure import VISITOR, timeline
from monitor.refusal import Conflict, WrongStage
from monitor.role import SYSTEM
from tests.builders import a_credit_code
from tests.stories.hall import Hall, an_opened_hall
from tests.stories.tenderer import a_tenderer, bidders
from tests.stories.test_one_bidder import seal_as
from tests.stories.world import World, a_tender
from trading.notice.progress import stage_of
from trading.registration.stage import Stage
from webui.course.hall import lines, next_step


def opened_two(world: World, category: str) -> Hall:
    """A liar's letter stays shut, by its own doing; the others open."""
    tender = a_tender(world, category=category)
    others = bidders(tender, 2)
    liar = a_tenderer(tender)
    seal_as(liar, bidder=Bidder("别家公司", a_credit_code()))
    assert liar.send(liar.folder / "sealed-1").refusal is None
    return an_opened_hall(tender, others[0])


def revealed(hall: Hall) -> dict[str, Any]:
    """What everybody reads of the reveal."""
    records = hall.tender.world.ask(timeline, hall.tender.id, VISITOR)
    [body] = [each.facts for each in records if each.facts["action"] == "opening.reveal"]
    found: dict[str, Any] = body
    return found


def shown(hall: Hall) -> tuple[str, list[str]]:
    """The next thing and the lines of the run sheet."""
    world = hall.tender.world
    found = world.ask(sheet, hall.tender.id, hall.lot, world.now)
    return next_step(found, world.now).why, [line.key for line in lines(found, world.now)]


@pytest.fixture(scope="module")
def works(world: World) -> Hall:
    return opened_two(world, "works")


@pytest.fixture(scope="module")
def procurement(world: World) -> Hall:
    return opened_two(world, "procurement")


def test_works_go_on_with_two_by_the_rule_that_the_record_names(works: Hall) -> None:
    body = revealed(works)
    assert (body["facts"]["opened"], body["facts"]["then"]) == (2, "goes on")
    assert "works.opened_minimum" in str(body["rules"])
    assert isinstance(works.tender.refused(fail, works.tender.owner, section=works.lot), WrongStage)
    assert isinstance(works.tender.refused(fail, SYSTEM, section=works.lot), WrongStage)
    barred = works.tender.refused(start, works.tender.owner, section=works.lot)
    assert "37" in (barred.rule or ""), "only the committee is lacking"
    assert "few" in shown(works)[1]
    seen = works.tender.world.ask(panel_view, works.tender.id, works.lot, "e-" + 32 * "0")
    assert seen.few == 2, "and the committee is told how many there are"


def test_procurement_is_annulled_and_nobody_evaluates_the_two(procurement: Hall) -> None:
    tender = procurement.tender
    body = revealed(procurement)
    assert (body["facts"]["opened"], body["facts"]["then"]) == (2, "annulled")
    assert "procurement.opened_minimum" in str(body["rules"])
    barred = tender.refused(start, tender.owner, section=procurement.lot)
    assert barred.rule == "procurement.opened_minimum"
    assert "annul" in shown(procurement)[1]
    assert tender.do(fail, tender.owner, section=procurement.lot) == 2
    records = tender.world.ask(timeline, tender.id, VISITOR)
    [facts] = [e.facts["facts"] for e in records if e.facts["action"] == "opening.fail"]
    assert (facts["count"], facts["returned"]) == (2, "opened")
    assert tender.world.ask(stage_of, tender.id, tender.world.now) is Stage.FAILED
    again = tender.refused(fail, tender.owner, section=procurement.lot)
    assert isinstance(again, Conflict)
