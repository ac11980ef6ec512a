"""Deposits: unseen before CLOSE, booked to the fen, back by four eyes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from beancount import loader

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, Refusal, WrongStage
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses, libpq
from tests.builders import (
    a_credit_code,
    a_participation,
    an_actor,
    the_act,
)
from tests.trading.projects import an_announced_trade, an_issued_trade
from trading.fee.bank import BankKeyReused, MemoryBank
from trading.fee.block import announce
from trading.fee.deposit import (
    Deposit,
    State,
    identify,
    open_account,
    receive,
)
from trading.fee.entry import entries
from trading.fee.forfeiture import Ground, forfeit, pay_forfeit
from trading.fee.guarantee import guarantee, validity_end
from trading.fee.refund import (
    Refund,
    approve_refund,
    confirm_refund,
    order_refund,
    return_early,
)
from trading.fee.view import finance_view
from trading.ledger import Head, Rate, account, balances, to_beancount
from trading.notice.participation import identify as identify_bidder
from trading.registration.project import sections

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
DAYS, PREFIXES, TRANSFERS = count(1), count(880_001), count(1)
SUM = 8_000_000
RATE = Rate(500, 360, "stand-in figure")
FINANCE = Viewer(Audience.FINANCE)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START + timedelta(days=100 * next(DAYS)))


@pytest.fixture
def platform(database: Addresses, clock: MovableClock) -> Iterator[Platform]:
    platform = Platform(database.app_url, clock)
    yield platform
    platform.close()


class Section:
    """A section with its block, and what happens in it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        trade = an_issued_trade(platform)
        self.project, self.tenderee = trade.id, trade.owner
        with platform.read() as session:
            [row] = sections(session, trade.id)
            self.valid_until = validity_end(session, trade.id)
        self.id = row.id
        self.finance = an_actor(platform, Role.FINANCE)
        self.prefix = str(next(PREFIXES))
        self.act(announce, self.finance, section=self.id, prefix=self.prefix, size=100, rate=RATE)

    def bidder(self) -> Actor:
        return a_participation(self.platform, self.project)

    def number(self, bidder: Actor) -> str:
        return self.platform.perform(open_account, bidder, self.project, section=self.id)

    def paid(self, number: str, reference: str | None = None, amount_fen: int = SUM) -> UUID:
        return self.platform.perform(
            receive,
            SYSTEM,
            self.project,
            number=number,
            amount_fen=amount_fen,
            reference=reference or f"TRANSFER-{next(TRANSFERS)}",
            received_at=self.platform.clock.now(),
            sealed_payer=b"sealed to the trustees",
        )

    def deposit(self) -> UUID:
        return self.paid(self.number(self.bidder()))

    def close(self) -> None:
        the_act(self.platform, "opening.close", self.project)

    def balances(self) -> dict[str, int]:
        with self.platform.read() as session:
            return balances(entries(session, self.project))

    def state(self, deposit: UUID) -> str:
        with self.platform.read() as session:
            return session.get_one(Deposit, deposit).state

    def act(self, verb: Any, actor: Actor, **inputs: Any) -> Any:
        return self.platform.perform(verb, actor, self.project, **inputs)

    def refused(self, verb: Any, actor: Actor, **inputs: Any) -> Refusal:
        with pytest.raises(Refusal) as refused:
            self.act(verb, actor, **inputs)
        return refused.value


@pytest.fixture
def section(platform: Platform) -> Section:
    return Section(platform)


def test_before_close_finance_sees_the_same_whether_anybody_pays_or_not(section: Section) -> None:
    def view() -> Any:
        with section.platform.read() as session:
            return (
                finance_view(session, section.project, FINANCE),
                timeline(session, section.project, FINANCE),
            )

    before = view()
    withdrawn = section.deposit()
    section.deposit()
    section.number(section.bidder())
    refund = section.act(return_early, SYSTEM, deposit=withdrawn)
    section.act(confirm_refund, SYSTEM, refund=refund, reference=f"EARLY-{refund}")
    assert view() == before
    [block] = before[0].blocks
    assert (block.first, block.last) == (f"{section.prefix}00", f"{section.prefix}99")
    assert before[0].deposits == ()


def test_before_close_finance_cannot_ask_by_trying(section: Section) -> None:
    real, invented = section.deposit(), uuid4()
    answers = {
        (type(refusal), str(refusal))
        for verb in (order_refund, approve_refund, confirm_refund)
        for target in (real, invented)
        for refusal in [
            section.refused(
                verb,
                section.finance,
                **(
                    {"deposit": target}
                    if verb is order_refund
                    else {"refund": target, "reference": "X"}
                    if verb is confirm_refund
                    else {"refund": target}
                ),
            )
        ]
    }
    assert len(answers) == 1
    assert section.state(real) == State.RECEIVED


