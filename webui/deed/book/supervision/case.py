"""Deeds of cases 案件: refer; a tip of the public; open, report, look, annotate, close; a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from trading.supervision.card.dossier import ASK, TAKE
from trading.supervision.case import (
    MAX_TEXT,
    MAX_TITLE,
    annotate,
    close,
    look,
    open_case,
    refer,
    report,
)
from trading.supervision.tip import dismiss, read, take
from webui.deed.deed import Case, Deed
from webui.deed.field import Ident, Long, Text


def _cards(case: Case, _: Any) -> str:
    return f"/cards/{case.project}"


def _cases(_case: Case, _: Any) -> str:
    return "/cases"


def _file(case: Case, dossier: UUID | str) -> str:
    return f"/cards/{case.project}/file/{dossier}"


CASE = Ident("case", words="案件 / Case")
CARD = Ident("card", words="监察卡 / Card")
TIP = Ident("tip", words="举报 / Report")
DOSSIER = Ident("dossier", words="案卷 / Case file")
DEEDS = (
    Deed(
        refer,
        (Ident("card", required=False, words=CARD.words),
         Long("text", most=MAX_TEXT, words="移送事由 / Why")),
        after=_cards,
    ),
    *(Deed(ask, (CARD,), after=_cards) for ask in ASK.values()),
    *(Deed(take, (DOSSIER,), after=_file) for take in TAKE.values()),
    Deed(
        open_case,
        (Text("title", most=MAX_TITLE, words="案由 / Title"),
         Long("ground", most=MAX_TEXT, words="立案依据 / Ground")),
        after=_cases,
    ),
    Deed(read, (TIP,), after=_cases),
    Deed(take, (TIP, Text("title", most=MAX_TITLE, words="案由 / Title")), after=_cases),
    Deed(
        dismiss,
        (TIP, Long("reply", most=MAX_TEXT, hint="case.reply_hint",
                   words="给举报人的答复 / What the reporter is told")),
        after=_cases,
    ),
    Deed(
        report,
        (CASE, Long("text", most=MAX_TEXT, hint="case.report_hint",
                    words="举报内容 / What was reported")),
        after=_cases,
    ),
    Deed(
        look,
        (CASE, Long("text", most=MAX_TEXT, words="调阅内容和理由 / What is looked at, and why")),
        after=_cases,
    ),
    Deed(annotate, (CASE, Long("text", most=MAX_TEXT, words="办案记录 / Note")), after=_cases),
    Deed(
        close,
        (CASE, Long("finding", most=MAX_TEXT, hint="case.close_hint", words="结论 / Finding")),
        after=_cases,
    ),
)  # fmt: skip
