"""Deeds of supervision 督办: issue, answer, close, withdraw; equal bids ordered by dice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bidding.evaluation.report import break_tie
from trading.supervision.card.handling import Outcome
from trading.supervision.order import (
    MAX_ARTICLE,
    MAX_TEXT,
    MAX_TITLE,
    Finding,
    answer,
    close,
    issue,
    withdraw,
)
from webui.deed.book.supervision.addressed import ADDRESSEE, LIMIT, addressed
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Ident, Long, Text
from webui.deed.fill.choice import SECTION
from webui.page.language import text


def _outcomes(_: Case) -> Iterable[tuple[str, str]]:
    offered = (Outcome.UPHELD, Outcome.CLEARED)
    return [(each.value, text(f"card.outcome.{each.value}")) for each in offered]


def _ended(_: Case, values: Values) -> Values:
    return {name: value for name, value in values.items() if value is not None}


def _findings(_: Case) -> Iterable[tuple[str, str]]:
    return [(each.value, text(f"order.finding.{each.value}")) for each in Finding]


def _back(case: Case, _: Any) -> str:
    return f"/orders/{case.project}"


REMARK = Long("remark", most=MAX_TEXT, words="处理意见 / Remark")
DEEDS = (
    Deed(
        issue,
        (
            ADDRESSEE,
            Text("title", most=MAX_TITLE, words="事由 / Subject"),
            Long("text", most=MAX_TEXT, words="督办内容 / What is ordered"),
            Text("article", most=MAX_ARTICLE, words="依据 / Legal basis",
                 start=lambda _: "招标投标法 7"),
            LIMIT,
        ),
        addressed,
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
         Choice("finding", options=_findings, kind=Finding, words="结论 / Finding"),
         Choice("outcome", options=_outcomes, kind=Outcome, required=False,
                hint="hint.order_outcome", words="监察卡结论（如有） / Outcome of its card"),
         REMARK),
        _ended,
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