def test_after_close_finance_sees_payers_and_the_public_still_does_not(section: Section) -> None:
    bidder = section.bidder()
    deposit = section.paid(section.number(bidder))
    section.close()
    assert bidder.mask is not None
    section.act(
        identify_bidder, SYSTEM, mask=bidder.mask, uscc=a_credit_code(), name="甲建设有限公司"
    )
    assert not section.act(
        identify, SYSTEM, deposit=deposit, payer="甲建设有限公司", payer_account="6222"
    )
    with section.platform.read() as session:
        [line] = finance_view(session, section.project, FINANCE).deposits
        public = finance_view(session, section.project, VISITOR)
        centre = finance_view(session, section.project, Viewer(Audience.CENTRE))
        acts = {item.facts["action"] for item in timeline(session, section.project, VISITOR)}
    assert (line.bidder, line.payer, line.payer_differs) == (line.payer, "甲建设有限公司", False)
    assert public.deposits == centre.deposits == ()
    assert not {act for act in acts if act.startswith("deposit.")} - {"deposit.announce"}


def test_a_payer_who_is_not_the_bidder_is_flagged_and_not_refused(section: Section) -> None:
    bidder = section.bidder()
    deposit = section.paid(section.number(bidder))
    opened = {"deposit": deposit, "payer": "乙贸易公司", "payer_account": "6222"}
    assert isinstance(section.refused(identify, SYSTEM, **opened), WrongStage)
    section.close()
    assert isinstance(section.refused(identify, SYSTEM, **opened), NotFound)
    section.act(
        identify_bidder, SYSTEM, mask=bidder.mask, uscc=a_credit_code(), name="甲建设有限公司"
    )
    assert section.act(identify, SYSTEM, **opened)
    assert isinstance(section.refused(identify, SYSTEM, **opened), WrongStage)


def test_each_pseudonym_gets_one_number_of_the_block_and_no_two_the_same(section: Section) -> None:
    bidders = [section.bidder() for _ in range(4)]
    numbers = {section.number(bidder) for bidder in bidders}
    assert len(numbers) == 4
    assert all(number.startswith(section.prefix) and len(number) == 8 for number in numbers)
    assert isinstance(section.refused(open_account, bidders[0], section=section.id), Conflict)


def test_who_has_not_joined_or_wears_no_mask_gets_no_account(section: Section) -> None:
    stranger = an_actor(section.platform, Role.TENDERER, mask="p-" + "0" * 32)
    assert isinstance(section.refused(open_account, stranger, section=section.id), NotFound)
    bare = an_actor(section.platform, Role.TENDERER)
    assert isinstance(section.refused(open_account, bare, section=section.id), NotAllowed)
    late = section.bidder()
    section.close()
    assert isinstance(section.refused(open_account, late, section=section.id), WrongStage)


def test_one_bank_reference_is_booked_once_and_one_account_takes_one_transfer(
    section: Section,
) -> None:
    first, second = section.number(section.bidder()), section.number(section.bidder())
    section.paid(first, "ONE")
    for number, reference in ((second, "ONE"), (first, "TWO")):
        with pytest.raises(Conflict):
            section.paid(number, reference)
    with pytest.raises(NotFound):
        section.paid(f"{section.prefix}xx", "THREE")
    with pytest.raises(Invalid):
        section.paid(second, "FOUR", amount_fen=0)
    assert section.balances()[account(Head.BANK, str(section.project))] == SUM


def test_a_deposit_withdrawn_before_the_deadline_goes_straight_back(section: Section) -> None:
    deposit = section.deposit()
    refund = section.act(return_early, SYSTEM, deposit=deposit)
    assert section.state(deposit) == State.RETURNING
    assert isinstance(section.refused(return_early, SYSTEM, deposit=deposit), WrongStage)
    section.act(confirm_refund, SYSTEM, refund=refund, reference="BACK")
    assert section.state(deposit) == State.RETURNED
    assert set(section.balances().values()) == {0}
    other = section.deposit()
    section.close()
    assert isinstance(section.refused(return_early, SYSTEM, deposit=other), WrongStage)


def test_after_close_a_deposit_goes_back_with_interest_to_the_fen(
    section: Section, clock: MovableClock
) -> None:
    deposit = section.deposit()
    section.close()
    clock.wait(timedelta(days=40))
    refund = section.act(order_refund, section.finance, deposit=deposit)
    instruction = section.act(
        approve_refund, an_actor(section.platform, Role.FINANCE), refund=refund
    )
    with section.platform.read() as session:
        row = session.get_one(Refund, refund)
    # 80,000 yuan at 0.05 % a year for 40 of 360 days is 4.4444 yuan
    assert (row.principal_fen, row.interest_fen) == (SUM, 444)
    bank = MemoryBank()
    total = row.principal_fen + row.interest_fen
    reference = bank.send_back(instruction, "TRANSFER", total)
    assert bank.send_back(instruction, "TRANSFER", total) == reference
    with pytest.raises(BankKeyReused):
        bank.send_back(instruction, "TRANSFER", total + 1)
    section.act(confirm_refund, section.finance, refund=refund, reference=reference)
    assert set(section.balances().values()) == {0}
    assert isinstance(
        section.refused(confirm_refund, section.finance, refund=refund, reference="AGAIN"),
        WrongStage,
    )


