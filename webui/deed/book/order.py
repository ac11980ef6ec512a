"""Deeds of supervision 督办: issue, answer, close, withdraw; equal bids ordered by dice."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from bidding.evaluation.report import break_tie
from monitor.law.workday import SHANGHAI, load, local_date
from monitor.refusal import Invalid
from monitor.role import Role
from trading.supervision.order import (
    MAX_ARTICLE,
    MAX_TEXT,
    MAX_TITLE,
    Finding,
    addressees,
    answer,
    close,
    issue,
    withdraw,
)
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Ident, Long, Moment, Text
from webui.deed.fill.choice import SECTION
from webui.page.language import text

DAYS, ENDS = 3, time(17)
"""Working days, and the hour, that an answer is first proposed to be due in."""


def _addressees(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        found = addressees(session, case.id)
    return [(f"{org}:{role.value}", f"{name}（{text(f'role.{role.value}')}）")
            for org, name, role in found]  # fmt: skip


def _findings(_: Case) -> Iterable[tuple[str, str]]:
    return [(each.value, text(f"order.finding.{each.value}")) for each in Finding]


def _limit(case: Case) -> datetime:
    counted = load().add_working_days(local_date(case.now), DAYS)
    return datetime.combine(counted.day, ENDS, SHANGHAI)


def _issuing(_case: Case, values: Values) -> Values:
    org, _, role = str(values.pop("to")).partition(":")
    try:
        told = Role(role)
    except ValueError:
        raise Invalid("to", "请从列表中选择 / choose from the list") from None
    return {**values, "addressee": Ident("to").value(org), "role": told}


def _back(case: Case, _: Any) -> str:
    return f"/orders/{case.project}"


REMARK = Long("remark", most=MAX_TEXT, words="处理意见 / Remark")
DEEDS = (
    Deed(
        issue,
        (
            Choice("to", options=_addressees, words="被督办单位 / Addressee"),
            Text("title", most=MAX_TITLE, words="事由 / Subject"),
            Long("text", most=MAX_TEXT, words="督办内容 / What is ordered"),
            Text("article", most=MAX_ARTICLE, words="依据 / Legal basis",
                 start=lambda _: "招标投标法 7"),
            Moment("limit", start=_limit, words="答复期限 / Answer due"),
        ),
        _issuing,
        after=_back,
    ),
    Deed(
        answer,
        (Ident("order"), Long("text", most=MAX_TEXT, words="答复 / Answer")),
        after=_back,
    ),
    Deed(
        close,
        (Ident("order"),
         Choice("finding", options=_findings, kind=Finding, words="结论 / Finding"), REMARK),
        after=_back,
    ),
    Deed(
        withdraw,
        (Ident("order"), Long("remark", most=MAX_TEXT, words="撤回原因 / Why")),
        after=_back,
    ),
    Deed(break_tie, (SECTION, Text("digits", most=24, words="24 位骰子数字 / 24 dice digits",
                                   hint="order.dice_hint"))),
)  # fmt: skip
