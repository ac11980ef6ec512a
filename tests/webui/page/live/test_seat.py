"""Who wants every seat of the live stream gets a share; parties who are signed in find one kept."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.webui.page.live.watched import Watched
from tests.webui.page.live.wire import Viewing
from webui.serve.live.seat import Seats

SEATS, KEPT, GREEDY = 16, 4, 24
THEIRS, OURS, OTHERS = "192.0.2.7", "198.51.100.1", "2001:db8::{:x}"


@pytest.fixture
def scarce(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A stream with few seats."""
    monkeypatch.setattr(watched.wire.hub, "seats", Seats(SEATS, KEPT))
    return watched


def crowd(scarce: Watched, who: list[str]) -> list[Viewing]:
    """Have that many come at the very same time."""
    query = f"project={scarce.own.id}"
    with ThreadPoolExecutor(len(who)) as pool:
        return list(pool.map(lambda each: scarce.wire.open(query, who=each), who))


def seated(viewings: list[Viewing]) -> list[Viewing]:
    assert {each.status for each in viewings} <= {200, 503}
    return [each for each in viewings if each.status == 200]


def test_an_address_that_asks_for_every_seat_gets_half_and_others_are_let_in(
    scarce: Watched,
) -> None:
    theirs = seated(crowd(scarce, [THEIRS] * GREEDY))
    assert len(theirs) == SEATS // 2
    assert scarce.wire.hub.viewers == SEATS // 2
    ours = scarce.wire.open(f"project={scarce.own.id}", who=OURS)
    assert ours.status == 200
    for each in (*theirs, ours):
        scarce.wire.leave(each)


def test_more_never_watch_than_there_are_seats_and_parties_find_theirs(scarce: Watched) -> None:
    public = seated(crowd(scarce, [f"203.0.113.{n}" for n in range(GREEDY)]))
    assert len(public) < SEATS
    assert scarce.wire.hub.viewers == len(public)
    token = scarce.counter.person(scarce.department).token
    query = f"project={scarce.own.id}"
    party = scarce.wire.open(query, token, who=THEIRS)
    forged = scarce.wire.open(query, f"{token}x", who=OURS)
    assert (party.status, forged.status) == (200, 503)
    assert "观看人数已满" in forged.body.decode()
    for each in (*public, party):
        scarce.wire.leave(each)


def test_one_line_of_ipv6_is_one_address(scarce: Watched) -> None:
    theirs = seated(crowd(scarce, [OTHERS.format(n) for n in range(GREEDY)]))
    assert len(theirs) == SEATS // 2
    for each in theirs:
        scarce.wire.leave(each)
