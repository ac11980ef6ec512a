"""An opening that nobody hosts: it goes on of itself, never before its time, never over a word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bidding.hall import seal
from bidding.hall.failure.due import PATIENCE
from bidding.hall.seal import lapse_seals
from bidding.hall.sitting import pause, resume
from bidding.hall.unattended import HOST, SHOW, Turn, steps_due, turn_of, wanted_shows
from monitor.refusal import Conflict, TooEarly, WrongStage
from monitor.role import SYSTEM
from monitor.work.due import Wanted
from tests.stories.hall import Hall, a_closed_hall, a_hall
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import SECOND, World, a_tender
from trading.award.filing import file
from trading.award.objection import Kind, Outcome, answer
from trading.notice.participation import identify


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


@pytest.fixture
def hall(three: list[Tenderer]) -> Hall:
    """Closed, witnessed, everybody identified; nobody comes."""
    return a_closed_hall(three[0].tender)


def turn(hall: Hall) -> Turn | None:
    world = hall.tender.world
    found: Turn | None = world.ask(turn_of, hall.tender.id, hall.lot, world.now)
    return found


def closed_at(hall: Hall) -> datetime:
    found: datetime = hall.tender.world.ask(
        seal.lapses_at, hall.tender.id, hall.lot, hall.tender.world.now
    )
    return found - seal.TIME


def do_due(hall: Hall) -> list[str]:
    """What the scheduler finds and does."""
    world = hall.tender.world
    found = world.ask(steps_due, hall.tender.id, world.now)
    for each in found:
        hall.tender.do(each.action, SYSTEM, **each.inputs)
    world.settle()
    return [each.action.name for each in found]


def lapse(hall: Hall) -> None:
    hall.tender.world.until(closed_at(hall) + seal.TIME)
    assert do_due(hall) == ["opening.lapse_seals"]


def test_the_check_lapses_ten_minutes_after_close_and_not_before(hall: Hall) -> None:
    tender = hall.tender
    tender.world.until(closed_at(hall) + seal.TIME - 2 * SECOND)
    assert do_due(hall) == []
    assert isinstance(tender.refused(lapse_seals, SYSTEM, section=hall.lot), TooEarly)
    lapse(hall)
    assert isinstance(tender.refused(lapse_seals, SYSTEM, section=hall.lot), Conflict)


def test_the_platform_writes_of_nobody_that_he_has_checked(
    hall: Hall, three: list[Tenderer]
) -> None:
    hall.check_seal(three[0])
    hall.tender.world.until(closed_at(hall) + seal.TIME)
    assert do_due(hall) == []
    assert isinstance(hall.tender.refused(lapse_seals, SYSTEM, section=hall.lot), Conflict)


def test_nothing_lapses_before_the_names_are_open(three: list[Tenderer]) -> None:
    hall = a_hall(three[0].tender)
    hall.close()
    hall.tender.world.until(closed_at(hall) + 2 * seal.TIME)
    assert turn(hall) is None


def test_an_unwitnessed_close_is_not_gone_on_from(three: list[Tenderer]) -> None:
    hall = a_hall(three[0].tender)
    hall.close(witnessed=False)
    hall.tender.world.until(closed_at(hall) + 2 * seal.TIME)
    refusal = hall.tender.refused(lapse_seals, SYSTEM, section=hall.lot)
    assert isinstance(refusal, WrongStage)


def test_an_objection_that_nobody_has_answered_holds_it(hall: Hall, three: list[Tenderer]) -> None:
    one, tender = three[1], hall.tender
    tender.do(identify, SYSTEM, mask=one.mask, uscc=one.uscc, name=one.name)
    bidder = replace(one.actor, mask=None)
    objection = tender.do(file, bidder, kind=Kind.OPENING, text="回执不在根下。")
    hall.tender.world.until(closed_at(hall) + 2 * seal.TIME)
    assert do_due(hall) == []
    assert isinstance(hall.tender.refused(lapse_seals, SYSTEM, section=hall.lot), WrongStage)
    told = {"text": "在根下，见证明。", "outcome": Outcome.DISMISSED}
    tender.do(answer, tender.owner, objection=objection, **told)
    assert do_due(hall) == ["opening.lapse_seals"]


def test_a_pause_holds_every_step_and_is_given_back(hall: Hall) -> None:
    tender = hall.tender
    tender.do(pause, tender.owner, section=hall.lot, reason="网络故障")
    tender.world.until(closed_at(hall) + 2 * seal.TIME)
    assert turn(hall) is None
    assert isinstance(tender.refused(lapse_seals, SYSTEM, section=hall.lot), WrongStage)
    tender.do(resume, tender.owner, section=hall.lot, reason="恢复")
    assert do_due(hall) == [], "the bidders have the time back"
    lapse(hall)


def test_unlock_waits_for_its_host_and_then_for_nobody(hall: Hall) -> None:
    lapse(hall)
    assert turn(hall) is None, "no bid opens yet: it waits for bidders and trustees"
    hall.trustees_open()
    assert do_due(hall) == []
    hall.tender.world.until(hall.tender.world.now + HOST)
    assert do_due(hall) == ["opening.unlock"]
    unlocked, world = hall.tender.world.now, hall.tender.world
    world.until(unlocked + HOST)
    assert wanted(hall) == [], "the stored objects are looked at first"
    world.until(unlocked + PATIENCE)
    assert wanted(hall) == [Wanted(SHOW, str(hall.lot), hall.tender.id)]


def wanted(hall: Hall) -> list[Any]:
    found: list[Any] = hall.tender.world.ask(wanted_shows, hall.tender.id, hall.tender.world.now)
    return found


def test_what_stays_shut_is_left_to_people(hall: Hall, three: list[Tenderer]) -> None:
    lapse(hall)
    request = hall.bid_request()
    for seat in (2, 3):
        hall.give(request, seat)
        hall.tender.world.settle()
    hall.tender.world.until(hall.tender.world.now + timedelta(days=1))
    assert do_due(hall) == []


def test_a_section_with_too_few_bids_is_never_opened(world: World) -> None:
    two = bidders(a_tender(world), 2)
    hall = a_hall(two[0].tender)
    hall.close()
    hall.tender.world.until(closed_at(hall) + 2 * seal.TIME)
    assert turn(hall) is None
    assert isinstance(hall.tender.refused(lapse_seals, SYSTEM, section=hall.lot), WrongStage)
