"""Keys and one sealed bid, made once a module."""

from pathlib import Path

import pytest

from bidding.envelope.bid.invitation import Invitation
from bidding.envelope.roster import Roster
from bidding.envelope.trustee.holder import Trustee
from tests.bidding.envelope.world import Bid, invite, make_bid, make_roster, make_trustees


@pytest.fixture(scope="module")
def trustees(tmp_path_factory: pytest.TempPathFactory) -> list[Trustee]:
    return make_trustees(tmp_path_factory.mktemp("trustees"))


@pytest.fixture(scope="module")
def roster(trustees: list[Trustee]) -> Roster:
    return make_roster(trustees)


@pytest.fixture(scope="module")
def invitation(roster: Roster) -> Invitation:
    return invite(roster)


@pytest.fixture
def bid(tmp_path: Path, invitation: Invitation) -> Bid:
    return make_bid(tmp_path, invitation)
