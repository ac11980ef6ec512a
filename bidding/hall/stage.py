"""Where one section's opening stands: read from the numbered records and the log, never a flag."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from monitor.record.moment import Done, first
from monitor.refusal import WrongStage


def step(session: Session, project: UUID, section: UUID, action: str) -> Done | None:
    """Return the done act of that name for that section, or None."""
    return first(session, project, section, action)


def required(session: Session, project: UUID, section: UUID, action: str) -> Done:
    """Return the act; raises WrongStage when it has not been done."""
    found = step(session, project, section, action)
    if found is None:
        raise WrongStage(f"尚未完成 {action} / not before {action}")
    return found
