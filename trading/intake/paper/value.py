"""Values of a paper's fields: as text that is kept, and held to what a field may be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from monitor.law.workday import SHANGHAI
from monitor.refusal import Invalid
from trading.intake.finding import Finding, Severity
from trading.intake.judge import judge
from trading.intake.paper.proposal import FIELDS
from trading.intake.report import Report
from trading.registration.catalogue import load
from trading.registration.code import checked_project

MONEY = {"budget": "budget_fen", "ceiling": "ceiling_fen", "deposit": "deposit_fen"}
MOMENTS = ("sale_from", "sale_until", "deadline", "opening")
NAMES = tuple(name.removesuffix("_fen") for name in FIELDS)
"""The fields as they are confirmed; amounts by their own names, in fen."""
_ORDER = "招标投标法 24"


def told(value: Any) -> str:
    """Return a value as text: fen in figures, moments in Beijing time and zone, "" for None."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).isoformat(timespec="minutes")
    return str(value)


def check(values: Mapping[str, Any]) -> None:
    """Refuse what a field cannot be, naming it and the rule; raises Invalid."""
    unknown = sorted(set(values) - set(NAMES))
    if unknown:
        raise Invalid(unknown[0], "没有此项 / there is no such field", rule="paper.field")
    category = values.get("category")
    form = load().category(category).code if category else "free"
    if code := values.get("code"):
        checked_project(code, form)
    region = values.get("region")
    if region and not (len(region) == 6 and region.isascii() and region.isdigit()):
        raise Invalid("region", "地区代码应为6位数字 / a region is six figures", rule="GB/T 2260")
    for name in ("budget", "ceiling"):
        if values.get(name) == 0:
            message = (
                "金额不能为零；未写明就留空 / zero cannot be: leave it empty if it is not said"
            )
            raise Invalid(name, message, rule="paper.amount")
    _check_order(values)


def _check_order(values: Mapping[str, Any]) -> None:
    """Refuse moments that do not follow each other: supply from, until, deadline, opening."""
    given = [(name, values[name]) for name in MOMENTS if values.get(name) is not None]
    for (_, before), (name, after) in pairwise(given):
        if after < before:
            message = "时间早于前一项 / earlier than the moment before it"
            raise Invalid(name, message, rule=_ORDER)


def breaches(values: Mapping[str, Any]) -> list[Finding]:
    """Hold confirmed values against the law: what they break, as findings with their rule."""
    report = Report()
    report.values = {MONEY.get(name, name): value for name, value in values.items() if value}
    judge(report)
    return [one for one in report.findings if one.severity is Severity.BROKEN]
