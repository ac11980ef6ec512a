"""Who is what: appointments (person, organisation, role) and standings (who is what in a project).

Only the tables and the one question live here; the acts that fill them are in
trading/registration/party.py.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.table import Recorded
from monitor.role import PROJECT_ROLES, Actor, Role


class Appointment(Recorded):
    """A person holds a role for an organisation, from a moment until dismissed."""

    __tablename__ = "appointment"
    __table_args__ = (UniqueConstraint("person", "org", "role", "since"),)
    person: Mapped[UUID] = mapped_column(index=True)
    org: Mapped[UUID]
    role: Mapped[str]
    category: Mapped[str | None]
    """A competent department's trade category; None for the other roles."""
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Standing(Recorded):
    """An organisation is tenderee, agency, department or trustee in one project."""

    __tablename__ = "standing"
    __table_args__ = (UniqueConstraint("project", "org", "role"),)
    project: Mapped[UUID] = mapped_column(index=True)
    org: Mapped[UUID]
    role: Mapped[str]


def holds_role(session: Session, actor: Actor, now: datetime) -> bool:
    """Tell whether the person is appointed to that role for that organisation now."""
    if actor.role is Role.SYSTEM:
        return True
    found = session.scalar(
        select(Appointment.id)
        .where(Appointment.person == actor.person, Appointment.org == actor.org)
        .where(Appointment.role == actor.role.value, Appointment.since <= now)
        .where((Appointment.until.is_(None)) | (Appointment.until > now))
        .limit(1)
    )
    return found is not None


def stands_in(session: Session, actor: Actor, project: UUID) -> bool:
    """Tell whether the organisation stands in that role in that project (always, for the rest)."""
    if actor.role not in PROJECT_ROLES:
        return True
    found = session.scalar(
        select(Standing.id)
        .where(Standing.project == project, Standing.org == actor.org)
        .where(Standing.role == actor.role.value)
        .limit(1)
    )
    return found is not None
