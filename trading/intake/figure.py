"""Amounts and times of a notice: units and hours are read, never guessed."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from trading.intake.finding import Severity
from trading.intake.reading import Hit, Text, moment, money
from trading.intake.report import Candidate, Report
from trading.money import format_yuan

_PORTAL = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?)\s*(元|万元|亿元|)(?:\s*人民币)?")
_PACKAGE = re.compile(r"([A-Z])([0-9]+\.[0-9]{6})([0-9]+\.[0-9]{6})")
_PACKAGES = re.compile(r"包号预算金额[（(]万元[）)]最高限价[（(]万元[）)]((?:[A-Z][0-9.]+)+)")
_SHOW_PRICE = "政府采购法实施条例 30"


def amounts(report: Report, text: Text, portal: str) -> None:
    """Read budget or estimate, ceiling and deposit, all in fen."""
    rule = _SHOW_PRICE if report.values.get("category") == "procurement" else ""
    budget = [*_amounts(report, text, "budget"), *_portal_budget(report, text, portal)]
    if budget or not _packages(report, text):
        report.choose("budget_fen", budget)
    _split(report, text)
    report.choose("ceiling_fen", _amounts(report, text, "ceiling"), rule)
    _deposit(report, text)


def _amounts(report: Report, text: Text, field: str) -> list[Candidate]:
    """Return the amounts with a unit; say which have none, or are nothing."""
    good = []
    for hit in text.hits("money", field):
        read = money(hit.value, hit.unit)
        if read.fen is None:
            message = "没有单位或不是金额，不作猜测 / no unit or no amount: not guessed"
            report.doubt(f"{field}_fen", hit.snippet, message)
        elif read.fen == 0 and field != "deposit":
            message = "金额为零，等于未写明 / zero says nothing"
            report.add(f"{field}_fen", Severity.BROKEN, hit.snippet, message)
        else:
            good.append(Candidate(read.fen, hit.snippet, hit.at))
    return good


def _portal_budget(report: Report, text: Text, portal: str) -> list[Candidate]:
    found = _PORTAL.fullmatch(portal)
    if not portal:
        return []
    if found is None:
        report.doubt("budget_fen", portal, "门户金额无法读取 / the portal's figure is not readable")
        return []
    if not found[2]:
        inside = any(hit.value == found[1] and hit.unit for hit in text.hits("money", "budget"))
        message = (
            "门户金额无单位，以正文单位为准 / no unit at the portal, the notice has it"
            if inside
            else "门户金额无单位，不作猜测 / no unit at the portal: not guessed"
        )
        report.add("budget_fen", Severity.READ if inside else Severity.DOUBT, portal, message)
        return []
    fen = money(found[1], found[2]).fen
    if not fen:
        report.add("budget_fen", Severity.BROKEN, portal, "金额为零 / zero says nothing")
        return []
    return [Candidate(fen, f"门户 / portal: {portal}")]


def _packages(report: Report, text: Text) -> bool:
    """Add up a table of packages where no total is printed, and say so; False if there is none."""
    for table in _PACKAGES.finditer(text.dense[0]):
        rows = _PACKAGE.findall(table[1])
        fens = [money(budget, "万元").fen or 0 for _, budget, _ in rows]
        if all(fens) and "".join(map("".join, rows)) == table[1]:
            printed = f"{len(rows)}个包合计 {format_yuan(sum(fens))} 元"
            report.propose("budget_fen", sum(fens), table[1], f"{printed} / sum of the packages")
            return True
    return False


def _split(report: Report, text: Text) -> None:
    """Compare the total with the table of packages (包号 … 包预算（元）) if there is one."""
    lines = text.lines[0].split("\n")
    if "包预算（元）" not in lines:
        return
    end = next((n for n in range(lines.index("包预算（元）"), len(lines)) if lines[n] == "1"), -1)
    start = max((n for n in range(end) if lines[n] == "序号"), default=-1)
    if start < 0 or end < 0:
        return
    width, place, total = end - start, lines.index("包预算（元）") - start, 0
    rows = 0
    while end + width <= len(lines) and lines[end] == str(rows + 1):
        fen = money(lines[end + place], "元").fen
        total, rows, end = total + (fen or 0), rows + 1, end + width
    if total != report.values.get("budget_fen"):
        shown = f"{rows}: {format_yuan(total)}"
        report.doubt("budget_fen", shown, "所列各包之和不等于预算 / packages do not add up to it")


def _deposit(report: Report, text: Text) -> None:
    none = [Candidate(0, hit.snippet, hit.at) for hit in text.hits("word", "no_deposit")]
    stated = _amounts(report, text, "deposit")
    report.choose("deposit_fen", [*none, *stated])
    for one in stated:
        if one.value == 0:
            report.doubt(
                "deposit_fen", one.found, "零元：不收取，或未填 / zero: none, or left empty"
            )


def moments(report: Report, text: Text, structured: Mapping[str, Any]) -> None:
    """Read the period of supply, the deadline and the opening."""
    _moment(report, text, "deadline")
    other = str(structured.get("开标时间") or "")
    if other and not text.hits("moment", "opening"):
        report.doubt("opening", other, "只有日期，没有时刻 / a date without an hour")
    _moment(report, text, "opening")
    _sale(report, text)


def _moment(report: Report, text: Text, field: str) -> None:
    """Propose a time with its hour; a date alone must agree with it and is never completed."""
    good, days = [], []
    for hit in text.hits("moment", field):
        at, has_hour = moment(hit.value)
        if at is None:
            report.doubt(field, hit.snippet, "日期无法读取 / not a date")
        elif has_hour:
            good.append(Candidate(at, hit.snippet, hit.at))
        else:
            days.append(Candidate(at.date(), hit.snippet))
    if days and not good:
        report.doubt(field, days[0].found, "只有日期，没有时刻 / a date without an hour")
        return
    report.choose(field, good)
    for day in days:
        if day.value != good[0].value.date():
            report.doubt(field, day.found, "另一处日期不同 / another date elsewhere")


def _sale(report: Report, text: Text) -> None:
    hits = text.hits("span", "sale")
    day = timedelta(days=1)
    starts = [_bound(hit.value, hit, hit.at, timedelta(0)) for hit in hits]
    ends = [_bound(hit.second, hit, hit.second_at, day) for hit in hits]
    ends += [_bound(hit.value, hit, hit.at, day) for hit in text.hits("moment", "sale_until")]
    report.choose("sale_from", [one for one in starts if one is not None])
    report.choose("sale_until", [one for one in ends if one is not None])
    for field, hour in (("sale_from", "起日零时"), ("sale_until", "止日二十四时")):
        found = hits and not moment(hits[0].value if field == "sale_from" else hits[0].second)[1]
        if found and field in report.values:
            message = f"只有日期，按{hour}计 / a date: counted from or to midnight"
            report.add(field, Severity.READ, hits[0].snippet, message)


def _bound(
    printed: str, hit: Hit, place: tuple[int, int], whole_day: timedelta
) -> Candidate | None:
    at, has_hour = moment(printed)
    if at is None:
        return None
    value: datetime = at if has_hour else at + whole_day
    return Candidate(value, hit.snippet, place)
