"""Whose trades somebody watches: all of them, or those that their organisation stands in."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.record.standing import Standing
from monitor.role import PROJECT_ROLES, Actor
from trading.registration.project import Project


def watched(session: Session, actor: Actor) -> list[UUID]:
    """Return the trades that an actor has a part in by the role, or serves as staff."""
    if actor.role not in PROJECT_ROLES:
        return list(session.scalars(select(Project.id).order_by(Project.id)))
    return list(
        session.scalars(
            select(Standing.project)
            .where(Standing.org == actor.org, Standing.role == actor.role.value)
            .order_by(Standing.project)
        )
    )
