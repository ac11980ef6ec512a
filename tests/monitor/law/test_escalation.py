"""Escalation: the promise drives all three levels, the law where nothing shorter is promised."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.law.duty import is_owed
from monitor.law.escalation import PLAN, Level, Owed, Turns, load
from monitor.law.limit import reckon
from monitor.law.rule import Rule, RulesInvalid
from monitor.law.rule import load as load_rules

OPENED = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
CONTRACT = load_rules()["works.contract"]
SECOND = timedelta(seconds=1)


def owed(number: int | None, rule: Rule = CONTRACT, paused: int = 0) -> Owed:
    """What is owed under a rule, its limit later by the days that the trade stood still."""
    limit = reckon(rule, OPENED).at + timedelta(days=paused)
    return Owed(rule, OPENED, limit - timedelta(days=rule.warn_before), limit, number)


def levels(turns: Turns, *moments: datetime) -> list[Level]:
    return [turns.level(at) for at in moments]


def test_three_levels_follow_the_promise_and_end_at_the_law() -> None:
    promised = owed(15)
    turns, end = load().turns(promised), promised.promised
    assert end is not None
    assert end == reckon(replace(CONTRACT, number=15), OPENED).at < promised.limit
    assert turns.prompted == end
    assert OPENED < turns.warned < end
    assert (end - turns.warned) / (end - OPENED) == CONTRACT.warn_before / CONTRACT.number
    assert end + timedelta(days=3) <= turns.reported < promised.limit
    assert levels(
        turns, turns.warned - SECOND, turns.warned, end, end + SECOND, turns.reported - SECOND,
        turns.reported,
    ) == [Level.NONE, Level.WARN, Level.WARN, Level.PROMPT, Level.PROMPT, Level.REPORT]  # fmt: skip
    short = owed(2, load_rules()["works.deposit_refund_contract"])
    assert load().turns(short).reported == short.limit, "at the law's limit at the latest"


def test_without_a_promise_the_law_drives_and_the_yellow_card_is_the_early_warning() -> None:
    bare = owed(None)
    turns = load().turns(bare)
    assert bare.promised is None
    assert (turns.warned, turns.prompted) == (bare.yellow, bare.limit)
    assert turns.reported > bare.limit
    assert levels(turns, bare.limit, bare.limit + SECOND) == [Level.WARN, Level.PROMPT]


def test_what_the_law_stood_still_the_promise_stands_still_too() -> None:
    ends = [owed(15, paused=days).promised for days in (0, 10)]
    assert ends[0] is not None
    assert ends[1] == ends[0] + timedelta(days=10)


def test_half_of_the_laws_limit_is_promised_of_what_is_not_the_departments() -> None:
    """The plan of 霸州 of 2013, §6-9: 比法定时限至少缩短50%."""
    shipped = load().promises
    rules = {rule.id: rule for rule in load_rules() if is_owed(rule)}
    assert set(shipped) <= set(rules)
    assert {name: max(1, rules[name].number // 2) for name in shipped} == shipped
    left = {rule.id for rule in rules.values() if rule.id not in shipped}
    assert {name for name in left if rules[name].who != "supervisor"} == {"works.idle"}


@pytest.mark.parametrize(
    ("old", "new"),
    [('"works.contract" = 15', '"works.contract" = 31'), ('"works.contract" = 15', '"x.y" = 1'),
     ('"works.contract" = 15', '"works.contract" = 0'),
     ('"works.contract" = 15', '"works.deposit_share" = 1')],
)  # fmt: skip
def test_a_promise_is_of_a_time_limit_and_within_the_law(
    tmp_path: Path, old: str, new: str
) -> None:
    content = PLAN.read_text("utf-8")
    assert old in content
    (tmp_path / "plan.toml").write_text(content.replace(old, new), "utf-8")
    with pytest.raises(RulesInvalid):
        load(tmp_path / "plan.toml")
