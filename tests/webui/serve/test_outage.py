"""A deadline lost in an outage: moved with consent, else suspended and proposed; none is made up."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bidding.hall.close import close
from monitor.record.disclosure import VISITOR, timeline
from monitor.record.suspension import Suspended
from monitor.refusal import Invalid, NotFound, TooEarly, WrongStage
from monitor.role import SYSTEM, Role
from tests.builders import an_actor
from tests.stories.tenderer import a_tenderer, bidders
from tests.stories.world import SECOND, Tender, a_tender
from tests.webui.serve.office import Office
from trading.notice.message.message import inbox
from trading.supervision.standstill.lost_deadline import agree, consent, move
from trading.supervision.standstill.outage import note, outages, witness

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def beating(office: Office) -> Office:
    """An office where time passes by itself, and which has just said that it is there."""
    office.scheduler.beats = True
    office.look()
    return office


def away_over(office: Office, tender: Tender) -> tuple[datetime, datetime]:
    """The platform is there until ten minutes before a deadline, and again an hour after it."""
    before = tender.deadline
    office.world.until(before - 10 * MINUTE)
    office.look()
    office.world.until(before + HOUR)
    return before, office.world.now


def to_the_deadline(office: Office, tender: Tender) -> None:
    """The platform is there up to the deadline, and after it."""
    while office.world.now + 10 * MINUTE < tender.deadline:
        office.world.until(office.world.now + 10 * MINUTE)
        office.look()
    tender.past_deadline()
    office.run()


def test_with_consent_a_lost_deadline_is_moved_in_public_and_closed_at_the_new_time(
    beating: Office,
) -> None:
    office, tender = beating, a_tender(beating.world)
    bidders(tender)
    tender.do(consent, tender.owner, clause="第二章第 12 条")
    before, back = away_over(office, tender)
    assert type(tender.refused(close, tender.owner, section=tender.section)) is TooEarly
    office.run()
    assert "opening.close" not in office.done(tender.id)
    assert office.done(tender.id).count("outage.move") == 1
    assert before + HOUR < tender.deadline
    assert back + 2 * HOUR <= tender.deadline <= back + 2 * HOUR + MINUTE
    public = office.world.ask(timeline, tender.id, VISITOR)
    [moved] = [one.facts for one in public if one.facts["action"] == "outage.move"]
    assert "all.outage_deadline" in moved["rules"]
    assert datetime.fromisoformat(moved["facts"]["deadline_before"]) == before
    assert "outage.move" in [one.event for one in office.world.ask(inbox, tender.owner.person)]
    a_tenderer(tender).bid()
    to_the_deadline(office, tender)
    assert office.done(tender.id).count("opening.close") == 1


def test_without_consent_the_trade_is_suspended_until_the_tenderee_agrees(
    beating: Office,
) -> None:
    office, tender = beating, a_tender(beating.world)
    bidders(tender)
    away_over(office, tender)
    office.run()
    acts = office.done(tender.id)
    assert acts.count("outage.suspend") == 1
    assert not {"outage.move", "opening.close"} & set(acts)
    assert type(tender.refused(close, SYSTEM, section=tender.section)) is Suspended
    later = office.world.now + 30 * HOUR
    office.world.until(later)
    moved = tender.do(agree, tender.owner)
    assert later + 2 * HOUR <= moved == tender.deadline
    assert type(tender.refused(agree, tender.owner)) is NotFound
    to_the_deadline(office, tender)
    assert office.done(tender.id).count("opening.close") == 1


def test_a_deadline_that_lies_in_no_outage_is_nobodys_to_move(beating: Office) -> None:
    office, tender = beating, a_tender(beating.world)
    bidders(tender)
    tender.do(consent, tender.owner, clause="第二章第 12 条")
    assert type(tender.refused(move, SYSTEM)) is NotFound
    office.world.until(office.world.now + HOUR)
    office.run()
    assert "outage.move" not in office.done(tender.id)


def test_whoever_stops_the_scheduler_while_the_site_works_makes_no_outage(
    beating: Office,
) -> None:
    office, tender = beating, a_tender(beating.world)
    bidders(tender)
    tender.do(consent, tender.owner, clause="第二章第 12 条")
    office.world.until(tender.deadline - 10 * MINUTE)
    office.look()
    found = len(office.world.ask(outages))
    for _ in range(8):  # nobody schedules, but the site is used every ten minutes
        office.world.until(office.world.now + 10 * MINUTE)
        tender.refused(move, SYSTEM)
    assert type(office.world.refused(note, SYSTEM, None)) is WrongStage
    office.run()
    assert len(office.world.ask(outages)) == found
    assert office.done(tender.id).count("opening.close") == 1


def test_close_by_hand_waits_as_well(beating: Office) -> None:
    office, tender = beating, a_tender(beating.world)
    bidders(tender)
    tender.do(consent, tender.owner, clause="第二章第 12 条")
    away_over(office, tender)
    office.world.until(office.world.now + SECOND)
    office.world.do(note, SYSTEM, None)
    assert type(tender.refused(close, tender.owner, section=tender.section)) is TooEarly


def test_what_a_witness_saw_stands_beside_and_moves_nothing(office: Office) -> None:
    tender = a_tender(office.world)
    bidders(tender)
    tender.do(consent, tender.owner, clause="第二章第 12 条")
    office.world.until(tender.deadline - HOUR)
    office.scheduler.beats = True  # a look every ten minutes over weeks would show no more
    office.look()
    notary = an_actor(office.world.house.platform, Role.WITNESS)
    now = office.world.now
    seen = {"name": "w1", "since": now - HOUR, "until": tender.deadline + HOUR}
    assert type(office.world.refused(witness, notary, None, **seen)) is Invalid
    to_the_deadline(office, tender)
    assert office.done(tender.id).count("opening.close") == 1
    other = a_tender(office.world)
    seen = {"name": "w1", "since": office.world.now - HOUR, "until": office.world.now}
    inspector = an_actor(office.world.house.platform, Role.DEPARTMENT)
    for brings in (notary, inspector):
        office.world.do(witness, brings, None, **seen)
    witnessed = {each.org for each in office.world.ask(outages) if each.source == "witness"}
    assert witnessed == {notary.org, inspector.org}
    assert type(other.refused(move, SYSTEM)) is NotFound
