"""Scene 1, registration 交易受理登记: file, one complete list of defects, file again, accept."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from monitor.role import Role
from trading.registration.catalogue import load
from trading.registration.filing import Filing
from trading.registration.intake import accept, register, resubmit, return_defects
from trading.registration.party import assign
from trading.registration.project import Lot, found_project, sections
from webui.demo.plan import Plan
from webui.demo.play import Play

TITLE = "一、交易受理登记 / Registration"


def play(it: Play) -> None:
    """Register the project; the first filing lacks one paper."""
    stage, cast, plan = it.stage, it.cast, it.plan
    stage.narrator.scene(TITLE)
    stage.until(plan.at(0))
    complete = filing(plan)
    lacking = replace(
        complete, evidence={k: v for k, v in complete.evidence.items() if k != "funds"}
    )
    stage.do(register, cast.owner, it.project, filing=lacking)
    stage.say(f"{plan.owner_word}登记项目 {plan.code}：{plan.name} / the owner files the project")
    refusal = stage.refused(accept, cast.clerk, it.project)
    stage.say(f"受理不成：{refusal.message.split(' / ', maxsplit=1)[0]} / may not be accepted")
    stage.do(
        return_defects,
        cast.clerk,
        it.project,
        defects={"funds": "缺资金来源落实证明 / proof of funds is missing"},
    )
    stage.say("一次性告知全部缺陷 / one complete list of defects")
    stage.until(plan.at(0, "14:00"))
    stage.do(resubmit, cast.owner, it.project, filing=complete)
    stage.do(accept, cast.clerk, it.project)
    stage.do(assign, cast.clerk, it.project, organisation=cast.department.id, role=Role.DEPARTMENT)
    with stage.platform.read() as session:
        project = found_project(session, it.project)
        [it.section] = [row.id for row in sections(session, it.project)]
    inside = "目录内 / inside" if project.inside else "目录外 / outside"
    stage.say(f"补正后受理；{inside}：{project.reason.split(' / ', maxsplit=1)[0]}")


def filing(plan: Plan) -> Filing:
    """Return the complete filing of a plan's trade."""
    evidence = {
        item.key: hashlib.sha256(f"{plan.code} {item.key}".encode()).hexdigest()
        for item in load().checklist(plan.category, agency=False)
    }
    return Filing(
        name=plan.name,
        code=plan.code,
        category=plan.category,
        kind=plan.kind,
        region=plan.region,
        state_funds=True,
        sections=(Lot(plan.name[:60], plan.estimate_fen),),
        evidence=evidence,
        trade_code=plan.trade_code,
    )
