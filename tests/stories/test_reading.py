"""A tenderer ticks that it read the documents: against their digest as it stands, and unseen."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.refusal import Conflict, NotFound, WrongStage
from tests.stories.hall import a_hall
from tests.stories.tenderer import Tenderer, a_tenderer
from tests.stories.world import World, a_tender
from trading.notice.addendum import Change, clarify, tender_digest
from trading.notice.reading import has_read, read

HOUR = timedelta(hours=1)


@pytest.fixture
def one(world: World) -> Tenderer:
    return a_tenderer(a_tender(world))


def digest(one: Tenderer) -> bytes:
    found: bytes = one.tender.world.ask(tender_digest, one.tender.id)
    return found


def stands(one: Tenderer) -> bool:
    return one.tender.world.ask(has_read, one.tender.id, one.mask) is not None


def test_a_tick_holds_for_the_version_that_was_read_and_an_addendum_ends_it(one: Tenderer) -> None:
    assert not stands(one)
    first = digest(one)
    one.do(read, notice=first)
    assert stands(one)
    assert isinstance(one.refused(read, notice=first), Conflict)
    one.tender.do(
        clarify, one.tender.owner, change=Change("更正", "第三章页码。", affects_bids=False)
    )
    assert not stands(one), "what was read is not what holds now"
    told = one.refused(read, notice=first)
    assert (type(told), told.rule) == (Conflict, "招标投标法 23")
    one.do(read, notice=digest(one))
    assert stands(one)


def test_nobody_sees_before_close_that_somebody_read(one: Tenderer) -> None:
    tender, world = one.tender, one.tender.world
    one.do(read, notice=digest(one))

    def seen(audience: Audience) -> bool:
        told = world.ask(timeline, tender.id, Viewer(audience))
        return any(each.facts["action"] == "document.read" for each in told)

    everybody = (Audience.OWNER, Audience.CENTRE, Audience.INSPECTOR, Audience.DISCIPLINE)
    assert not any(seen(each) for each in everybody)
    hall = a_hall(tender)
    hall.close()
    assert [seen(each) for each in everybody] == [True, False, True, True]
    assert isinstance(one.refused(read, notice=digest(one)), WrongStage)


def test_who_takes_no_part_ticks_nothing(one: Tenderer, world: World) -> None:
    elsewhere = a_tender(world)
    told = elsewhere.refused(read, one.actor, notice=b"\x00" * 32)
    assert isinstance(told, NotFound)
