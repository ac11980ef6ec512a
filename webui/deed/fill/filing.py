"""A filing of registration: from a form's values, and back into a form when it was returned."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from monitor.refusal import Invalid
from trading.desk.filed import Filed, filed
from trading.paper.keeping import Stored
from trading.registration.catalogue import Check, load
from trading.registration.filing import Filing
from trading.registration.project import Lot, found_project
from webui.deed.deed import Case, Values
from webui.deed.fill.choice import row
from webui.deed.fill.paper import given, store
from webui.demo.plan import project_code

EVIDENCE = "evidence_"


def first(case: Case, values: Values) -> Values:
    """Return the inputs of a first filing."""
    return _inputs(case, values, values["code"], {})


def again(case: Case, values: Values) -> Values:
    """Return the inputs of a filing made again: what it does not bring anew stays."""
    with case.source.platform.read() as session:
        code = found_project(session, case.id).code
        last = filed(session, case.id)
    return _inputs(case, values, code, dict(last.content["evidence"]) if last else {})


def _inputs(case: Case, values: Values, code: str, before: dict[str, str]) -> Values:
    category, _, kind = values["subject"].partition(".")
    papers = _papers(case, values, category, before)
    filing = Filing(
        name=values["name"],
        code=code,
        category=category,
        kind=kind,
        region=values["region"],
        state_funds=values["state_funds"],
        sections=tuple(Lot(each["lot"], each["estimate"]) for each in values["sections"]),
        evidence=before | {key: paper.digest.hex() for key, paper in papers.items()},
        agency=values["agency"],
        trade_code=values["trade_code"],
        same_item_fen=values["same_item"] or 0,
    )
    return {"filing": filing, "papers": list(papers.values())}


def _papers(case: Case, values: Values, category: str, before: dict[str, str]) -> dict[str, Stored]:
    """Return what was brought, by item of the checklist; in a demo a sample text for the rest."""
    if category not in load().categories:
        raise Invalid("subject", "没有此交易类别 / no such category", rule="catalogue.toml")
    bodies = {}
    for check in load().checklist(category, agency=values["agency"] is not None):
        body, may = values[EVIDENCE + check.key], values.get("sample")
        if body or (may and case.source.demo and check.key not in before):
            title = f"{values['name']}：{check.zh}"
            bodies[check] = given(case, EVIDENCE + check.key, body, title, may=may)
    digests = {hashlib.sha256(body).digest() for body in bodies.values()}
    if len(digests) < len(bodies):
        raise Invalid("evidence", "两项材料是同一文件 / two items are one and the same file")
    return {check.key: _stored(case, check, body) for check, body in bodies.items()}


def _stored(case: Case, check: Check, body: bytes) -> Stored:
    return store(case, "other", f"{check.zh} / {check.en}", body)


def from_last(part: Callable[[Filed], Any]) -> Callable[[Case], Any]:
    """Return what a field of a later filing starts with: that part of the last one."""

    def start(case: Case) -> Any:
        with case.source.platform.read() as session:
            last = filed(session, case.id)
        return part(last) if last else ""

    return start


def subject(last: Filed) -> str:
    """Return category and kind, as the form chooses them."""
    return f"{last.content['category']}.{last.content['kind']}"


def lots(last: Filed) -> list[dict[str, Any]]:
    """Return the sections as rows."""
    return [
        row(lot=each["name"], estimate=int(each["estimate_fen"]))
        for each in last.content["sections"]
    ]


def same_item(last: Filed) -> int | str:
    """Return what the same item took before, where it took anything."""
    return int(last.content["same_item_fen"]) or ""


def sample_code(case: Case) -> str:
    """Return an invented code for a project of a demo."""
    return project_code(case.now.isoformat()) if case.source.demo else ""
