"""What a trustee's machine reads of successions: enough to see for itself who holds which seat."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.following import a_following
from tests.stories.world import World
from tests.webui.page.counter import Counter, a_world
from webui.program.trustee.succession import Following, read_following


@pytest.fixture
def world(counter: Counter, tmp_path: Path) -> World:
    return a_world(counter, tmp_path)


def test_two_successions_at_once_keep_neither_ones_helpers_back(
    counter: Counter, world: World
) -> None:
    """Whoever took seat 2 helps seat 5, though it took it after seat 5's was confirmed."""
    one = a_following(world)
    other = a_following(world, one.tender, deals=False)
    row, late = one.confirmed(2), other.confirmed(5)
    for helper in (1, 3, 4):
        one.hand(row, helper)
    heir = one.place(row)
    world.settle()
    asked = json.loads(counter.person(one.actor).get("/api/v1/trustee"))
    assert asked["named"] == [one.of(2).device.recipient], "the key that it rebuilt is needed"
    page = counter.person(one.actor).get(f"/api/v1/trustee/successions/{late.id}")
    found: Following = read_following(json.loads(page))
    held = found.check(world.house.policy)
    assert found.roster.seat_of(heir.device, held) == held[0]
    assert (held[0].index, held[0].devices) == (2, (heir.device,))
