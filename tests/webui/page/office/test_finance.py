"""The finance office's pages: nothing before CLOSE, four eyes, every row's own fault."""

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest

from monitor.law.watch import steps
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.role import SYSTEM, Actor, Role
from tests.builders import a_credit_code, a_participation, a_standing, an_actor, the_act
from tests.trading.projects import an_issued_trade
from tests.webui.page.counter import Counter, Person
from trading.fee.block import announce
from trading.fee.deposit import identify, open_account, receive
from trading.fee.guarantee import guarantee, validity_end
from trading.ledger import Rate
from trading.notice.addendum import Change, clarify
from trading.notice.participation import identify as identify_bidder
from trading.registration.project import found_project, sections, trade_of

PREFIXES = count(881_001)
RATE = Rate(3500, 360, "test rate")
SUM = 8_000_000


@dataclass
class Fees:
    """A trade that takes deposits: its section, its finance office of two, its bidders."""

    counter: Counter
    project: UUID
    tenderee: Actor
    first: Actor
    second: Actor
    section: UUID = field(init=False)
    prefix: str = field(default_factory=lambda: str(next(PREFIXES)))

    def __post_init__(self) -> None:
        with self.counter.house.platform.read() as session:
            self.section = sections(session, self.project)[0].id
        self.do(announce, self.first, section=self.section, prefix=self.prefix, size=100, rate=RATE)

    def do(self, verb: Any, actor: Actor, **inputs: Any) -> Any:
        return self.counter.house.platform.perform(verb, actor, self.project, **inputs)

    def paid(self, name: str = "", payer: str = "") -> UUID:
        """A bidder has joined and paid; named (and its payer) where a name is given, after CLOSE."""
        bidder = a_participation(self.counter.house.platform, self.project)
        number = self.do(open_account, bidder, section=self.section)
        deposit: UUID = self.do(
            receive, SYSTEM, number=number, amount_fen=SUM, reference=f"IN-{number}",
            received_at=self.counter.house.clock.now(), sealed_payer=b"sealed",
        )  # fmt: skip
        if name:
            self.later = getattr(self, "later", [])
            self.later.append((bidder.mask, deposit, name, payer or name))
        return deposit

    def close(self) -> None:
        the_act(self.counter.house.platform, "opening.close", self.project)
        for mask, deposit, name, payer in getattr(self, "later", []):
            self.do(identify_bidder, SYSTEM, mask=mask, uscc=a_credit_code(), name=name)
            self.do(identify, SYSTEM, deposit=deposit, payer=payer, payer_account="6222")

    def fall_due(self, *deposits: UUID) -> None:
        """A contract makes them due; the watch writes the duties down."""
        platform, clock = self.counter.house.platform, self.counter.house.clock
        contract(self.counter, self.project, deposits)
        with platform.read() as session:
            trade = trade_of(found_project(session, self.project))
            due = steps(session, self.project, trade, clock.now())
        for step in due:
            self.do(step.action, SYSTEM, owed=step.owed)

    def wait(self, days: int) -> None:
        self.counter.house.clock.wait(timedelta(days=days))

    @property
    def address(self) -> str:
        return f"/finance/{self.project}"


