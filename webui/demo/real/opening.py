"""An opening record as read: rows checked one by one, prices in fen, and the sums they imply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median_low

from trading.money import MoneyError, format_yuan, parse_amount
from trading.registration.credit_code import CreditCodeInvalid, checked
from webui.demo.plan import Plan

Row = Mapping[str, str]
COLUMNS = ("sign_in_order", "uscc", "bidder", "decrypt_status", "price_wan", "deposit")
OPENED = "解密成功"
FAR = 130
"""Percent of the median above which, or below whose inverse, a price is an outlier."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One usable row; `price_fen` 0 where the row has no readable price."""

    name: str
    uscc: str
    price_fen: int
    opened: bool
    row: Row


def read_rows(rows: Sequence[Row], lines: list[str]) -> list[Entry]:
    """Return the usable rows; every row left out, and every price unread, is a line."""
    entries: list[Entry] = []
    for row in rows:
        name, code = _cell(row, "bidder"), _cell(row, "uscc")
        fault = _fault(name, code, entries)
        if fault:
            lines.append(f"投标人 {name or '（无名称）'} {code}: 不参演（{fault}）")
            continue
        entries.append(
            Entry(name, checked(code), _price(row), _cell(row, "decrypt_status") == OPENED, row)
        )
    return entries


def _fault(name: str, code: str, before: Sequence[Entry]) -> str:
    if not name:
        return "没有名称 / no name"
    try:
        code = checked(code)
    except CreditCodeInvalid as fault:
        return f"统一社会信用代码有误 / {fault}〔GB 32100-2015〕"
    if any(one.uscc == code for one in before):
        return "信用代码与前列重复 / its credit code is in an earlier row"
    if any(one.name == name for one in before):
        return "名称与前列重复 / its name is in an earlier row"
    return ""


def _price(row: Row) -> int:
    try:
        return parse_amount(f"{_cell(row, 'price_wan')}万元")
    except MoneyError:
        return 0


def middle(entries: Sequence[Entry]) -> int:
    """Return the median price of the rows that have one, or 0."""
    prices = [one.price_fen for one in entries if one.price_fen]
    return median_low(prices) if prices else 0


def outliers(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield the entries whose price is far above or below the median."""
    half = middle(entries)
    for one in entries:
        low, high = one.price_fen * FAR < half * 100, one.price_fen * 100 > half * FAR
        if one.price_fen and (low or high):
            yield one


def least_ceiling(entries: Sequence[Entry]) -> int:
    """Return the highest price that is no outlier, rounded up to 万元; 0 without a price."""
    far = {one.uscc for one in outliers(entries)}
    prices = [one.price_fen for one in entries if one.price_fen and one.uscc not in far]
    return -(-max(prices, default=0) // 1_000_000) * 1_000_000


def amounts(plan: Plan, rows: Sequence[Row]) -> Plan:
    """Fit an invented trade's sums to the record: it holds neither estimate nor ceiling.

    The ceiling is the highest price that is no outlier, rounded up to 万元; the deposit is the
    record's most frequent sum; the estimate the least that allows both (招标投标法实施条例 26).
    """
    ceiling = least_ceiling(read_rows(rows, []))
    if not ceiling:
        return plan
    sums = [fen for row in rows if (fen := _sum(row))]
    deposit = max(set(sums), key=sums.count) if sums else ceiling // 100 // 10_000 * 10_000
    estimate = max(ceiling, deposit * 50)
    shown = ", ".join(f"{format_yuan(fen)} 元" for fen in (estimate, ceiling, deposit))
    told = (
        f"项目: 只有开标记录，没有公告 → 演示采用虚构项目《{plan.name}》（no notice was given）",
        f"估算价、最高限价、保证金: 开标记录未载前二项 → 演示采用 {shown}"
        "（虚构：限价取非离群最高价，保证金取最常见金额，估算价按其不超过 2% 反推 / invented）",
    )
    return replace(
        plan, estimate_fen=estimate, ceiling_fen=ceiling, deposit_fen=deposit, remarks=told
    )


def _sum(row: Row) -> int:
    try:
        return parse_amount(f"{_cell(row, 'deposit')}元")
    except MoneyError:
        return 0


def _cell(row: Row, name: str) -> str:
    return (row.get(name) or "").strip()
