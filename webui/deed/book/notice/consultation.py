"""Deeds of consultation 咨询: questions answered, documents clarified or changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from trading.desk.dates import earliest_deadline
from trading.notice.addendum import MAX_TEXT, Change, answer, clarify, questions
from trading.notice.document import document_of
from trading.registration.project import found_project, rules_for
from webui.deed.brought import Paper
from webui.deed.choice import Several
from webui.deed.deed import Case, Caution, Deed, Values
from webui.deed.field import Long, Moment, Text, Tick
from webui.deed.fill.paper import KINDS, MOST, PAPERS, store


def _open_questions(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        found = questions(session, case.id)
    return [(str(each.id), each.text) for each in found if each.answer is None]


def _all_open(case: Case) -> list[str]:
    return [key for key, _ in _open_questions(case)]


def _change(case: Case, values: Values) -> Values:
    body = values["file"]
    paper = store(case, "tender", values["title"], body) if body else None
    return {
        "change": Change(
            title=values["title"],
            text=values["text"],
            affects_bids=values["affects_bids"],
            resubmit=values["resubmit"],
            file=paper.digest if paper else None,
            deadline=values["deadline"],
        ),
        "paper": paper,
    }


def _change_brief(case: Case) -> Iterable[tuple[str, Any]]:
    with case.source.platform.read() as session:
        document, project = document_of(session, case.id), found_project(session, case.id)
    if document is not None:
        rules = rules_for(project, case.now)
        yield "brief.deadline", document.deadline
        yield "brief.if_affects", earliest_deadline(rules, document.deadline, case.now)


def _anew(_: Case, values: Values) -> Iterable[Caution]:
    if values["resubmit"] and not values["affects_bids"]:
        yield Caution(
            "resubmit",
            "要求重新密封却不影响编制，请确认 / bids are to be sealed anew though none is affected",
        )


DEEDS = (
    Deed(
        answer,
        (
            Several("questions", options=_open_questions, kind=UUID, start=_all_open),
            Long("text", most=MAX_TEXT, words="答复 / answer", hint="hint.answer"),
        ),
    ),
    Deed(
        clarify,
        (
            Text("title", words="标题 / title"),
            Long("text", most=MAX_TEXT, words="澄清或者修改的内容 / what is clarified or changed"),
            Tick("affects_bids", required=False, hint="hint.affects_bids"),
            Tick("resubmit", required=False, hint="hint.resubmit"),
            Moment("deadline", required=False, hint="hint.new_deadline"),
            Paper(
                "file",
                required=False,
                most=MOST,
                accept=PAPERS,
                kinds=KINDS,
                hint="hint.change_file",
            ),
        ),
        _change,
        brief=_change_brief,
        cautions=_anew,
    ),
)
