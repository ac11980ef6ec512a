"""The price ceiling at the opening: in the record, and beside each price that is above it."""

from __future__ import annotations

import json
from typing import Any

from bidding.hall.reveal import ABOVE, opening_record_of
from tests.stories.hall import an_opened_hall
from tests.stories.tenderer import a_tenderer
from tests.stories.world import World, a_tender
from trading.registration.section import found_section


def test_a_price_above_the_ceiling_is_remarked_on_and_one_that_meets_it_is_not(
    world: World,
) -> None:
    tender = a_tender(world)
    ceiling = world.ask(found_section, tender.id, tender.section).ceiling_fen
    prices = [ceiling - 100, ceiling, ceiling + 100]
    three = [a_tenderer(tender, price) for price in prices]
    for one in three:
        one.bid()
    an_opened_hall(tender, three[0])
    told: dict[str, Any] = json.loads(world.ask(opening_record_of, tender.id, tender.section))
    assert told["ceiling_fen"] == str(ceiling)
    assert {row["price_fen"]: ABOVE in row["remarks"] for row in told["bids"]} == {
        str(prices[0]): False, str(prices[1]): False, str(prices[2]): True,
    }  # fmt: skip
