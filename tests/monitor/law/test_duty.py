"""Duties: opened by facts, yellow before the limit, red after it, closed in time or late."""

from datetime import datetime, timedelta

import pytest

from monitor.law.duty import Duty, Fact, State, Trade, is_owed, watch
from monitor.law.rule import Bound, Enforcement, Rule, load
from monitor.law.workday import SHANGHAI

SECOND = timedelta(seconds=1)
WORKS = Trade("works", must_tender=True)
SECTION, DEPOSIT, OTHER, COMPLAINT = "section:1", "deposit:a", "deposit:b", "complaint:9"
OWED = [rule for rule in load() if is_owed(rule)]


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def fact(action: str, when: datetime, *subjects: str) -> Fact:
    return Fact(action, when, frozenset(subjects))


def owed(trade: Trade, facts: list[Fact], now: datetime, rule_id: str) -> list[Duty]:
    return [duty for duty in watch(load(), trade, facts, now) if duty.rule.id == rule_id]


SIGNED = [fact("contract.sign", at("03-02T10:00"), SECTION, DEPOSIT, OTHER)]
REFUND = "works.deposit_refund_contract"  # 5 days from Monday 2 March: Saturday, so Monday 9 March


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("03-02T10:00:00", State.OPEN),
        ("03-07T23:59:59", State.OPEN),
        ("03-08T00:00:00", State.DUE_SOON),
        ("03-10T00:00:00", State.DUE_SOON),
        ("03-10T00:00:01", State.BREACHED),
    ],
)
def test_a_duty_is_open_then_yellow_a_day_before_then_red_after_its_last_day(
    now: str, state: State
) -> None:
    duties = owed(WORKS, SIGNED, at(now), REFUND)
    assert [(duty.subject, duty.state) for duty in duties] == [(DEPOSIT, state), (OTHER, state)]


def test_each_deposit_is_owed_and_closed_by_itself() -> None:
    facts = [
        *SIGNED,
        fact("deposit.confirm_refund", at("03-09T23:59:59"), DEPOSIT),
        fact("deposit.confirm_refund", at("03-10T00:00:01"), OTHER),
    ]
    duties = owed(WORKS, facts, at("03-11T00:00"), REFUND)
    assert [duty.state for duty in duties] == [State.CLOSED, State.CLOSED_LATE]
    assert duties[1].ended == at("03-10T00:00:01")


def test_ordering_a_refund_does_not_close_the_duty_to_refund() -> None:
    facts = [*SIGNED, fact("deposit.order_refund", at("03-03T10:00"), DEPOSIT)]
    assert owed(WORKS, facts, at("03-03T11:00"), REFUND)[0].state is State.OPEN


def test_what_is_refunded_before_the_contract_does_not_close_a_later_duty() -> None:
    facts = [fact("deposit.confirm_refund", at("03-01T10:00"), DEPOSIT), *SIGNED]
    assert owed(WORKS, facts, at("03-03T10:00"), REFUND)[0].state is State.OPEN


def test_a_fact_that_lies_ahead_opens_and_closes_nothing() -> None:
    assert owed(WORKS, SIGNED, at("03-02T09:59:59"), REFUND) == []
    facts = [*SIGNED, fact("deposit.confirm_refund", at("03-09T10:00"), DEPOSIT)]
    assert owed(WORKS, facts, at("03-09T09:00"), REFUND)[0].state is State.DUE_SOON


def test_the_contract_duty_turns_yellow_on_day_twenty_five() -> None:
    facts = [fact("award.issue", at("03-02T10:00"), SECTION)]
    duty = owed(WORKS, facts, at("03-27T00:00"), "works.contract")[0]
    assert duty.yellow == at("03-27T00:00")
    assert duty.state is State.DUE_SOON
    assert duty.limit.at == at("04-02T00:00")


def test_a_terminated_trade_owes_no_contract_but_one_ended_after_the_limit_was_late() -> None:
    award = fact("award.issue", at("03-02T10:00"), SECTION)
    in_time = [award, fact("project.terminate", at("03-20T10:00"), SECTION)]
    too_late = [award, fact("project.terminate", at("04-20T10:00"), SECTION)]
    now = at("05-20T10:00")
    assert owed(WORKS, in_time, now, "works.contract")[0].state is State.LIFTED
    assert owed(WORKS, too_late, now, "works.contract")[0].state is State.CLOSED_LATE


def test_time_for_tests_does_not_count_against_a_complaint() -> None:
    accepted = fact("complaint.accept", at("03-02T10:00"), COMPLAINT)
    sent = fact("complaint.send_test", at("03-03T10:00"), COMPLAINT)
    back = fact("complaint.receive_test", at("03-10T10:00"), COMPLAINT)
    now = at("03-20T10:00")
    plain = owed(WORKS, [accepted], now, "works.complaint_decide")[0]
    paused = owed(WORKS, [accepted, sent, back], now, "works.complaint_decide")[0]
    # five working days, 3 to 9 March, over which the Qingming holiday does not fall
    assert plain.limit.at == at("04-15T00:00")
    assert paused.limit.at == at("04-22T00:00")


