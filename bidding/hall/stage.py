"""Where one section's opening stands: read from the numbered records and the log, never a flag."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from monitor.record.act import Act
from monitor.record.moment import Done, first
from monitor.refusal import WrongStage
from trading.notice.moment import required_project

END = "opening.end"
SEALS = ("opening.check_seal", "opening.lapse_seals")
"""Either ends the seal check: a bidder's word, or the time for it being over."""
OVER = ("opening.reveal", "opening.fail")
"""What ends an opening that has begun."""


def step(session: Session, project: UUID, section: UUID, *actions: str) -> Done | None:
    """Return the first done act of these names for that section, or None."""
    return first(session, project, section, *actions)


def required(session: Session, project: UUID, section: UUID, *actions: str) -> Done:
    """Return the first done act of these names; raises WrongStage when none has been done."""
    found = step(session, project, section, *actions)
    if found is None:
        raise WrongStage(f"尚未完成 {actions[0]} / not before {actions[0]}")
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
