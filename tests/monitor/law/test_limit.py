"""Every rule row at its bound: one second or one fen before, on it, after it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.law.limit import demand, earliest, gate, holds, kept, latest, number, reckon
from monitor.law.rule import Bound, Enforcement, Rule, load
from monitor.law.workday import SHANGHAI
from monitor.refusal import Invalid, TooEarly, TooLate

SECOND = timedelta(seconds=1)
# A Tuesday before Labour Day: 1-5 May 2026 are off, Saturday 9 May is made up.
START = datetime(2026, 4, 28, 10, 0, tzinfo=SHANGHAI)

# The limits, worked out by hand: the first (at_least) or last (at_most) lawful instant.
TIMES = {
    "all.bid_deadline": "04-28 10:00",
    "all.opening_not_before_deadline": "04-28 10:00",
    "all.opening_at_deadline": "04-28 10:00",
    "all.archive": "05-28 24:00",
    "all.outage_deadline": "04-28 12:00",
    "all.outage_opening": "04-28 13:00",
    "works.document_supply": "05-06 00:00",
    "works.bid_preparation": "05-18 00:00",
    "works.clarification_lead": "05-13 00:00",
    "works.objection_documents": "05-08 00:00",
    "works.objection_answer": "05-06 24:00",
    "works.objection_suspends": "04-28 10:00",
    "works.deposit_refund_withdrawn": "05-06 24:00",
    "works.deposit_refund_contract": "05-06 24:00",
    "works.candidates_publish": "05-06 24:00",
    "works.candidates_period": "05-06 24:00",
    "works.report_supervisor": "05-13 24:00",
    "works.contract": "05-28 24:00",
    "works.complaint": "05-08 24:00",
    "works.complaint_accept": "05-06 24:00",
    "works.complaint_decide": "06-11 24:00",
    "works.draw_window": "04-29 10:00",
    "works.award_after_publicity": "05-08 24:00",
    "works.idle": "07-27 24:00",
    "procurement.document_supply": "05-08 00:00",
    "procurement.notice_period": "05-08 00:00",
    "procurement.bid_preparation": "05-18 00:00",
    "procurement.clarification_lead": "05-13 00:00",
    "procurement.deposit_refund_withdrawn": "05-08 24:00",
    "procurement.deposit_refund_losers": "05-08 24:00",
    "procurement.deposit_refund_winner": "05-08 24:00",
    "procurement.deposit_refund_terminated": "05-08 24:00",
    "procurement.report_delivery": "04-30 24:00",
    "procurement.award_decide": "05-08 24:00",
    "procurement.award_issue": "04-30 24:00",
    "procurement.contract": "05-28 24:00",
    "procurement.contract_publish": "04-30 24:00",
    "procurement.contract_file": "05-11 24:00",
    "procurement.inquiry_answer": "05-06 24:00",
    "procurement.challenge": "05-11 24:00",
    "procurement.challenge_answer": "05-11 24:00",
    "procurement.complaint": "05-21 24:00",
    "procurement.complaint_accept": "05-08 24:00",
    "procurement.complaint_decide": "06-11 24:00",
    "procurement.suspension": "05-28 24:00",
    "procurement.retention": "2041-04-28 24:00",
    "land.notice_period": "05-18 00:00",
    "land.listing_period": "05-08 00:00",
    "land.result_publish": "05-14 24:00",
    "property.disclosure": "05-28 00:00",
    "property.result_publicity": "05-08 24:00",
}

# (base, last lawful value, first unlawful value), fen or heads.
AMOUNTS = {
    "works.deposit_share": (40_000_049, 800_000, 800_001),
    "works.deposit_ceiling": (0, 80_000_000, 80_000_001),
    "works.deposit_ceiling_design": (0, 10_000_000, 10_000_001),
    "works.bidders_minimum": (0, 3, 2),
    "works.opened_minimum": (0, 3, 2),
    "works.committee_size": (0, 5, 4),
    "works.committee_odd": (0, 7, 6),
    "works.committee_experts": (7, 5, 4),
    "works.candidates_number": (0, 3, 4),
    "works.performance_bond": (99_999, 9_999, 10_000),
    "procurement.deposit_share": (40_000_049, 800_000, 800_001),
    "procurement.price_ceiling": (1_000_005, 1_000_005, 1_000_006),
    "procurement.bidders_minimum": (0, 3, 2),
    "procurement.opened_minimum": (0, 3, 2),
    "procurement.committee_size": (0, 5, 4),
    "procurement.committee_size_large": (0, 7, 6),
    "procurement.committee_odd": (0, 5, 6),
    "procurement.committee_experts": (5, 4, 3),
    "procurement.contract_supplement": (1_000_005, 100_000, 100_001),
    "procurement.performance_bond": (99_999, 9_999, 10_000),
}


def instant(text: str) -> datetime:
    """A Beijing time of 2026 (or of the year named), "24:00" included."""
    day, clock = (text if len(text) > 11 else f"2026-{text}").split()
    hour, minute = (int(part) for part in clock.split(":"))
    midnight = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)
    return midnight + timedelta(hours=hour, minutes=minute)


def timed(rule_id: str) -> tuple[Rule, datetime]:
    return load()[rule_id], instant(TIMES[rule_id])


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    assert {rule.id for rule in load()} == set(TIMES) | set(AMOUNTS)
    assert {rule.id for rule in load() if rule.is_time} == set(TIMES)
    assert {rule.id for rule in load() if rule.of} == set(AMOUNTS)


@pytest.mark.parametrize("rule_id", TIMES)
def test_a_time_limit_holds_on_its_second_and_breaks_one_second_past_it(rule_id: str) -> None:
    rule, limit = timed(rule_id)
    after_start = [limit - SECOND, limit, limit + SECOND]
    answers = [kept(rule, START, at) for at in after_start]
    at_least = rule.bound is Bound.AT_LEAST
    assert answers == ([False, True, True] if at_least else [True, True, False])
    assert reckon(rule, START).at == limit
    assert reckon(rule, START).at.tzinfo is UTC
    assert not reckon(rule, START).provisional


@pytest.mark.parametrize("rule_id", TIMES)
def test_a_gate_refuses_only_by_a_blocking_rule_and_only_past_its_bound(rule_id: str) -> None:
    rule, limit = timed(rule_id)
    at_least = rule.bound is Bound.AT_LEAST
    unlawful = limit - SECOND if at_least else limit + SECOND
    gate(rule, START, limit)
    if rule.enforcement is not Enforcement.BLOCK:
        gate(rule, START, unlawful)
        return
    with pytest.raises(TooEarly if at_least else TooLate) as refused:
        gate(rule, START, unlawful)
    assert refused.value.rule == rule.id
    assert refused.value.field == rule.to_action
    assert rule.basis in refused.value.message
    assert " / " in refused.value.message


@pytest.mark.parametrize("rule_id", AMOUNTS)
def test_an_amount_holds_on_its_bound_and_breaks_one_fen_or_head_past_it(rule_id: str) -> None:
    rule = load()[rule_id]
    base, lawful, unlawful = AMOUNTS[rule_id]
    assert holds(rule, lawful, base)
    assert not holds(rule, unlawful, base)
    demand(rule, "value", lawful, base)
    if rule.enforcement is not Enforcement.BLOCK:
        demand(rule, "value", unlawful, base)
        return
    with pytest.raises(Invalid) as refused:
        demand(rule, "value", unlawful, base)
    assert (refused.value.field, refused.value.rule) == ("value", rule.id)


def test_a_percent_is_rounded_down_to_the_fen() -> None:
    assert number(load()["works.deposit_share"], 149) == 2
    assert number(load()["works.deposit_share"], 49) == 0


def test_earliest_and_latest_each_answer_only_for_their_side() -> None:
    rules = load()
    assert earliest(rules["works.bid_preparation"], START) == instant("05-18 00:00")
    assert latest(rules["works.contract"], START) == instant("05-28 24:00")
    with pytest.raises(ValueError, match=r"works\.contract"):
        earliest(rules["works.contract"], START)
    with pytest.raises(ValueError, match=r"works\.bid_preparation"):
        latest(rules["works.bid_preparation"], START)


def test_a_rule_is_asked_only_what_it_limits() -> None:
    with pytest.raises(ValueError, match="no time"):
        reckon(load()["works.deposit_share"], START)
    with pytest.raises(ValueError, match="no amount"):
        number(load()["works.contract"])


def test_the_day_is_the_shanghai_day_whatever_zone_the_start_is_given_in() -> None:
    rule = load()["works.contract"]
    one_minute_to_midnight = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)
    midnight = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    assert latest(rule, midnight) - latest(rule, one_minute_to_midnight) == timedelta(days=1)


def test_fifteen_years_from_a_leap_day_end_on_the_last_of_february() -> None:
    leap = datetime(2028, 2, 29, 10, 0, tzinfo=SHANGHAI)
    assert earliest(load()["procurement.retention"], leap) == instant("2043-03-01 00:00")


def test_an_unpublished_year_blocks_only_what_no_calendar_allows() -> None:
    rule = load()["procurement.document_supply"]  # 5 working days from a Thursday: 9 to 16 May
    start = datetime(2031, 5, 8, 10, 0, tzinfo=SHANGHAI)
    limit = reckon(rule, start)
    assert limit.provisional
    assert limit.at == instant("2031-05-15 00:00")
    gate(rule, start, instant("2031-05-13 00:00"))
    with pytest.raises(TooEarly):
        gate(rule, start, instant("2031-05-12 24:00") - SECOND)


def test_an_unpublished_year_makes_nobody_late_by_the_plain_week_alone() -> None:
    rule = replace(load()["works.contract"], enforcement=Enforcement.BLOCK)
    gate(rule, datetime(2031, 9, 1, 10, tzinfo=SHANGHAI), instant("2031-10-05 00:00"))
    with pytest.raises(TooLate):
        gate(rule, START, instant("05-29 00:01"))
