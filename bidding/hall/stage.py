"""Where one section's opening stands: read from the numbered records and the log, never a flag."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from monitor.record.act import Act
from monitor.record.moment import Done, first
from monitor.refusal import WrongStage
from trading.notice.moment import required_project

OVER = ("opening.reveal", "opening.fail")
"""What ends an opening that has begun."""


def step(session: Session, project: UUID, section: UUID, action: str) -> Done | None:
    """Return the done act of that name for that section, or None."""
    return first(session, project, section, action)


def required(session: Session, project: UUID, section: UUID, action: str) -> Done:
    """Return the act; raises WrongStage when it has not been done."""
    found = step(session, project, section, action)
    if found is None:
        raise WrongStage(f"尚未完成 {action} / not before {action}")
    return found


def under_way(act: Act, section: UUID) -> UUID:
    """Return the project; raises WrongStage outside of CLOSE to REVEAL."""
    project = required_project(act.project)
    required(act.session, project, section, "opening.close")
    if is_over(act.session, project, section):
        raise WrongStage("开标已公布或不开标 / everything was shown, or it is not opened")
    return project


def is_opening(session: Session, project: UUID, section: UUID) -> bool:
    """Tell whether it is after CLOSE, and neither shown nor given up."""
    closed = step(session, project, section, "opening.close") is not None
    return closed and not is_over(session, project, section)


def is_over(session: Session, project: UUID, section: UUID) -> bool:
    """Tell whether everything was shown, or it is not opened at all."""
    return any(step(session, project, section, over) is not None for over in OVER)
