"""Deeds of complaints 投诉: filed and withdrawn by tenderers; dealt with by the department."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from trading.notice.moment import is_closed
from trading.supervision.complaint import filing, handling
from trading.supervision.complaint.complaint import Matter, Outcome
from trading.supervision.complaint.filing import MAX_NAME, MAX_TEXT, Writing, own_objections
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Ident, Long, Moment, Text
from webui.deed.fill.choice import departments, names_of, only_one
from webui.page.language import text


def _back(_case: Case, _: Any) -> str:
    return "/complaints"


def _objections(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        found = own_objections(session, case.actor, case.id)
    return [
        (str(each.id), f"{text(f'objection.{each.kind}')}：{each.text[:100]}") for each in found
    ]


def _matter(case: Case) -> str:
    with case.source.platform.read() as session:
        found = own_objections(session, case.actor, case.id)
    return found[-1].kind if found else Matter.OTHER.value


def _after(case: Case) -> bool:
    """Tell whether another interested party than a bidder may complain: after CLOSE."""
    with case.source.platform.read() as session:
        return is_closed(session, case.id)


def _written(_: Case, values: Values) -> Values:
    """Put the parts of the writing together."""
    parts = ("respondent", "told", "request", "basis")
    told = {name: values[name] for name in parts}
    writing = Writing(**told, interest=values.get("interest") or "")
    kept = {key: values[key] for key in ("matter", "objection", "known", "department")}
    return {**kept, "writing": writing}


COMPLAINT = Ident("complaint", words="投诉 / Complaint")
DEEDS = (
    Deed(
        filing.file,
        (
            Choice("matter", options=names_of("complaint.matter", Matter), kind=Matter,
                   start=_matter, words="投诉事项 / About"),
            Choice("objection", options=_objections, kind=UUID, required=False,
                   start=only_one(_objections), hint="complaint.objection_hint",
                   words="此前的异议（质疑） / The objection before it"),
            Text("respondent", most=MAX_NAME, words="被投诉人 / Who is complained of"),
            Long("told", most=MAX_TEXT, hint="complaint.told_hint", words="基本事实 / The facts"),
            Long("request", most=MAX_TEXT, words="请求和主张 / What is asked for"),
            Long("basis", most=MAX_TEXT, words="线索、证明材料和法律依据 / Proof and law"),
            Moment("known", required=False, hint="complaint.known_hint",
                   words="何时知道 / Known since"),
            Long("interest", most=MAX_TEXT, required=False, only=_after,
                 hint="complaint.interest_hint", words="利害关系 / Interest in the trade"),
            Choice("department", options=departments, kind=UUID, start=only_one(departments),
                   words="行政监督部门 / Competent department"),
        ),
        _written,
        after=_back,
    ),
    Deed(
        filing.withdraw,
        (COMPLAINT, Long("reason", most=MAX_TEXT, hint="complaint.withdraw_hint",
                         words="撤回理由 / Why")),
        after=_back,
    ),
    Deed(handling.accept, (COMPLAINT,), after=_back),
    Deed(
        handling.decline,
        (COMPLAINT, Long("reason", most=MAX_TEXT, words="不予受理的理由 / Why not")),
        after=_back,
    ),
    Deed(
        handling.send_test,
        (COMPLAINT, Long("reason", most=MAX_TEXT, hint="complaint.test_hint",
                         words="检验、检测、鉴定或专家评审的内容 / What is tested, and why")),
        after=_back,
    ),
    Deed(handling.receive_test, (COMPLAINT,), after=_back),
    Deed(
        handling.decide,
        (
            COMPLAINT,
            Choice("outcome", options=names_of("complaint.outcome", Outcome), kind=Outcome,
                   words="处理结论 / Outcome"),
            Long("decision", most=handling.MAX_DECISION, hint="complaint.decision_hint",
                 words="处理决定，公开 / The decision, in public"),
        ),
        after=_back,
    ),
)  # fmt: skip
