"""Deeds of monitoring cards 监察卡: warn, answer, read, close, annotate; manual points marked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from monitor.law.point import Result
from trading.supervision.card.card import annotate, answer, close, order, read, warn
from trading.supervision.card.check import points
from trading.supervision.card.handling import MAX_TEXT, Outcome
from trading.supervision.card.judging import mark
from trading.supervision.order import MAX_TITLE
from webui.deed.book.supervision.addressed import ADDRESSEE, LIMIT, addressed
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed
from webui.deed.field import Ident, Long, Text
from webui.page.language import text as words
from webui.page.language import tongue

CARD = Ident("card", words="监察卡 / Card")


def _outcomes(_: Case) -> Iterable[tuple[str, str]]:
    offered = (Outcome.UPHELD, Outcome.CLEARED)
    return [(each.value, words(f"card.outcome.{each.value}")) for each in offered]


def _manual(_: Case) -> Iterable[tuple[str, str]]:
    return [(each.id, tongue(each.zh, each.en)) for each in points() if each.is_manual]


def _results(_: Case) -> Iterable[tuple[str, str]]:
    return [(str(int(each)), words(f"card.result.{int(each)}")) for each in Result if each]


def _result(told: str) -> Result:
    return Result(int(told))


def _back(case: Case, _: Any) -> str:
    return f"/cards/{case.project}"


DEEDS = (
    Deed(
        order,
        (CARD, ADDRESSEE, Text("title", most=MAX_TITLE, words="事由 / Subject"),
         Long("text", most=MAX_TEXT, words="督办内容 / What is ordered"), LIMIT),
        addressed,
        after=lambda case, _: f"/orders/{case.project}",
    ),
    Deed(
        warn,
        (CARD, ADDRESSEE, Long("text", most=MAX_TEXT, words="预警内容 / The warning"), LIMIT),
        addressed,
        after=_back,
    ),
    Deed(answer, (CARD, Long("text", most=MAX_TEXT, words="答复 / Answer")), after=_back),
    Deed(read, (CARD,), after=_back),
    Deed(
        close,
        (CARD, Choice("outcome", options=_outcomes, kind=Outcome, words="结论 / Outcome"),
         Long("remark", most=MAX_TEXT, words="理由 / Reason")),
        after=_back,
    ),
    Deed(annotate, (CARD, Long("text", most=MAX_TEXT, words="批注 / Note")), after=_back),
    Deed(
        mark,
        (Choice("point", options=_manual, words="监察点 / Monitoring point"),
         Choice("result", options=_results, kind=_result, words="结果 / Result"),
         Long("reason", most=MAX_TEXT, words="依据和理由 / Evidence and reason")),
        after=_back,
    ),
)  # fmt: skip
