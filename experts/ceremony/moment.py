"""Which moments a section has reached: an act that names another section does not count for it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from monitor.record.moment import done
from monitor.refusal import WrongStage

CLOSED = ("opening.close", "opening.fail")
REVEALED = ("opening.reveal",)
RESULT = ("award.issue", "opening.fail")


def reached(session: Session, project: UUID, section: UUID, actions: tuple[str, ...]) -> bool:
    """Tell whether one of these public acts was done for the section, or for the whole project."""
    return done(session, project, section, *actions)


def require_reached(
    session: Session, project: UUID, section: UUID, actions: tuple[str, ...], rule: str = ""
) -> None:
    """Refuse what comes before all of these acts; raises WrongStage naming the first."""
    if not reached(session, project, section, actions):
        raise WrongStage(
            f"尚未完成 {actions[0]} / not before {actions[0]}", rule=rule, field="section"
        )
