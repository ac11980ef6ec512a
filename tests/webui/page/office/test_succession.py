"""What the pages say of keys that can be followed, and of those that cannot."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from bidding.hall.succession.asking import answer
from tests.stories.following import a_following
from tests.stories.world import Tender, World, a_tender
from tests.webui.page.counter import Counter, a_world
from trading.registration.project import found_project

NEVER = "门限等于席位数：密钥不能分存"
LASTING = "仍计为该席位密钥的知情者"


@pytest.fixture
def world(counter: Counter, tmp_path: Path) -> World:
    return a_world(counter, tmp_path)


def told(counter: Counter, tender: Tender) -> tuple[str, str]:
    """The opening's page as its owner sees it, and a trustee's own."""
    code = tender.world.ask(found_project, tender.id).code
    tender.world.settle()
    hosts = counter.person(tender.owner).get(f"/desk/{code}/opening")
    own = counter.person(tender.trustees[0][0]).get("/trustee")
    return html.unescape(hosts), html.unescape(own)


def test_a_set_in_which_every_seat_is_needed_is_said_to_deal_no_key(
    counter: Counter, world: World
) -> None:
    tender = a_tender(world, threshold=5)
    assert all(NEVER in page for page in told(counter, tender))
    form = f"/act/key.deal?project={tender.id}"
    assert "不能分存" in counter.person(tender.trustees[0][0]).get(form)


def test_a_successor_that_was_confirmed_is_said_to_count_for_good(
    counter: Counter, world: World
) -> None:
    following = a_following(world)
    tender, row = following.tender, following.confirmed(2)
    hosts, own = told(counter, tender)
    assert "一经确认" in hosts
    assert LASTING not in hosts
    assert NEVER not in hosts + own
    actor, machine = tender.trustees[1]
    tender.do(answer, actor, succession=row.id, document=machine.answer(row.challenge))
    assert LASTING in told(counter, tender)[0]
