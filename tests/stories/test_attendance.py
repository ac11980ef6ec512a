"""Tenderers check in 签到: from an hour before, unseen until CLOSE, deciding nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidding.hall.preparation.attendance import BASIS, check_in, present
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.refusal import Conflict, NotFound, TooEarly, WrongStage
from monitor.role import SYSTEM
from tests.stories.hall import a_hall
from tests.stories.tenderer import Tenderer, a_tenderer, bidders
from tests.stories.world import World, a_tender
from trading.notice.participation import identify

HOUR = timedelta(hours=1)


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    """In a rehearsal, where two bids are enough; the third has none."""
    tender = a_tender(world, category="rehearsal")
    return [*bidders(tender, 2), a_tenderer(tender)]


def test_who_is_there_is_seen_after_close_and_by_name_once_that_is_open(
    three: list[Tenderer],
) -> None:
    tender, world = three[0].tender, three[0].tender.world
    early = three[0].refused(check_in, section=tender.section)
    assert (type(early), early.rule) == (TooEarly, BASIS)
    world.until(tender.deadline - HOUR)
    three[1].do(check_in, section=tender.section)
    again = three[1].refused(check_in, section=tender.section)
    assert isinstance(again, Conflict)
    assert isinstance(three[2].refused(check_in, section=tender.section), NotFound), "no bid"
    assert world.ask(present, tender.id, tender.section) is None
    for audience in (Audience.OWNER, Audience.CENTRE, Audience.INSPECTOR, Audience.DISCIPLINE):
        told = world.ask(timeline, tender.id, Viewer(audience))
        assert not any(each.facts["action"] == "opening.check_in" for each in told), audience
    hall = a_hall(tender)
    hall.close()
    three[0].do(check_in, section=tender.section)
    there = world.ask(present, tender.id, tender.section)
    assert [one.name for one in there] == [None, None]
    hall.identify()
    one = three[1]
    tender.do(identify, SYSTEM, mask=one.mask, uscc=one.uscc, name=one.name)
    there = world.ask(present, tender.id, tender.section)
    assert [each.name for each in there] == [one.name, None]
    hall.check_seal(three[0])
    hall.trustees_open()
    hall.unlock()
    results = hall.reveal()
    assert all(result.letter is not None for result in results), "who is absent loses nothing"
    assert isinstance(three[0].refused(check_in, section=tender.section), WrongStage)
    shown = world.ask(timeline, tender.id, VISITOR)
    assert sum(each.facts["action"] == "opening.check_in" for each in shown) == 2