def test_an_open_pause_pushes_the_limit_on_day_by_day() -> None:
    facts = [
        fact("complaint.accept", at("03-02T10:00"), COMPLAINT),
        fact("complaint.send_test", at("03-03T10:00"), COMPLAINT),
    ]
    duty = owed(WORKS, facts, at("08-03T10:00"), "works.complaint_decide")[0]
    assert duty.state is State.OPEN


def test_works_refund_on_contract_while_procurement_refunds_losers_on_the_award() -> None:
    facts = [fact("award.issue", at("03-02T10:00"), SECTION, DEPOSIT)]
    now = at("03-03T10:00")
    works = {d.rule.id for d in watch(load(), WORKS, facts, now) if d.subject == DEPOSIT}
    bought = watch(load(), Trade("procurement", must_tender=False), facts, now)
    assert works == set()
    assert [d.rule.id for d in bought if d.subject == DEPOSIT] == [
        "procurement.deposit_refund_losers"
    ]


def test_a_choice_of_winner_is_shown_by_the_award_letter_too() -> None:
    facts = [
        fact("evaluation.report", at("03-02T10:00"), SECTION),
        fact("award.issue", at("03-05T10:00"), SECTION),
    ]
    trade = Trade("procurement", must_tender=False)
    duty = owed(trade, facts, at("03-20T10:00"), "procurement.award_decide")[0]
    assert duty.state is State.CLOSED


def test_a_limit_in_an_unpublished_year_is_marked_provisional() -> None:
    facts = [fact("award.issue", datetime(2031, 9, 20, 10, tzinfo=SHANGHAI), SECTION)]
    now = datetime(2031, 9, 21, 10, tzinfo=SHANGHAI)
    duty = owed(WORKS, facts, now, "works.contract")[0]
    assert duty.limit.provisional


@pytest.mark.parametrize("rule", OWED, ids=lambda rule: rule.id)
def test_every_owed_rule_goes_green_yellow_red_at_its_seconds(rule: Rule) -> None:
    category = "works" if rule.category == "all" else rule.category
    trade = Trade(category, must_tender=True, region=rule.region)
    facts = [fact(rule.from_action, at("03-02T10:00"), f"{rule.per}:x")]

    def state(now: datetime) -> State:
        return next(d.state for d in watch(load(), trade, facts, now) if d.rule.id == rule.id)

    first = watch(load(), trade, facts, at("03-02T10:00"))
    duty = next(d for d in first if d.rule.id == rule.id)
    red = duty.limit.at + SECOND
    seen = [state(max(duty.yellow - SECOND, duty.opened)), state(max(duty.yellow, duty.opened))]
    assert [*seen, state(duty.limit.at), state(red)] == [
        State.OPEN,
        State.DUE_SOON,
        State.DUE_SOON,
        State.BREACHED,
    ]


def test_a_gate_or_a_note_or_a_bidders_own_limit_opens_no_duty() -> None:
    assert OWED
    for rule in OWED:
        assert rule.bound is Bound.AT_MOST
        assert rule.enforcement is Enforcement.WARN
    assert not is_owed(load()["works.bid_preparation"])
    assert not is_owed(load()["works.complaint"])
    assert not is_owed(load()["all.bid_deadline"])


def test_days_on_which_the_trade_stood_still_are_not_counted_against_anybody() -> None:
    halted = [
        *SIGNED,
        fact("project.suspend", at("03-03T10:00"), "project:p"),
        fact("project.resume", at("03-13T10:00"), "project:p"),
    ]
    still = owed(WORKS, halted[:-1], at("03-12T10:00"), REFUND)[0]
    assert still.state is not State.BREACHED
    found = owed(WORKS, halted, at("03-14T10:00"), REFUND)[0]
    before = owed(WORKS, SIGNED, at("03-14T10:00"), REFUND)[0]
    assert (found.state, before.state) == (State.OPEN, State.BREACHED)
    assert found.limit.at == at("03-18T00:00")  # 13 to 17 March, the day of resuming the first


def test_a_supervisors_own_limit_runs_on_while_the_trade_stands_still() -> None:
    facts = [
        fact("complaint.file", at("03-02T10:00"), COMPLAINT),
        fact("project.suspend", at("03-03T10:00"), "project:p"),
    ]
    limits = {
        owed(WORKS, told, at("03-20T10:00"), "works.complaint_accept")[0].limit.at
        for told in (facts[:1], facts)
    }
    assert len(limits) == 1
