"""Deeds of suspension 暂停和恢复: by the competent department of that trade category."""

from __future__ import annotations

from typing import Any

from trading.supervision.standstill.suspension import MAX_ARTICLE, MAX_REASON, resume, suspend
from webui.deed.deed import Case, Deed
from webui.deed.field import Ident, Long, Moment, Text


def _back(case: Case, _: Any) -> str:
    return f"/cards/{case.project}"


DEEDS = (
    Deed(
        suspend,
        (
            Text("article", most=MAX_ARTICLE, words="依据 / Legal basis",
                 start=lambda _: "招标投标法实施条例 62"),
            Long("reason", most=MAX_REASON, words="暂停原因，公开 / Why, in public"),
            Ident("complaint", required=False, words="为处理的投诉 / The complaint it is for"),
        ),
        after=_back,
    ),
    Deed(
        resume,
        (
            Long("reason", most=MAX_REASON, words="恢复原因，公开 / Why, in public"),
            Moment("deadline", required=False, hint="card.deadline_hint",
                   words="新的投标截止时间 / New bid deadline"),
        ),
        after=_back,
    ),
)  # fmt: skip
