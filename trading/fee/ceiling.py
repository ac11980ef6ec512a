"""How much a bid deposit may be: the rules data asked when tender documents are issued."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from monitor.law.limit import demand, holds
from monitor.law.rule import Rule, Rules, load
from monitor.refusal import Invalid

ISSUE = "document.issue"


class Subject(StrEnum):
    """What is bought, where the ceiling depends on it (C2)."""

    WORK = "work"  # 施工
    GOODS = "goods"  # 货物
    DESIGN = "design"  # 勘察设计
    SERVICE = "service"  # 其他服务


CEILINGS = {
    Subject.WORK: "deposit_ceiling",
    Subject.GOODS: "deposit_ceiling",
    Subject.DESIGN: "deposit_ceiling_design",
}


def check_deposit(
    category: str, subject: Subject, estimate_fen: int, deposit_fen: int, on: date
) -> tuple[Rule, ...]:
    """Return the rules that a deposit breaks and that only warn; empty is good.

    Raises Invalid for more than 2 % of the estimate (条例 26, 采条 33) or a negative sum.
    """
    if deposit_fen < 0 or estimate_fen <= 0:
        raise Invalid("deposit", "金额有误 / a negative deposit or no estimate")
    rules = deposit_rules(category, subject, on)
    for rule in rules:
        demand(rule, "deposit", deposit_fen, estimate_fen)
    return tuple(rule for rule in rules if not holds(rule, deposit_fen, estimate_fen))


def deposit_rules(category: str, subject: Subject, on: date) -> Rules:
    """Return the limits on the deposit of such a tender, for `act.used_rule`."""
    names = {f"{category}.deposit_share", f"{category}.{CEILINGS.get(subject, '')}"}
    bound = load().applying(category, on).between(ISSUE, ISSUE)
    return Rules(bound.version, tuple(rule for rule in bound if rule.id in names))
