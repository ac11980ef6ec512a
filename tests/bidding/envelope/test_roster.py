"""Rosters: the demo's is read as it was written; what could not be sealed to is refused."""

from dataclasses import replace

import pytest

from bidding.envelope.age.key import recipient_string
from bidding.envelope.document import Malformed
from bidding.envelope.roster import Roster, read_roster
from bidding.envelope.sharing.curve import P
from tests.bidding.envelope.world import KINDS


def test_a_roster_is_read_as_it_was_written(roster: Roster) -> None:
    assert [seat.kind for seat in roster.seats] == KINDS
    assert read_roster(roster.to_bytes()) == roster


def test_a_key_that_sits_twice_is_refused(roster: Roster) -> None:
    seats = (*roster.seats[:4], replace(roster.seats[4], devices=roster.seats[0].devices))
    with pytest.raises(Malformed, match="twice"):
        read_roster(replace(roster, seats=seats).to_bytes())


@pytest.mark.parametrize("threshold", [0, 6])
def test_an_impossible_threshold_is_refused(roster: Roster, threshold: int) -> None:
    with pytest.raises(Malformed, match="threshold"):
        read_roster(replace(roster, threshold=threshold).to_bytes())


def test_a_seat_without_a_device_or_with_a_bad_key_is_refused(roster: Roster) -> None:
    low = recipient_string((P - 1).to_bytes(32, "little"))
    for devices in ((), (replace(roster.seats[0].devices[0], recipient=low),)):
        seats = (replace(roster.seats[0], devices=devices), *roster.seats[1:])
        with pytest.raises(Malformed):
            read_roster(replace(roster, seats=seats).to_bytes())


def test_seats_out_of_order_are_refused(roster: Roster) -> None:
    with pytest.raises(Malformed, match="1…n"):
        read_roster(replace(roster, seats=roster.seats[::-1]).to_bytes())
