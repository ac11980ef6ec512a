"""Rooms: two bookings never meet, however many try at once, and a refusal says what is free."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role
from monitor.runtime.database import Addresses
from tests.builders import a_standing, an_actor
from tests.trading.projects import a_registered_trade, an_accepted_trade
from trading.venue.booking import Occupied, book, bookings, release
from trading.venue.room import Purpose, add_room, in_order

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TEN = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)  # a Monday, 10:00 in Beijing
HOUR = timedelta(hours=1)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


def a_room(platform: Platform, purpose: Purpose = Purpose.OPENING, seats: int = 1000) -> UUID:
    centre = an_actor(platform, Role.CENTRE)
    name = f"{purpose.value}-{uuid4().hex[:8]}"
    return platform.perform(add_room, centre, None, name=name, purpose=purpose, seats=seats)


def test_a_booked_room_is_refused_to_others_with_what_is_free(platform: Platform) -> None:
    room, first, second = (
        a_room(platform, seats=500),
        an_accepted_trade(platform),
        an_accepted_trade(platform),
    )
    twin = a_room(platform, seats=500)
    platform.perform(book, first.owner, first.id, room=room, start=TEN, end=TEN + 2 * HOUR)
    with pytest.raises(Occupied) as refused:
        platform.perform(
            book, second.owner, second.id, room=room, start=TEN + HOUR, end=TEN + 3 * HOUR
        )
    offers = refused.value.offers
    assert (offers[0].room, offers[0].span.start) == (twin, TEN + HOUR)
    same_room = [offer.span.start for offer in offers if offer.room == room]
    assert same_room[0] == TEN + 2 * HOUR
    assert "2026-03-16 12:00" in refused.value.message
    for offer in offers:
        platform.perform(
            book, second.owner, second.id,
            room=offer.room, start=offer.span.start, end=offer.span.end,
        )  # fmt: skip
        with platform.read() as session:
            made = bookings(session, second.id)[0]
        platform.perform(release, second.owner, second.id, booking=made.id)


def test_of_eight_that_book_at_once_one_has_the_room(platform: Platform) -> None:
    room = a_room(platform)
    trades = [an_accepted_trade(platform) for _ in range(8)]

    def attempt(index: int) -> bool:
        trade = trades[index]
        try:
            platform.perform(book, trade.owner, trade.id, room=room, start=TEN, end=TEN + HOUR)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(8))) == 1


def test_bookings_that_touch_both_stand(platform: Platform) -> None:
    room, trade = a_room(platform), an_accepted_trade(platform)
    for start in (TEN + HOUR, TEN):
        platform.perform(book, trade.owner, trade.id, room=room, start=start, end=start + HOUR)
    with platform.read() as session:
        assert [made.span.start for made in bookings(session, trade.id)] == [TEN, TEN + HOUR]


def test_a_released_room_is_free_again(platform: Platform) -> None:
    room, trade = a_room(platform), an_accepted_trade(platform)
    made = platform.perform(book, trade.owner, trade.id, room=room, start=TEN, end=TEN + HOUR)
    platform.perform(release, trade.owner, trade.id, booking=made)
    with pytest.raises(WrongStage):
        platform.perform(release, trade.owner, trade.id, booking=made)
    platform.perform(book, trade.owner, trade.id, room=room, start=TEN, end=TEN + HOUR)


def test_nobody_gives_back_what_another_booked(platform: Platform) -> None:
    room, trade, other = a_room(platform), an_accepted_trade(platform), an_accepted_trade(platform)
    made = platform.perform(book, trade.centre, trade.id, room=room, start=TEN, end=TEN + HOUR)
    with pytest.raises(NotFound):
        platform.perform(release, other.owner, other.id, booking=made)
    with pytest.raises(NotAllowed, match="another unit"):
        platform.perform(release, trade.owner, trade.id, booking=made)
    platform.perform(release, trade.centre, trade.id, booking=made)


def test_a_room_is_booked_for_an_accepted_project_by_its_parties(platform: Platform) -> None:
    room, filed, trade = a_room(platform), a_registered_trade(platform), an_accepted_trade(platform)
    with pytest.raises(WrongStage):
        platform.perform(book, filed.owner, filed.id, room=room, start=TEN, end=TEN + HOUR)
    agency = an_actor(platform, Role.AGENCY)
    with pytest.raises(NotAllowed):
        platform.perform(book, agency, trade.id, room=room, start=TEN, end=TEN + HOUR)
    a_standing(platform, trade.id, agency)
    platform.perform(book, agency, trade.id, room=room, start=TEN, end=TEN + HOUR)


@pytest.mark.parametrize(
    ("start", "end"),
    [(TEN, TEN), (TEN, TEN - HOUR), (START - HOUR, TEN), (TEN, TEN + 400 * HOUR)],
)
def test_times_that_cannot_be_are_refused(
    platform: Platform, start: datetime, end: datetime
) -> None:
    room, trade = a_room(platform), an_accepted_trade(platform)
    with pytest.raises(Invalid) as refused:
        platform.perform(book, trade.owner, trade.id, room=room, start=start, end=end)
    assert refused.value.field == "during"


def test_the_place_of_an_opening_is_public_and_that_of_an_evaluation_is_not(
    platform: Platform,
) -> None:
    trade = an_accepted_trade(platform)
    for purpose in (Purpose.OPENING, Purpose.EVALUATION):
        room = a_room(platform, purpose)
        platform.perform(book, trade.owner, trade.id, room=room, start=TEN, end=TEN + HOUR)
    with platform.read() as session:
        opening, evaluation = timeline(session, trade.id, VISITOR)[-2:]
    assert opening.facts["facts"]["room"].startswith("opening-")
    assert set(evaluation.facts["facts"]["room"]) == {"sha256"}
    assert "evaluation-" not in evaluation.body.decode()


def test_rooms_stand_by_their_number() -> None:
    rooms = ["开标十室", "开标三室", "开标一室", "开标二室"]
    assert sorted(rooms, key=in_order)[:3] == ["开标一室", "开标二室", "开标三室"]


def test_there_is_one_room_of_a_name(platform: Platform) -> None:
    centre = an_actor(platform, Role.CENTRE)

    def add(name: str) -> UUID:
        return platform.perform(
            add_room, centre, None, name=name, purpose=Purpose.OPENING, seats=30
        )

    add("开标室8")
    with pytest.raises(Conflict):
        add("开标室8")
    with pytest.raises(Invalid):
        add(" ")


def test_a_room_that_is_not_there_is_not_booked(platform: Platform) -> None:
    trade = an_accepted_trade(platform)
    with pytest.raises(NotFound):
        platform.perform(book, trade.owner, trade.id, room=uuid4(), start=TEN, end=TEN + HOUR)
