"""A set of trustees whose labels lie: insiders under other names, who would open bids together."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.refusal import Invalid
from monitor.role import Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_standing, an_actor
from tests.trading.projects import Trade, a_roster, an_announced_trade, an_issue
from trading.notice.document import document_of, issue
from trading.registration.party import found_organisation

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


@pytest.fixture
def trade(platform: Platform) -> Trade:
    return an_announced_trade(platform)


def seats(platform: Platform, *kinds: tuple[str, Actor | None]) -> bytes:
    """A roster in which these actors' bodies sit under these kinds; None for a stranger."""
    roster = a_roster(tuple(kind for kind, _ in kinds))
    with platform.read() as session:
        for number, (_, actor) in enumerate(kinds, 1):
            if actor is not None:
                code = found_organisation(session, actor.org).uscc.encode()
                roster = roster.replace(b'"body-%d"' % number, b'"%s"' % code)
    return roster


def refusal(platform: Platform, trade: Trade, roster: bytes) -> Invalid:
    terms = an_issue(platform, trade, trustees=roster)
    with pytest.raises(Invalid) as refused:
        platform.perform(issue, trade.owner, trade.id, issue=terms)
    with platform.read() as session:
        assert document_of(session, trade.id) is None
    return refused.value


@pytest.mark.parametrize("number", [1, 2, 3])
def test_no_insider_sits_under_another_name(platform: Platform, trade: Trade, number: int) -> None:
    """Three seats of five open a bid: tenderee, agency and centre must not be these three."""
    agency = an_actor(platform, Role.AGENCY)
    a_standing(platform, trade.id, agency)
    bodies = [trade.owner, agency, trade.centre]
    kinds = ["tenderee", "agency", "centre"]
    kinds[number - 1] = "notary"
    named = list(zip(kinds, bodies, strict=True))
    others: list[tuple[str, Actor | None]] = [("association", None), ("other_centre", None)]
    found = refusal(platform, trade, seats(platform, *named, *others))
    assert found.field == "trustees"
    assert f"第{number}席" in found.message


def test_insiders_by_their_names_are_too_many_for_the_quorum(
    platform: Platform, trade: Trade
) -> None:
    agency = an_actor(platform, Role.AGENCY)
    a_standing(platform, trade.id, agency)
    named = [("tenderee", trade.owner), ("agency", agency), ("centre", trade.centre)]
    others: list[tuple[str, Actor | None]] = [("association", None), ("other_centre", None)]
    found = refusal(platform, trade, seats(platform, *named, *others))
    assert "threshold" in found.message


def test_insiders_below_the_quorum_may_sit_by_their_names(platform: Platform, trade: Trade) -> None:
    named: list[tuple[str, Actor | None]] = [
        ("tenderee", trade.owner), ("centre", trade.centre), ("notary", None),
        ("association", None), ("other_centre", None),
    ]  # fmt: skip
    roster = seats(platform, *named)
    terms = an_issue(platform, trade, trustees=roster)
    platform.perform(issue, trade.owner, trade.id, issue=terms)
    with platform.read() as session:
        document = document_of(session, trade.id)
    assert document is not None
    assert document.trustees.encode() == roster
