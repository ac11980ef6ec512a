"""Where a trade stands now, from the record and the deadline that holds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from monitor.law.duty import Fact
from monitor.law.fact import facts_of
from monitor.record.act import Act
from monitor.record.action import action
from monitor.refusal import Conflict
from monitor.role import Role
from monitor.work.errand import Errand
from trading.notice.document import document_of
from trading.notice.notice import current_notice
from trading.registration.project import found_project
from trading.registration.stage import Stage, stage

UNTOLD = frozenset({Stage.UNKNOWN, Stage.FILED, Stage.RETURNED})


def deadline_of(session: Session, project: UUID) -> datetime | None:
    """Return the bid deadline that holds: the documents', else the notice's, else none."""
    source = document_of(session, project) or current_notice(session, project)
    return source.deadline if source else None


def stage_of(session: Session, project: UUID, now: datetime) -> Stage:
    """Return the stage of a project at `now`."""
    return stage(facts_of(session, project), deadline_of(session, project), now)


@action("project.confirm_stage", by=(Role.SYSTEM, Role.CENTRE))
def confirm_stage(act: Act) -> Stage:
    """Write down the stage that facts and clock give; raises Conflict if it is written already."""
    project = found_project(act.session, act.project)
    reached = stage_of(act.session, project.id, act.now)
    act.require(
        project.confirmed_stage != reached.value,
        Conflict("阶段未变 / the stage has not changed", field="project"),
    )
    project.confirmed_stage = reached.value
    act.note(subject=str(project.id), stage=reached.value)
    return reached


def stage_due(
    session: Session, project: UUID, facts: Iterable[Fact], now: datetime
) -> list[Errand]:
    """Return the writing down of the stage that a project's facts and the clock have reached.

    Only from the acceptance on: what a filing lacked is between the owner and the centre.
    """
    reached = stage(facts, deadline_of(session, project), now)
    if reached in UNTOLD or found_project(session, project).confirmed_stage == reached.value:
        return []
    return [Errand(confirm_stage, project)]
