"""Who may hold the quorum: the demo passes, every captured roster does not."""

from dataclasses import replace

import pytest

from bidding.envelope.age.key import recipient_string
from bidding.envelope.document import Malformed
from bidding.envelope.roster import Authority, Roster, policy_faults, read_roster
from bidding.envelope.sharing.curve import P
from tests.bidding.envelope.world import KINDS


def test_the_demo_quorum_of_three_of_five_is_independent(roster: Roster) -> None:
    assert [seat.kind for seat in roster.seats] == KINDS
    assert policy_faults(roster) == []
    assert read_roster(roster.to_bytes()) == roster


def test_one_authority_with_three_seats_is_refused(roster: Roster) -> None:
    seats = tuple(
        replace(seat, authority="one body") if seat.index > 2 else seat for seat in roster.seats
    )
    assert "one body" in policy_faults(replace(roster, seats=seats))[0].message


def test_tenderee_and_centre_together_may_not_meet_the_quorum(roster: Roster) -> None:
    assert policy_faults(replace(roster, threshold=2)) != []


def test_a_centre_that_also_sits_as_another_centre_is_counted_whole(roster: Roster) -> None:
    centre = roster.seats[0].authority
    seats = (*roster.seats[:4], replace(roster.seats[4], authority=centre))
    faults = policy_faults(replace(roster, seats=seats))
    assert len(faults) == 1
    assert "body-tenderee" in faults[0].message


def test_the_tenderees_agency_counts_with_the_tenderee(roster: Roster) -> None:
    seats = (*roster.seats[:2], replace(roster.seats[2], kind=Authority.AGENCY), *roster.seats[3:])
    assert policy_faults(replace(roster, seats=seats)) != []


def test_a_threshold_of_one_is_refused_for_every_body(roster: Roster) -> None:
    assert len(policy_faults(replace(roster, threshold=1))) == 6


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
