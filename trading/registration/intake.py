"""Intake: an owner files, the centre accepts or answers with one complete list of defects.

一次性告知: what the first list did not name may be named later only where the filing changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.standing import Standing
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role
from trading.paper.keeping import Stored, keep_beside
from trading.registration.catalogue import load
from trading.registration.filing import Filing, check, content, missing, verdict
from trading.registration.party import CONFLICTING, OFFICES, Kind, found_organisation, standings
from trading.registration.project import Intake, Lot, Project, Section, found_project

ONCE = "一次性告知"


@action("project.register", by=(Role.TENDEREE,), standing=False)
def register(act: Act, *, filing: Filing, papers: Sequence[Stored] = ()) -> UUID:
    """File a new project under the act's id; return it. Raises Invalid, NotFound, Conflict.

    `papers` are the files that the filing names by their digests.
    """
    filing = check(filing)
    if act.project is None:
        raise NotFound("没有项目编号 / no id for the project", field="project")
    for constraint in ("project_pkey", "project_code_key", "project_trade_code_key"):
        act.on_conflict(
            constraint, lambda _: Conflict("项目已登记 / registered already", field="code")
        )
    act.session.add(_project(act, act.project, filing))
    act.session.flush()
    _stand(act, act.project, act.actor.org, Role.TENDEREE)
    if filing.agency is not None:
        _stand(act, act.project, filing.agency, Role.AGENCY)
    _add_sections(act, act.project, filing)
    _file(act, act.project, filing, 1)
    _keep(act, papers)
    return act.project


def _project(act: Act, project: UUID, filing: Filing) -> Project:
    row = Project(id=project, owner=act.actor.org, registered_at=act.now)
    _fill(row, filing)
    return row


def _fill(row: Project, filing: Filing) -> None:
    judged = verdict(filing)
    row.code, row.trade_code, row.name = filing.code, filing.trade_code, filing.name
    row.category, row.kind, row.region = filing.category, filing.kind, filing.region
    row.agency, row.estimate_fen, row.state_funds = (
        filing.agency, filing.estimate_fen, filing.state_funds,
    )  # fmt: skip
    row.inside, row.must_tender, row.reason = judged.inside, judged.must_tender, judged.reason


def _stand(act: Act, project: UUID, org: UUID, role: Role) -> None:
    # The owner alone names its agency (招标投标法 12); who supervises is the centre's to assign.
    unit = found_organisation(act.session, org)
    held = standings(act.session, project, org)
    act.require(
        role in OFFICES[Kind(unit.kind)] and not CONFLICTING.get(role, set()) & held,
        NotAllowed("该单位不得任此角色 / this unit may not stand so", field=role.value),
    )
    act.session.add(Standing(id=new_id(act.now), project=project, org=org, role=role.value))


def _add_sections(act: Act, project: UUID, filing: Filing) -> None:
    act.on_conflict(
        "section_code_key",
        lambda _: Conflict("标段编号重复 / a section code is taken", field="code"),
    )
    for number, (lot, filed) in enumerate(
        zip(filing.sections, content(filing)["sections"], strict=True), 1
    ):
        section = Section(
            id=new_id(act.now), project=project, number=number, code=filed["code"],
            name=lot.name.strip(), estimate_fen=lot.estimate_fen,
        )  # fmt: skip
        act.session.add(section)


def _file(act: Act, project: UUID, filing: Filing, number: int) -> None:
    filed = content(filing)
    intake = Intake(
        id=new_id(act.now), project=project, round=number, content=filed,
        filed_at=act.now, defects=[],
    )  # fmt: skip
    act.session.add(intake)
    judged = verdict(filing)
    act.note(
        subject=str(project), code=filing.code, name=filing.name, category=filing.category,
        round=number, inside=judged.inside, must_tender=judged.must_tender, basis=judged.basis,
        filing=hashlib.sha256(canonical(filed)).hexdigest(),
    )  # fmt: skip
    act.note_private(estimate_fen=str(filing.estimate_fen), reason=judged.reason)


@action("project.resubmit", by=(Role.TENDEREE,), visibility=Visibility.SECRET)
def resubmit(act: Act, *, filing: Filing, papers: Sequence[Stored] = ()) -> None:
    """File again what was returned; the code stays. Raises Invalid, WrongStage."""
    filing = check(filing)
    project = found_project(act.session, act.project)
    last = latest(act, project.id)
    act.require(last.answer == "returned", WrongStage("没有退回待补正 / nothing was returned"))
    act.require(filing.code == project.code, Invalid("code", "编号不得更改 / the code stays"))
    _fill(project, filing)
    _change_agency(act, project.id, filing.agency)
    act.session.execute(delete(Section).where(Section.project == project.id))
    _add_sections(act, project.id, filing)
    _file(act, project.id, filing, last.round + 1)
    _keep(act, papers)


def _keep(act: Act, papers: Sequence[Stored]) -> None:
    for paper in papers:
        keep_beside(act, paper)


def _change_agency(act: Act, project: UUID, agency: UUID | None) -> None:
    standing = act.session.scalar(
        select(Standing).where(Standing.project == project, Standing.role == Role.AGENCY.value)
    )
    if standing is not None and standing.org != agency:
        act.session.delete(standing)
        act.session.flush()
    if agency is not None and (standing is None or standing.org != agency):
        _stand(act, project, agency, Role.AGENCY)


def latest(act: Act, project: UUID) -> Intake:
    """Return the project's last filing; raises NotFound."""
    found = act.session.scalar(
        select(Intake).where(Intake.project == project).order_by(Intake.round.desc()).limit(1)
    )
    if found is None:
        raise NotFound("没有登记材料 / nothing was filed", field="project")
    return found