def contract(counter: Counter, project: UUID, deposits: tuple[UUID, ...]) -> None:
    """The contract is on record, and names what it makes due."""
    from monitor.record.act import Act
    from monitor.record.action import Action, Visibility

    def run(act: Act) -> None:
        act.note(concerns=[f"deposit:{each}" for each in deposits])

    verb = Action("contract.sign", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    counter.house.platform.perform(verb, SYSTEM, project)


@pytest.fixture
def fees(counter: Counter) -> Fees:
    platform = counter.house.platform
    trade = an_issued_trade(platform)
    first = an_actor(platform, Role.FINANCE)
    return Fees(counter, trade.id, trade.owner, first, an_actor(platform, Role.FINANCE, first.org))


def refunds(page: str) -> list[str]:
    return re.findall(r'name="refund" value="([0-9a-f-]{36})"', page)


def words(page: str) -> str:
    """What a page says, without what differs at every look."""
    return re.sub(r'name="(once|csrf)" value="[^"]*"', "", page)


def test_before_close_the_page_is_the_same_whether_anybody_pays_or_not(fees: Fees) -> None:
    person = fees.counter.person(fees.first)
    listed, before = words(person.get("/finance")), words(person.get(fees.address))
    assert f"{fees.prefix}00" in before
    fees.paid()
    fees.paid("甲公司")
    assert words(person.get(fees.address)) == before
    assert words(person.get("/finance")) == listed
    assert "甲公司" not in before
    person.get(f"{fees.address}/deposits.csv", 404)
    person.get(f"{fees.address}/journal.beancount", 404)


def test_before_close_nobody_else_sees_more_and_most_see_no_page(fees: Fees) -> None:
    fees.paid()
    platform = fees.counter.house.platform
    inspector = a_standing(platform, fees.project, an_actor(platform, Role.DEPARTMENT))
    for actor in (fees.tenderee, inspector, an_actor(platform, Role.DISCIPLINE)):
        assert "IN-" not in fees.counter.person(actor).get(fees.address)
    stranger = an_actor(platform, Role.TENDEREE)
    fees.counter.person(stranger).get(fees.address, 404)
    for role in (Role.CENTRE, Role.TENDERER, Role.TRUSTEE, Role.EXPERT):
        fees.counter.person(an_actor(platform, role)).get(fees.address, 403)
    fees.close()
    for actor in (fees.tenderee, inspector):
        assert "IN-" not in fees.counter.person(actor).get(fees.address)
    the_act(platform, "opening.reveal", fees.project)
    for actor in (fees.tenderee, inspector):
        assert "IN-" in fees.counter.person(actor).get(fees.address)


def test_before_close_an_order_is_refused_in_the_same_words_for_real_and_invented(
    fees: Fees,
) -> None:
    person, real = fees.counter.person(fees.first), fees.paid()
    answers = [person.post(f"{fees.address}/order", deposit=str(each)) for each in (real, uuid4())]
    assert {answer.status_code for answer in answers} == {422}
    assert all("投标截止前不得办理" in answer.text for answer in answers)


def test_refunds_go_by_four_eyes_and_the_same_person_is_refused_in_words(fees: Fees) -> None:
    deposits = [fees.paid("甲公司"), fees.paid("乙公司", payer="丙公司")]
    fees.close()
    fees.wait(30)
    fees.fall_due(*deposits)
    one, two = fees.counter.person(fees.first), fees.counter.person(fees.second)
    page = one.get(fees.address)
    assert "付款人不是投标人" in page
    # 80,000 yuan at 0.35 % a year of 360 days over 30 days
    assert "23.33" in page
    answer = one.post(f"{fees.address}/order", deposit=[str(each) for each in deposits])
    assert answer.status_code == 303
    page = one.get(answer.location)
    assert "2 笔" in page
    assert refunds(page) == []
    assert "须由他人复核" in page
    orders = refunds(two.get(fees.address))
    assert len(orders) == 2
    refused = one.post(f"{fees.address}/approve", refund=orders)
    assert refused.status_code == 422
    assert refused.text.count("复核人不得为经办人") >= 2
    assert two.post(f"{fees.address}/approve", refund=orders).status_code == 303
    typed = {f"reference.{orders[0]}": "OUT-1"}
    assert one.post(f"{fees.address}/confirm", **typed).status_code == 303
    page = one.get(fees.address)
    assert "OUT-1" in page
    assert "160,046.66" in page
    with fees.counter.house.platform.read() as session:
        seen = timeline(session, fees.project, VISITOR)
    public = {row.facts["action"] for row in seen}
    assert not public & {"deposit.order_refund", "deposit.approve_refund", "deposit.identify"}


def test_a_wrong_row_is_named_stays_typed_and_the_others_are_done(fees: Fees) -> None:
    deposits = [fees.paid() for _ in range(3)]
    fees.close()
    fees.fall_due(*deposits)
    one, two = fees.counter.person(fees.first), fees.counter.person(fees.second)
    sent = [str(deposits[0]), str(uuid4()), "no-id", str(deposits[1])]
    answer = one.post(f"{fees.address}/order", deposit=sent)
    assert answer.status_code == 422
    assert "没有这笔保证金" in answer.text
    assert "编号有误" in answer.text
    assert "2 笔" in answer.text
    orders = refunds(two.get(fees.address))
    two.post(f"{fees.address}/approve", refund=orders)
    waiting = two.get(fees.address).partition('id="approved"')[2]
    numbers = re.findall(rf'"rowheader"[^>]*>({fees.prefix}\d\d)', waiting)
    slips = f"{numbers[0]},OUT-9\n{numbers[1]}，\n000000,OUT-10\n乱码"
    answer = two.post(f"{fees.address}/confirm", slips=slips)
    assert answer.status_code == 422
    left = re.search(r'<textarea id="f-slips"[^>]*>([^<]*)', answer.text)
    assert left is not None
    assert left[1].splitlines() == [f"{numbers[1]}，", "000000,OUT-10", "乱码"]
    assert "第3行" in answer.text
    assert "第4行" in answer.text
    again = two.post(f"{fees.address}/confirm", slips=f"{numbers[1]},OUT-9")
    assert "已入账" in again.text


def test_the_same_form_sent_twice_orders_once(fees: Fees) -> None:
    deposit = fees.paid()
    fees.close()
    fees.fall_due(deposit)
    person = fees.counter.person(fees.first)
    answers = [
        person.post(f"{fees.address}/order", once="key-1", deposit=str(deposit)) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 303]
    with fees.counter.house.platform.read() as session:
        seen = timeline(session, fees.project, Viewer(Audience.FINANCE))
    assert [row.facts["action"] for row in seen].count("deposit.order_refund") == 1


def test_a_batch_of_nothing_too_much_or_of_another_session_is_refused(fees: Fees) -> None:
    deposit = fees.paid()
    fees.close()
    person = fees.counter.person(fees.first)
    assert "请至少选择一笔" in person.post(f"{fees.address}/order").text
    many = [str(uuid4()) for _ in range(101)]
    assert "一次不超过100笔" in person.post(f"{fees.address}/order", deposit=many).text
    forged = person.client.post(f"{fees.address}/order", data={"csrf": "x", "deposit": deposit})
    assert forged.status_code == 403
    with fees.counter.house.platform.read() as session:
        seen = timeline(session, fees.project, Viewer(Audience.FINANCE))
    refused = [row.facts for row in seen if row.facts["action"] == "deposit.order_refund"]
    assert [body["outcome"]["field"] for body in refused] == ["rows", "rows"]
    outsider = fees.counter.person(fees.tenderee)
    assert outsider.post(f"{fees.address}/order", deposit=str(deposit)).status_code == 403


def test_a_deposit_of_another_trade_is_not_refunded_here(fees: Fees, counter: Counter) -> None:
    trade = an_issued_trade(counter.house.platform)
    other = Fees(counter, trade.id, trade.owner, fees.first, fees.second)
    foreign = other.paid()
    other.close()
    fees.close()
    answer = counter.person(fees.first).post(f"{fees.address}/order", deposit=str(foreign))
    assert answer.status_code == 422
    assert "没有这笔保证金" in answer.text


def test_what_is_owed_turns_yellow_and_red_and_says_by_which_article(fees: Fees) -> None:
    deposit = fees.paid()
    fees.close()
    fees.fall_due(deposit)
    person: Person = fees.counter.person(fees.first)
    assert "《招标投标法实施条例》第 57 条" in person.get(fees.address)
    fees.wait(6)
    late = fees.counter.person(fees.first).get(fees.address)
    assert "已逾期" in late
    assert 'class="hot"' in late


def test_a_guarantee_that_a_moved_deadline_outlived_is_flagged(fees: Fees) -> None:
    bidder = a_participation(fees.counter.house.platform, fees.project)
    with fees.counter.house.platform.read() as session:
        end = validity_end(session, fees.project)
    fees.do(
        guarantee, bidder, section=fees.section, number="BH-1", issuer="担保公司",
        amount_fen=SUM // 2, valid_until=end,
    )  # fmt: skip
    person = fees.counter.person(fees.first)
    assert "BH-1" not in person.get(fees.address)
    fees.wait(15)
    fees.do(clarify, fees.tenderee, change=Change("澄清", "工程量改。", affects_bids=True))
    fees.close()
    page = fees.counter.person(fees.first).get(fees.address)
    assert "早于投标有效期" in page
    assert "金额不足" in page


def test_a_forfeit_is_the_tenderees_and_paid_over_by_finance(fees: Fees) -> None:
    deposit = fees.paid()
    fees.close()
    the_act(fees.counter.house.platform, "opening.reveal", fees.project)
    owner = fees.counter.person(fees.tenderee)
    form = {"deposit": str(deposit), "ground": "no_contract"}
    empty = owner.act("deposit.forfeit", fees.project, **form, reason="")
    assert empty.status_code == 422
    assert f'value="{deposit}"' in empty.text
    done = owner.act("deposit.forfeit", fees.project, **form, reason="中标后拒签合同")
    assert done.status_code == 303, done.text
    person = fees.counter.person(fees.first)
    link = re.search(r'href="(/act/deposit\.pay_forfeit[^"]*)"', person.get(fees.address))
    assert link is not None
    person.get(link[1].replace("&amp;", "&"))
    forfeiture = link[1].rpartition("=")[2]
    paid = person.act("deposit.pay_forfeit", fees.project, forfeiture=forfeiture, reference="UP-1")
    assert paid.status_code == 303
    assert "已上缴" in person.get(fees.address)


def test_the_table_for_other_programs_holds_no_formula_and_adds_up(fees: Fees) -> None:
    fees.paid("=HYPERLINK(1)")
    fees.close()
    person = fees.counter.person(fees.first)
    told = person.get(f"{fees.address}/deposits.csv").lstrip("\ufeff")
    [row] = csv.DictReader(io.StringIO(told))
    assert row["bidder"] == "'=HYPERLINK(1)"
    assert (row["principal_yuan"], row["interest_yuan"]) == ("80000.00", "0.00")
    journal = person.get(f"{fees.address}/journal.beancount")
    assert "80000.00 CNY" in journal


def test_a_person_of_another_role_is_sent_away_and_a_visitor_to_sign_in(fees: Fees) -> None:
    assert fees.counter.app.test_client().get("/finance").status_code == 303
    fees.counter.person(fees.tenderee).get("/finance", 403)
    fees.counter.person(fees.first).get("/finance/nothing-here", 404)
