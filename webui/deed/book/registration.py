"""Deeds of registration 交易受理登记: file, return with all defects, accept, name the parties."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from monitor.role import Role
from trading.desk.filed import filed
from trading.desk.seating import seat
from trading.money import format_yuan
from trading.notice.progress import confirm_stage
from trading.registration.catalogue import Check, load
from trading.registration.intake import accept, register, resubmit, return_defects
from trading.registration.party import assign
from trading.registration.project import found_project
from webui.deed.brought import Blob
from webui.deed.choice import Choice, Several
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Field, Long, Money, Text, Tick
from webui.deed.fill import filing
from webui.deed.fill.choice import (
    agencies,
    departments,
    is_demo,
    only_one,
    parties,
    project_roles,
    row,
    subjects,
    trustee_ids,
    trustees,
)
from webui.deed.fill.paper import MIB, beijing
from webui.deed.rows import Rows
from webui.page.language import text
from webui.page.show import said

LOTS = (
    Text("lot", words="标段（包）名称 / section"),
    Money("estimate", words="估算价或预算 / estimate or budget"),
)


def _evidence() -> tuple[Field, ...]:
    """One file a line of the checklist; which of them a trade needs, its category says."""
    return tuple(
        Blob(filing.EVIDENCE + check.key, required=False, most=8 * MIB, words=_titled(check))
        for check in load().checks
    )


def _titled(check: Check) -> str:
    kinds = [each for key, each in load().categories.items() if key in check.categories]
    zh, en = "、".join(each.zh for each in kinds), ", ".join(each.en for each in kinds)
    return f"{check.zh}（{zh}） / {check.en} ({en})"


FIRST = (
    Text("name", words="项目名称 / name of the project"),
    Text("code", most=50, hint="hint.project_code", start=filing.sample_code),
    Text("trade_code", required=False, most=40, hint="hint.trade_code"),
    Choice("subject", options=subjects, hint="hint.subject"),
    Text("region", most=6, hint="hint.region"),
    Tick("state_funds", required=False, hint="hint.state_funds"),
    Rows("sections", columns=LOTS, shown=2, hint="hint.sections"),
    Money("same_item", required=False, hint="hint.same_item"),
    Choice("agency", required=False, options=agencies, kind=UUID, hint="hint.agency"),
    *_evidence(),
    Tick("sample", required=False, only=is_demo, hint="hint.sample", start=lambda _: True),
)
LAST = {
    "name": filing.from_last(lambda last: last.content["name"]),
    "trade_code": filing.from_last(lambda last: last.content["trade_code"]),
    "subject": filing.from_last(filing.subject),
    "region": filing.from_last(lambda last: last.content["region"]),
    "state_funds": filing.from_last(lambda last: last.content["state_funds"]),
    "sections": filing.from_last(filing.lots),
    "same_item": filing.from_last(filing.same_item),
    "agency": filing.from_last(lambda last: last.content["agency"]),
}
AGAIN = tuple(
    replace(each, start=LAST.get(each.name, each.start)) for each in FIRST if each.name != "code"
)
"""A filing made again starts with what the last one said; its code stays."""
NAMES = {
    "name": "项目名称 / name",
    "kind": "标的种类 / kind of subject",
    "region": "地区 / region",
    "state_funds": "资金性质 / state funds",
    "sections": "标段划分 / sections",
    "agency": "代理机构 / agency",
}


def _items(case: Case) -> Iterable[tuple[str, str]]:
    """What may be named as defective: a line of the checklist, or a field of the filing."""
    with case.source.platform.read() as session:
        last = filed(session, case.id)
    if last is None:
        return []
    fields = [(key, said(words)) for key, words in NAMES.items()]
    return [(each.key, said(f"{each.zh} / {each.en}")) for each in last.checklist] + fields


def _lacking(case: Case) -> list[dict[str, Any]]:
    with case.source.platform.read() as session:
        last = filed(session, case.id)
    lacking = last.lacking if last else []
    return [row(item=each.key, fault=f"缺少：{each.zh}（{each.basis}）") for each in lacking]


def _defects(_: Case, values: Values) -> Values:
    return {"defects": {each["item"]: each["fault"] for each in values["defects"]}}


def _brief(case: Case) -> Iterable[tuple[str, Any]]:
    """What a clerk looks at before answering a filing."""
    with case.source.platform.read() as session:
        project, last = found_project(session, case.id), filed(session, case.id)
    yield "brief.project", project.name + text("part.brackets", words=project.code)
    yuan = format_yuan(project.estimate_fen)
    yield "brief.estimate", f"{yuan} 元 / {yuan} yuan"
    yield "brief.verdict", project.reason
    if last is None:
        return
    yield "brief.filed", last.filed_at
    held = [each for each in last.checklist if each not in last.lacking]
    yield "brief.brought", _listed(held)
    yield "brief.lacking", _listed(last.lacking)
    for item, fault in last.defects.items():
        yield "brief.defect", item + text("part.colon") + fault


def _listed(checks: Iterable[Any]) -> str:
    found = list(checks)
    zh, en = "、".join(each.zh for each in found), ", ".join(each.en for each in found)
    return f"{zh} / {en}" if found else "无 / none"


def _seats(_: Case, values: Values) -> Values:
    return {"department": values["department"], "trustees": tuple(values["trustees"] or ())}


def _stage(case: Case) -> Iterable[tuple[str, Any]]:
    yield "brief.now", beijing(case.now)


DEEDS = (
    Deed(register, FIRST, filing.first, fresh=True),
    Deed(resubmit, AGAIN, filing.again, brief=_brief),
    Deed(
        return_defects,
        (
            Rows(
                "defects",
                columns=(
                    Choice("item", options=_items, words="项目 / item"),
                    Long("fault", most=500, lines=2, words="缺陷 / what is wrong"),
                ),
                start=_lacking,
                shown=3,
                hint="hint.defects",
            ),
        ),
        _defects,
        brief=_brief,
    ),
    Deed(accept, brief=_brief),
    Deed(
        assign,
        (
            Choice("organisation", options=parties, kind=UUID),
            Choice("role", options=project_roles, kind=Role),
        ),
    ),
    Deed(
        seat,
        (
            Choice(
                "department",
                options=departments,
                kind=UUID,
                start=only_one(departments),
                hint="hint.department",
            ),
            Several(
                "trustees", options=trustees, kind=UUID, start=trustee_ids, hint="hint.trustees"
            ),
        ),
        _seats,
    ),
    Deed(confirm_stage, brief=_stage),
)