@action("project.return_defects", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def return_defects(act: Act, *, defects: dict[str, str]) -> None:
    """Return a filing with all its defects at once: field or checklist item → what is wrong.

    Raises WrongStage, Invalid for an empty list, for one that leaves out what is plainly missing,
    and for a late discovery in what has not changed since the first list.
    """
    project = found_project(act.session, act.project)
    last = _unanswered(act, project.id)
    act.require(defects, Invalid("defects", "没有列明缺陷 / the list is empty", rule=ONCE))
    unknown = sorted(set(defects) - _items(last))
    act.require(not unknown, Invalid("defects", f"没有这些项目：{unknown} / no such items"))
    left_out = sorted(set(_lacking(last)) - set(defects))
    act.require(
        not left_out,
        Invalid(
            "defects",
            f"须一次列全：{_named(left_out, 'zh')} / "
            f"the list must also name: {_named(left_out, 'en')}",
            rule=ONCE,
        ),
    )
    _require_no_late_discovery(act, last, set(defects))
    last.answer, last.answered_at = "returned", act.now
    last.defects = [{"item": item, "text": text} for item, text in sorted(defects.items())]
    act.note(subject=str(project.id), round=last.round, defects=last.defects)


def _unanswered(act: Act, project: UUID) -> Intake:
    last = latest(act, project)
    act.require(last.answer is None, WrongStage("该次登记已答复 / this filing is answered already"))
    return last


def _lacking(filed: Intake) -> list[str]:
    return missing(_read(filed.content))


def _named(items: list[str], language: str) -> str:
    """Return items of the checklist in the words of its list; a field by its own name."""
    names = {check.key: getattr(check, language) for check in load().checks}
    return ("、" if language == "zh" else ", ").join(names.get(item, item) for item in items)


def _items(filed: Intake) -> set[str]:
    checklist = load().checklist(filed.content["category"], agency=True)
    return set(filed.content) - {"evidence"} | {item.key for item in checklist}


def _read(filed: dict[str, Any]) -> Filing:
    lots = tuple(Lot(row["name"], int(row["estimate_fen"])) for row in filed["sections"])
    return Filing(
        filed["name"], filed["code"], filed["category"], filed["kind"], filed["region"],
        filed["state_funds"], lots, filed["evidence"],
        UUID(filed["agency"]) if filed["agency"] else None,
        filed["trade_code"] or None, int(filed["same_item_fen"]),
    )  # fmt: skip


def _require_no_late_discovery(act: Act, last: Intake, named: set[str]) -> None:
    before = act.session.scalar(
        select(Intake).where(Intake.project == last.project, Intake.round == last.round - 1)
    )
    if before is None:
        return
    open_items = {defect["item"] for defect in before.defects}
    late = sorted(
        item
        for item in named - open_items
        if _part(before.content, item) == _part(last.content, item)
    )
    act.require(
        not late,
        NotAllowed(
            f"首次未告知且未改动：{late} / not named the first time", field="defects", rule=ONCE
        ),
    )


def _part(filed: dict[str, Any], item: str) -> Any:
    return filed["evidence"].get(item) if item not in filed else filed[item]


@action("project.accept", by=(Role.CENTRE,))
def accept(act: Act) -> None:
    """Accept a filing that brings everything on the checklist. Raises WrongStage, Invalid."""
    project = found_project(act.session, act.project)
    last = _unanswered(act, project.id)
    lacking = _lacking(last)
    act.require(
        not lacking,
        Invalid(
            "evidence",
            f"材料不齐，不得受理：{_named(lacking, 'zh')} / "
            f"may not be accepted without: {_named(lacking, 'en')}",
            rule="濮阳市公共资源交易管理条例 13",
        ),
    )
    last.answer, last.answered_at = "accepted", act.now
    project.accepted_at = act.now
    act.note(subject=str(project.id), code=project.code, round=last.round)
