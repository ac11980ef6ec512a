"""Which moments a trade has reached: read from its numbered records, never from a flag."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from monitor.record import moment
from monitor.refusal import NotFound, WrongStage

CLOSE = "opening.close"
FAILED = "opening.fail"
ENDED = "project.terminate"
ARCHIVED = "archive.close"


def done_at(session: Session, project: UUID, *actions: str) -> datetime | None:
    """Return when the first of these public acts was done in the project; None if it was not."""
    return moment.done_at(session, project, None, *actions)


def last_at(session: Session, project: UUID, *actions: str) -> datetime | None:
    """Return when the last of these public acts was done in the project; None if none was."""
    return moment.last_at(session, project, None, *actions)


def is_closed(session: Session, project: UUID) -> bool:
    """Tell whether CLOSE is on record (or the opening failed, which comes after it)."""
    return done_at(session, project, CLOSE, FAILED) is not None


def require_open(session: Session, project: UUID) -> None:
    """Refuse what is only done before CLOSE; raises WrongStage."""
    if is_closed(session, project):
        raise WrongStage("投标已截止 / the tender is closed", rule="招标投标法 28")


def require_closed(session: Session, project: UUID) -> None:
    """Refuse what is only done after CLOSE; raises WrongStage, whatever it was about."""
    if not is_closed(session, project):
        raise WrongStage("投标截止前不得办理 / not before CLOSE", rule="招标投标法 22")


def require_unarchived(session: Session, project: UUID) -> None:
    """Refuse what belongs into a trade's file once that is closed; raises WrongStage."""
    if done_at(session, project, ARCHIVED) is not None:
        raise WrongStage("项目已归档，不得再办理 / the trade's file is closed")


def required_project(project: UUID | None) -> UUID:
    """Return the project; raises NotFound when an act was asked for outside of one."""
    if project is None:
        raise NotFound("没有项目 / no project", field="project")
    return project
