"""Which moments a section has reached: an act that names another section does not count for it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.refusal import WrongStage

CLOSED = ("opening.close", "opening.fail")
REVEALED = ("opening.reveal",)
RESULT = ("award.issue", "opening.fail")

_DONE = text(
    """SELECT 1 FROM (
         SELECT convert_from(o.body, 'UTF8')::jsonb AS body
         FROM record r JOIN opening o ON o.record_id = r.id
         WHERE r.chain = :project AND r.seq IS NOT NULL) AS said
       WHERE body ->> 'action' = ANY(:actions) AND body -> 'outcome' ? 'done'
         AND coalesce(body -> 'facts' ->> 'section', :section) = :section
       LIMIT 1"""
)


def reached(session: Session, project: UUID, section: UUID, actions: tuple[str, ...]) -> bool:
    """Tell whether one of these public acts was done for the section, or for the whole project."""
    told = {"project": project, "section": str(section), "actions": list(actions)}
    return session.execute(_DONE, told).first() is not None


def require_reached(
    session: Session, project: UUID, section: UUID, actions: tuple[str, ...], rule: str = ""
) -> None:
    """Refuse what comes before all of these acts; raises WrongStage naming the first."""
    if not reached(session, project, section, actions):
        raise WrongStage(
            f"尚未完成 {actions[0]} / not before {actions[0]}", rule=rule, field="section"
        )
