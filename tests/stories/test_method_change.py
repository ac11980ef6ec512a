"""Whoever rules the criteria cannot bend them once there is no time left to heed the change."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bidding.evaluation.method import Method, method_of, set_method
from bidding.scoring import Formula, PriceRule
from bidding.terms import deadline
from monitor.refusal import Refusal, TooLate
from monitor.runtime.database import Addresses
from tests.stories.world import Tender, World, a_tender, a_world

FAIR = Method({"technical": 4000}, PriceRule(Formula.LOWEST, 6000))
BENT = Method({"technical": 9000}, PriceRule(Formula.LOWEST, 1000))
LEAD = timedelta(days=15)


@pytest.fixture(scope="module")
def world(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(database, tmp_path_factory.mktemp("method")) as made:
        yield made


def change(tender: Tender, method: Method) -> Refusal | None:
    """The owner sets the method of the only section; how that was refused."""
    try:
        tender.do(set_method, tender.owner, section=tender.lots[0], method=method)
    except Refusal as refusal:
        return refusal
    return None


def method(tender: Tender) -> Method:
    """The method that holds."""
    found: Method = tender.world.ask(method_of, tender.id, tender.lots[0])
    return found


def test_the_method_bends_no_more_when_bidders_have_no_time_left_to_heed_it(world: World) -> None:
    tender = a_tender(world)
    ends = world.ask(deadline, tender.id)
    assert change(tender, BENT) is None
    assert change(tender, FAIR) is None, "while there is time it may be corrected"
    for before in (
        LEAD - timedelta(days=1),
        timedelta(minutes=1),
        timedelta(0),
        -timedelta(hours=1),
    ):
        world.until(ends - before - timedelta(seconds=30))
        refusal = change(tender, BENT)
        assert isinstance(refusal, TooLate), before
        assert method(tender) == FAIR
        assert "截止" in refusal.message


def test_a_method_that_was_never_published_cannot_be_brought_at_the_last_minute(
    world: World,
) -> None:
    tender = a_tender(world)
    world.until(world.ask(deadline, tender.id) - timedelta(days=3))
    refusal = change(tender, BENT)
    assert isinstance(refusal, TooLate)
    assert refusal.rule == "works.clarification_lead"
