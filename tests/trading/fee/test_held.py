"""Which deposits an act makes due: by category, as the law has it, and the watch's cards for them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest

from monitor.clock import MovableClock
from monitor.law.watch import steps
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.platform import Platform
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_credit_code, a_participation, an_actor, the_act
from tests.trading.projects import Trade, an_issued_trade
from trading.fee.block import announce
from trading.fee.deposit import open_account, receive
from trading.fee.held import at_award, at_contract, at_withdrawal
from trading.ledger import Rate
from trading.notice.participation import identify
from trading.registration.project import found_project, sections, trade_of

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
PREFIXES, TRANSFERS = count(770_001), count(1)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


class Hall:
    """A closed tender in which three pseudonyms paid; the first will win."""

    def __init__(self, platform: Platform, category: str, kind: str) -> None:
        self.platform = platform
        self.trade: Trade = an_issued_trade(platform, category, kind)
        with platform.read() as session:
            self.section = sections(session, self.trade.id)[0].id
        platform.perform(
            announce, an_actor(platform, Role.FINANCE), self.trade.id, section=self.section,
            prefix=str(next(PREFIXES)), size=100, rate=Rate(500, 360, "stand-in"),
        )  # fmt: skip
        self.codes = [a_credit_code() for _ in range(3)]
        self.bidders = [a_participation(platform, self.trade.id) for _ in range(3)]
        self.masks = [str(bidder.mask) for bidder in self.bidders]
        self.paid = [f"deposit:{self._pay(bidder)}" for bidder in self.bidders]
        the_act(platform, "opening.close", self.trade.id)
        for mask, code in zip(self.masks, self.codes, strict=True):
            platform.perform(identify, SYSTEM, self.trade.id, mask=mask, uscc=code, name="甲公司")

    def _pay(self, bidder: Actor) -> UUID:
        number = self.platform.perform(open_account, bidder, self.trade.id, section=self.section)
        return self.platform.perform(
            receive, SYSTEM, self.trade.id, number=number, amount_fen=8_000_000,
            reference=f"HELD-{next(TRANSFERS)}", received_at=START, sealed_payer=b"sealed",
        )  # fmt: skip


def test_works_owe_every_deposit_at_the_contract(platform: Platform) -> None:
    hall = Hall(platform, "works", "construction")
    with platform.read() as session:
        due = at_contract(session, hall.trade.id, hall.section, hall.codes[0], START)
    assert sorted(due) == sorted(hall.paid)


def test_procurement_owes_losers_at_the_award_and_the_winner_at_the_contract(
    platform: Platform,
) -> None:
    hall = Hall(platform, "procurement", "goods")
    with platform.read() as session:
        losers = at_award(session, hall.trade.id, hall.section, hall.codes[0])
        winner = at_contract(session, hall.trade.id, hall.section, hall.codes[0], START)
    assert sorted(losers) == sorted(hall.paid[1:])
    assert winner == hall.paid[:1]


def test_who_withdraws_is_owed_its_own_deposit_alone(platform: Platform) -> None:
    hall = Hall(platform, "works", "construction")
    with platform.read() as session:
        assert at_withdrawal(session, hall.trade.id, hall.section, hall.masks[2]) == [hall.paid[2]]
        assert at_withdrawal(session, hall.trade.id, hall.section, "p-nobody") == []


def test_the_watch_opens_one_card_for_each_deposit_that_the_contract_names(
    platform: Platform,
) -> None:
    hall = Hall(platform, "works", "construction")

    def run(act: Act) -> None:
        due = at_contract(act.session, hall.trade.id, hall.section, hall.codes[0], act.now)
        act.note(section=str(hall.section), concerns=due)

    sign = Action("contract.sign", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    platform.perform(sign, SYSTEM, hall.trade.id)
    with platform.read() as session:
        trade = trade_of(found_project(session, hall.trade.id))
        due = steps(session, hall.trade.id, trade, START + timedelta(days=1))
    rule = "works.deposit_refund_contract"
    assert sorted(step.owed.subject for step in due if step.owed.rule == rule) == sorted(hall.paid)
