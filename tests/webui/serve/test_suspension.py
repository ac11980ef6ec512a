"""The scheduler obeys: a suspended trade is not closed at its deadline, but at the new one."""

from __future__ import annotations

from datetime import timedelta

from bidding.hall.close import close
from monitor.record.suspension import Suspended
from monitor.role import SYSTEM, Role
from tests.builders import a_standing, an_actor
from tests.stories.tenderer import a_tenderer, bidders
from tests.stories.world import a_tender
from tests.webui.serve.office import Office
from trading.supervision.standstill.suspension import resume, suspend

DAYS = timedelta(days=2)


def test_a_suspension_stops_close_at_the_deadline_and_resuming_lets_it_go_on(
    office: Office,
) -> None:
    tender = a_tender(office.world)
    bidders(tender)
    department = a_standing(
        office.world.house.platform, tender.id,
        an_actor(office.world.house.platform, Role.DEPARTMENT),
    )  # fmt: skip
    before = tender.deadline
    office.world.until(before - timedelta(hours=1))
    tender.do(suspend, department, article="招标投标法实施条例 62", reason="投诉需要查证")
    office.world.until(before + DAYS)
    office.run()
    assert "opening.close" not in office.done(tender.id)
    assert type(tender.refused(close, SYSTEM, section=tender.section)) is Suspended
    records = office.records()
    office.run()
    assert office.records() == records, "nothing is tried while the trade stands still"
    moved = tender.do(resume, department, reason="已查清")
    assert before + DAYS < moved == tender.deadline
    assert "opening.close" not in office.done(tender.id)
    a_tenderer(tender).bid()
    tender.past_deadline()
    office.run()
    assert office.done(tender.id).count("opening.close") == 1
