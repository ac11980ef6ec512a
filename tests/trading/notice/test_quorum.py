"""Who may hold the quorum that opens bids: no body alone, nor owner, agency and centre together."""

import pytest

from monitor.refusal import Invalid
from tests.trading.projects import a_roster
from trading.notice.quorum import check_quorum, read_quorum


@pytest.mark.parametrize(
    ("kinds", "threshold"),
    [
        (("centre", "tenderee", "notary"), 2),
        (("centre", "tenderee", "agency", "notary", "association"), 3),
        (("centre", "tenderee", "notary", "association"), 5),
        (("notary", "association", "other_centre"), 1),
        (("agency", "tenderee", "notary"), 2),
    ],
)
def test_a_quorum_that_insiders_or_one_body_can_meet_or_nobody_is_refused(
    kinds: tuple[str, ...], threshold: int
) -> None:
    with pytest.raises(Invalid, match="threshold"):
        check_quorum(read_quorum(a_roster(kinds, threshold)))


def test_a_body_with_several_seats_is_counted_whole() -> None:
    roster = a_roster(("notary", "association", "other_centre", "notary"), 2)
    check_quorum(read_quorum(roster))
    doubled = roster.replace(b'"body-4"', b'"body-1"')
    with pytest.raises(Invalid):
        check_quorum(read_quorum(doubled))


def test_a_centre_that_also_sits_as_another_centre_is_counted_whole() -> None:
    roster = a_roster(("centre", "tenderee", "notary", "association", "other_centre"), 3)
    check_quorum(read_quorum(roster))
    with pytest.raises(Invalid):
        check_quorum(read_quorum(roster.replace(b'"body-5"', b'"body-1"')))


@pytest.mark.parametrize(
    "roster",
    [
        b"",
        b"[]",
        b'{"seats":[],"threshold":"3"}',
        b'{"seats":[{"kind":"centre"}],"threshold":1}',
        b'{"seats":["centre"],"threshold":1}',
    ],
)
def test_what_is_no_roster_is_refused_by_its_field(roster: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_quorum(roster)
    assert refused.value.field == "trustees"


def test_a_roster_without_seats_holds_no_quorum() -> None:
    with pytest.raises(Invalid):
        check_quorum(read_quorum(b'{"seats":[],"threshold":0}'))
