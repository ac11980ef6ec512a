"""Which sealed bids a tenderer's page lists before they are open."""

import pytest

from webui.page.office.tender.opening import LISTED, listed


@pytest.mark.parametrize(
    ("counted", "own", "last"),
    [
        (0, None, None), (3, 1, 2), (3, None, 2), (LISTED, LISTED - 1, LISTED - 1),
        (LISTED + 1, LISTED, LISTED), (1528, 1527, 1527), (1528, None, LISTED - 1),
        (1528, 5, LISTED - 1),
    ],
)  # fmt: skip
def test_the_first_bids_are_listed_and_always_ones_own(
    counted: int, own: int | None, last: int | None
) -> None:
    found = listed(counted, own)
    assert found == sorted(set(found))
    assert own is None or own in found
    assert (found[-1] if found else None) == last
    assert len(found) <= LISTED + 1