def test_nobody_approves_the_refund_that_he_ordered(section: Section) -> None:
    deposit = section.deposit()
    section.close()
    refund = section.act(order_refund, section.finance, deposit=deposit)
    assert isinstance(section.refused(approve_refund, section.finance, refund=refund), NotAllowed)
    unsigned = section.refused(confirm_refund, section.finance, refund=refund, reference="PAID")
    assert isinstance(unsigned, WrongStage)
    assert section.state(deposit) == State.ORDERED
    assert isinstance(section.refused(order_refund, section.finance, deposit=deposit), WrongStage)


def test_a_forfeit_is_decided_by_the_tenderee_on_a_ground_and_paid_over_by_finance(
    section: Section,
) -> None:
    deposit = section.deposit()
    decision = {"deposit": deposit, "ground": Ground.REVOKED, "reason": "截止后撤销投标"}
    assert isinstance(section.refused(forfeit, section.tenderee, **decision), WrongStage)
    section.close()
    assert isinstance(section.refused(forfeit, section.finance, **decision), NotAllowed)
    assert isinstance(
        section.refused(forfeit, section.tenderee, **decision | {"reason": " "}), Invalid
    )
    made = section.act(forfeit, section.tenderee, **decision)
    assert isinstance(section.refused(order_refund, section.finance, deposit=deposit), WrongStage)
    section.act(pay_forfeit, section.finance, forfeiture=made, reference="OVER")
    assert section.state(deposit) == State.PAID_OVER
    assert set(section.balances().values()) == {0}


def test_a_guarantee_lasts_as_long_as_the_bid_and_serves_once(section: Section) -> None:
    def handed_in(number: str, *, short_by: timedelta) -> Any:
        return {
            "section": section.id,
            "number": number,
            "issuer": "某银行",
            "amount_fen": SUM,
            "valid_until": section.valid_until - short_by,
        }

    none, day = timedelta(0), timedelta(days=1)
    bidder, other = section.bidder(), section.bidder()
    refused = section.refused(guarantee, bidder, **handed_in("G-1", short_by=day))
    assert (refused.code, refused.rule) == ("invalid", "招标投标法实施条例 26")
    section.act(guarantee, bidder, **handed_in(f"G-{section.prefix}", short_by=none))
    again = section.refused(guarantee, other, **handed_in(f"G-{section.prefix}", short_by=none))
    assert isinstance(again, Conflict)


def test_the_books_balance_and_beancount_agrees(section: Section) -> None:
    deposits = [section.deposit() for _ in range(3)]
    refund = section.act(return_early, SYSTEM, deposit=deposits[0])
    section.act(confirm_refund, SYSTEM, refund=refund, reference=f"B-{refund}")
    with section.platform.read() as session:
        made = entries(session, section.project)
    assert len(made) == 4
    assert sum(balances(made).values()) == 0
    _, errors, _ = loader.load_string(to_beancount(made, "八统"))
    assert errors == []


def test_an_unbalanced_entry_is_refused_by_the_database_itself(
    section: Section, database: Addresses
) -> None:
    section.deposit()
    with psycopg.connect(libpq(database.app_url)) as connection:
        connection.execute("SELECT set_config('batong.record', %s, true)", [str(uuid4())])
        with pytest.raises(psycopg.errors.CheckViolation, match="ledger_entry_balanced_check"):
            connection.execute(
                "UPDATE ledger_entry SET lines = jsonb_set(lines, '{0,fen}', '1') "
                "WHERE project = %s",
                [section.project],
            )


def test_another_projects_deposit_is_not_touched(section: Section, platform: Platform) -> None:
    deposit = section.deposit()
    elsewhere = Section(platform)
    elsewhere.close()
    assert isinstance(elsewhere.refused(order_refund, elsewhere.finance, deposit=deposit), NotFound)


def test_only_a_deposit_that_the_documents_ask_for_gets_a_block_and_once(
    section: Section, platform: Platform
) -> None:
    block: dict[str, Any] = {
        "section": section.id,
        "prefix": str(next(PREFIXES)),
        "size": 100,
        "rate": RATE,
    }
    assert isinstance(section.refused(announce, section.finance, **block), Conflict)
    for wrong in ({"prefix": "12x4"}, {"size": 99}):
        assert isinstance(section.refused(announce, section.finance, **block | wrong), Invalid)
    unissued = an_announced_trade(platform)
    with platform.read() as session:
        [row] = sections(session, unissued.id)
    with pytest.raises(NotFound):
        platform.perform(announce, section.finance, unissued.id, **block | {"section": row.id})
    with pytest.raises(NotFound):
        platform.perform(announce, section.finance, unissued.id, **block)
