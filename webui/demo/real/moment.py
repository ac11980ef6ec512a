"""The dates of a real notice: kept where the law and the play's own clock allow, else moved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from monitor.law.limit import kept
from monitor.law.rule import Enforcement, Rule, Rules
from monitor.law.workday import SHANGHAI
from webui.demo.plan import Plan
from webui.demo.real.remark import Remarks

CLOCK = "演示时钟自 {:%Y-%m-%d} 起 / the play's clock starts then"
LAWFUL = "照录；自演示发出之日起算合规 / taken as read; lawful from the play's own start"
SCRIPT = "演示日程容不下 / outside the play's days"


def settle_dates(plan: Plan, rules: Rules, remarks: Remarks) -> Plan:
    """Return the plan with the notice's own dates where they stand."""
    start = plan.at(1)
    clock = CLOCK.format(plan.start)
    for name in ("published", "sale_from"):
        remarks.replaced(name, _shown(start), clock)
    end, until = _deadline(plan, rules, remarks), _supply(plan, rules, remarks)
    plan = replace(plan, bid_end=end)
    if until is not None and until > plan.deadline:
        remarks.replaced("sale_until", _shown(plan.supply_until), "晚于截止 / after the deadline")
        until = None
    opening = f"{_shown(plan.deadline)} 起，随澄清顺延 / at the deadline, moved with it"
    if remarks.intake.fields.opening != plan.deadline:
        remarks.replaced("opening", opening, "开标即截止之时〔招标投标法 34〕")
    else:
        remarks.taken("opening", opening)
    return replace(plan, supply_end=until)


def _deadline(plan: Plan, rules: Rules, remarks: Remarks) -> datetime | None:
    at = remarks.intake.fields.deadline
    used = _shown(plan.deadline)
    if at is None:
        remarks.replaced("deadline", used, "演示日程 / the play's own day")
        return None
    named = [*rules.between("notice.publish", "opening.close")]
    named += rules.between("document.issue", "opening.close")
    if broken := _broken(named, plan.at(1), at):
        remarks.replaced("deadline", used, broken)
        return None
    if not plan.at(15) < at < plan.at(29, "00:00"):
        remarks.replaced("deadline", used, SCRIPT)
        return None
    remarks.taken("deadline", _shown(at), LAWFUL)
    return at


def _supply(plan: Plan, rules: Rules, remarks: Remarks) -> datetime | None:
    at = remarks.intake.fields.sale_until
    used = _shown(plan.supply_until)
    if at is None:
        remarks.replaced("sale_until", used, "演示日程 / the play's own day")
        return None
    if broken := _broken(rules.between("document.issue", "document.close"), plan.at(1), at):
        remarks.replaced("sale_until", used, broken)
        return None
    if at <= plan.at(2, "18:00"):
        remarks.replaced("sale_until", used, SCRIPT)
        return None
    remarks.taken("sale_until", _shown(at), LAWFUL)
    return at


def _broken(rules: Iterable[Rule], start: datetime, at: datetime) -> str:
    """Return the law that the dates break when the documents go out at the play's own start."""
    for rule in rules:
        if rule.enforcement is Enforcement.BLOCK and not kept(rule, start, at):
            return f"自 {_shown(start)} 起算：{rule.zh}〔{rule.basis}〕"
    return ""


def _shown(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
