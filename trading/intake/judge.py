"""The rules of law that a notice can already be held against; the law itself is data."""

from datetime import datetime

from monitor.law.limit import holds, kept
from monitor.law.rule import Rule, load
from trading.intake.finding import Severity
from trading.intake.report import Report

TENDERS = frozenset({"公开招标", "邀请招标"})
_TIMES = (
    ("{}.document_supply", "sale_from", "sale_until"),
    ("{}.bid_preparation", "sale_from", "deadline"),
)
_AMOUNTS = (
    ("{}.deposit_share", "deposit_fen", "budget_fen"),
    ("{}.deposit_ceiling", "deposit_fen", "deposit_fen"),
    ("{}.price_ceiling", "ceiling_fen", "budget_fen"),
)


def judge(report: Report) -> None:
    """Hold times and amounts against the rules of the category; only what was read is judged."""
    category, method = report.values.get("category"), report.values.get("method")
    rules = {rule.id: rule for rule in load()}
    if method in TENDERS:
        for name, start, end in _TIMES:
            _time(report, rules.get(name.format(category)), start, end)
    elif method:
        message = "该方式的期限未载入，须人工核对 / limits of this method are not in the rules"
        report.doubt("method", method, message)
    for name, value, base in _AMOUNTS:
        _amount(report, rules.get(name.format(category)), value, base)
    _opening(report, rules["all.opening_at_deadline"])


def _time(report: Report, rule: Rule | None, start: str, end: str) -> None:
    first, last = report.values.get(start), report.values.get(end)
    if rule is None or first is None or last is None:
        return
    if not kept(rule, first, last):
        _broken(report, rule, end, f"{_shown(first)} → {_shown(last)}")


def _amount(report: Report, rule: Rule | None, value: str, base: str) -> None:
    amount, whole = report.values.get(value), report.values.get(base)
    if rule is None or amount is None or whole is None:
        return
    if not holds(rule, amount, whole):
        _broken(report, rule, value, f"{amount} / {whole} fen")


def _opening(report: Report, rule: Rule) -> None:
    deadline, opening = report.values.get("deadline"), report.values.get("opening")
    if deadline is not None and opening is not None and deadline != opening:
        _broken(report, rule, "opening", f"{_shown(deadline)} / {_shown(opening)}")


def _broken(report: Report, rule: Rule, field: str, found: str) -> None:
    report.add(
        field, Severity.BROKEN, found, f"{rule.zh} / {rule.en}", f"{rule.id}（{rule.basis}）"
    )


def _shown(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
