"""A confirmed paper given on to the organisation that must do what comes next with it."""

from __future__ import annotations

from uuid import UUID

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.refusal import Conflict, Invalid, WrongStage
from monitor.role import Role
from trading.desk.body import bodies
from trading.intake.paper.taken import STAFF, PaperHandover, open_paper

RECEIVERS = (Role.TENDEREE, Role.AGENCY)
"""Who registers, announces and issues: to them a paper may be given on."""


@action("paper.give", by=STAFF, visibility=Visibility.SECRET, standing=False)
def give(act: Act, *, paper: UUID, organisation: UUID) -> UUID:
    """Give a confirmed paper on to an owner or an agency, who then finds it; return its id.

    Raises NotFound for another's paper, WrongStage for one not confirmed or put aside, Invalid for
    an organisation that does not act here as owner or agency, Conflict for one that holds it.
    """
    row = open_paper(act.session, paper, act.actor)
    unconfirmed = "请先逐项确认 / confirm it field by field first"
    act.require(row.confirmed is not None, WrongStage(unconfirmed, field="paper"))
    known = {each.id for role in RECEIVERS for each in bodies(act.session, role, act.now)}
    stranger = "该单位不是招标人或代理机构 / no owner or agency here"
    act.require(organisation in known, Invalid("organisation", stranger, rule="paper.give"))
    held = "该单位已有此文件 / that organisation holds it already"
    act.require(organisation != row.org, Conflict(held, field="organisation"))
    act.on_conflict("paper_handover_paper_org_key", lambda _: Conflict(held, field="organisation"))
    act.session.add(
        PaperHandover(id=new_id(act.now), paper=row.id, org=organisation, given_at=act.now)
    )
    act.note(subject=str(row.id), sha256=row.digest.hex(), addressee=str(organisation))
    return row.id
