"""A rehearsal 演练: sealed and opened like a trade, bound by no rule, published and counted nowhere."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidding.agenda import agenda
from bidding.hall.reveal import opening_record_of
from bidding.identity import bidder_of
from monitor.refusal import WrongStage
from tests.stories.hall import an_opened_hall
from tests.stories.tenderer import a_tenderer, bidders
from tests.stories.world import SECOND, Tender, World, a_tender
from trading import board
from trading.archive.filing import close as close_archive
from trading.notice.notice import current_notice
from trading.registration.catalogue import MARK, load
from trading.registration.credit_code import checked
from trading.registration.party import found_organisation
from trading.registration.project import found_project
from trading.supervision.efficiency import owed

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def rehearsal(world: World) -> Tender:
    """One that takes bids, for who looks at it; what opens one makes its own."""
    return a_tender(world, category="rehearsal")


def test_it_says_what_it_is_wherever_its_name_stands(rehearsal: Tender) -> None:
    ask = rehearsal.world.ask
    assert ask(found_project, rehearsal.id).name.startswith(MARK)
    assert ask(current_notice, rehearsal.id).title.startswith(MARK)
    category = load().category("rehearsal")
    assert category.named(category.named("桥梁工程")) == "【演练】桥梁工程"
    assert load().category("works").named("桥梁工程") == "桥梁工程"


def test_the_public_finds_it_on_no_list_and_a_tenderer_does(rehearsal: Tender) -> None:
    world, now = rehearsal.world, rehearsal.world.now
    trade = a_tender(world)

    def listed(query: object, *args: object) -> set[object]:
        with world.house.platform.read() as session:
            return {each.project for each in query(session, *args)}  # type: ignore[operator]

    ends = rehearsal.deadline
    public = listed(board.search, now)
    assert trade.id in public
    assert rehearsal.id not in public
    assert rehearsal.id not in listed(board.openings_between, now, ends - HOUR, ends + HOUR)
    coming = world.ask(board.next_opening, ends - HOUR)
    assert coming is None or coming.project != rehearsal.id
    assert rehearsal.id in listed(board.rehearsals, now)
    assert rehearsal.id not in listed(board.rehearsals, ends + SECOND)
    assert world.ask(board.entry, rehearsal.id, now) is not None, "by its own address"


def test_it_owes_nothing_tells_nobody_and_ends_in_no_archive(rehearsal: Tender) -> None:
    world = rehearsal.world
    found = world.ask(found_project, rehearsal.id)
    assert (found.inside, found.must_tender) == (False, False)
    seen = set()
    for later in (timedelta(0), rehearsal.deadline - world.now - HOUR, timedelta(days=40)):
        told = world.ask(agenda, rehearsal.id, world.now + later)
        seen |= {errand.action.name for errand in told.errands} | {job.kind for job in told.wanted}
    assert seen == {"readiness.ask"}, "no duty, no card, no mail"
    span = (world.now.date(), world.now.date())
    assert world.ask(owed, {}, world.now, span) == []
    told_no = rehearsal.refused(close_archive, rehearsal.clerk, manifest=b"{}")
    assert isinstance(told_no, WrongStage)


def test_nobody_stands_in_it_under_its_own_name(rehearsal: Tender) -> None:
    """It is opened before the trade that it prepares for: names would tell who is about to bid."""
    ask = rehearsal.world.ask
    one, two = a_tenderer(rehearsal), a_tenderer(rehearsal)
    shown = [ask(bidder_of, rehearsal.id, each.actor.org, each.mask) for each in (one, two)]
    assert shown[0] != shown[1]
    assert shown[0] == ask(bidder_of, rehearsal.id, one.actor.org, one.mask)
    for each, own in zip(shown, (one, two), strict=True):
        unit = ask(found_organisation, own.actor.org)
        assert checked(each.uscc) == each.uscc
        assert each.name.startswith("演练投标人")
        assert unit.uscc != each.uscc
        assert unit.name not in each.name
    trade = a_tender(rehearsal.world)
    real = ask(bidder_of, trade.id, one.actor.org, one.mask)
    assert (real.name, real.uscc) == (one.name, one.uscc)


def test_one_bidder_seals_and_opens_the_day_before(world: World) -> None:
    """No law asks for twenty days or three bidders: nothing is traded."""
    rehearsal = a_tender(world, category="rehearsal")
    assert rehearsal.deadline - rehearsal.world.now < timedelta(days=1)
    one = bidders(rehearsal, 1)[0]
    hall = an_opened_hall(rehearsal, one)
    record = rehearsal.world.ask(opening_record_of, rehearsal.id, hall.lot)
    assert str(one.price_fen).encode() in record
