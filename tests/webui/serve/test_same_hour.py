"""Many openings at one 09:00: each closes by itself, and none waits for another or opens its bids."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest

from bidding.hall.close import closing_of
from bidding.hall.reveal import opening_record_of
from tests.stories.hall import Hall, a_hall
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import SECOND, World, a_tender
from tests.webui.serve.office import Office
from trading.notice.addendum import Change, clarify

HERE, CAMPAIGN = (3, "rehearsal", 1), (20, "works", 3)
"""How many trades of which category, and how many bids in each."""


def at_nine(
    world: World, number: int, category: str, each: int
) -> list[tuple[Hall, list[Tenderer]]]:
    """So many trades, each with its tenderers, whose bids are due at one moment."""
    halls = [a_hall(a_tender(world, category=category)) for _ in range(number)]
    nine = max(hall.tender.deadline for hall in halls) + timedelta(minutes=1)
    for hall in halls:
        change = Change("开标时间", "统一为九时。", affects_bids=False, deadline=nine)
        hall.tender.do(clarify, hall.tender.owner, change=change)
    return [(hall, bidders(hall.tender, each)) for hall in halls]


def prices(hall: Hall) -> list[int]:
    document = hall.tender.world.ask(opening_record_of, hall.tender.id, hall.lot)
    return [int(each["price_fen"]) for each in json.loads(document)["bids"]]


@pytest.mark.parametrize(
    ("number", "category", "each"), [HERE, pytest.param(*CAMPAIGN, marks=pytest.mark.campaign)]
)
def test_openings_at_one_hour_close_together_and_open_apart(
    office: Office, number: int, category: str, each: int
) -> None:
    world = office.world
    opened = at_nine(world, number, category, each)
    [nine] = {hall.tender.deadline for hall, _ in opened}
    world.until(nine + SECOND)
    office.look()
    closed: dict[UUID, str] = {}
    for hall, _ in opened:
        assert "opening.close" in office.done(hall.tender.id), "one look closes them all"
        closed[hall.tender.id] = world.ask(closing_of, hall.tender.id, hall.lot).digest
    assert len(set(closed.values())) == number
    world.settle()
    for step in (Hall.identify, Hall.trustees_open, Hall.unlock, Hall.reveal):
        for hall, tenderers in opened:
            if step is Hall.trustees_open:
                hall.check_seal(tenderers[0])
            step(hall)
    for hall, tenderers in opened:
        assert prices(hall) == [one.price_fen for one in tenderers]
