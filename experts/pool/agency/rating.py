"""Ratings: one a project, by the owner whom the agency served."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.pool.agency.choice import AgencyOrder
from experts.pool.agency.credit import Kind, Told, add_line
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import Role
from trading.notice.moment import require_unarchived, required_project
from trading.notice.progress import stage_of
from trading.registration.project import found_project
from trading.registration.stage import FINAL, Stage

SERVED = FINAL | {Stage.AWARDED, Stage.CONTRACTED}
"""Stages at which an owner can tell how its agency served."""


@action("agency.rate", by=(Role.TENDEREE,))
def rate(act: Act, *, agency: UUID, stars: int, text: str) -> UUID:
    """Rate the agency of one's own project, once; return the line's id.

    Raises Invalid, NotAllowed for an agency that did not serve it, WrongStage before the award and
    once the trade's file is closed, Conflict the second time.
    """
    project = found_project(act.session, required_project(act.project))
    require_unarchived(act.session, project.id)
    act.require(
        stage_of(act.session, project.id, act.now) in SERVED,
        WrongStage(
            "中标通知书发出或项目终止后方可评价 / rated once the award is out or the trade ended"
        ),
    )
    act.require(1 <= stars <= 5, Invalid("stars", "应为1至5 / 1 to 5"))
    served = {project.agency, chosen_for(act.session, project.id)}
    act.require(
        agency in served,
        NotAllowed("该机构未代理本项目 / it did not serve this project", field="agency"),
    )
    act.on_conflict(
        "agency_credit_organisation_project_kind_key",
        lambda _: Conflict("已评价 / rated already", field="agency"),
    )
    return add_line(act, Kind.RATING, agency, Told(text, stars, project=project.id))


def chosen_for(session: Session, project: UUID) -> UUID | None:
    """Return the agency that a project's owner chose here, if any."""
    return session.scalar(
        select(AgencyOrder.agency)
        .where(AgencyOrder.project == project, AgencyOrder.agency.is_not(None))
        .order_by(AgencyOrder.id.desc())
        .limit(1)
    )
