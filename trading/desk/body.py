"""Bodies 单位: organisations that may be chosen for a part, and those that have one in a trade."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from monitor.record.standing import Appointment, Standing
from monitor.role import Role
from trading.registration.party import Organisation


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation by its id, unified social credit code and name."""

    id: UUID
    uscc: str
    name: str


def bodies(session: Session, role: Role, now: datetime, category: str | None = None) -> list[Body]:
    """Return the organisations that have somebody in that role now, in order of registration.

    `category` asks for departments competent for it (招标投标法实施条例 4).
    """
    query = (
        select(Organisation)
        .join(Appointment, Appointment.org == Organisation.id)
        .where(Appointment.role == role.value, Appointment.since <= now)
        .where((Appointment.until.is_(None)) | (Appointment.until > now))
        .distinct()
    )
    if category is not None:
        query = query.where(Appointment.category == category)
    return _read(session, query)


def seated(session: Session, project: UUID, role: Role) -> list[Body]:
    """Return the organisations that stand in that role in a project."""
    query = (
        select(Organisation)
        .join(Standing, Standing.org == Organisation.id)
        .where(Standing.project == project, Standing.role == role.value)
    )
    return _read(session, query)


def standings(session: Session, projects: Iterable[UUID]) -> dict[UUID, set[UUID]]:
    """Return the organisations that stand in each of these projects, in whatever role."""
    rows = session.execute(
        select(Standing.project, Standing.org).where(Standing.project.in_(list(projects)))
    )
    found: dict[UUID, set[UUID]] = {}
    for row in rows:
        found.setdefault(row.project, set()).add(row.org)
    return found


def standing_bodies(
    session: Session, projects: Iterable[UUID], roles: Iterable[Role]
) -> list[Body]:
    """Return the organisations that stand in one of these projects in one of these roles."""
    query = (
        select(Organisation)
        .join(Standing, Standing.org == Organisation.id)
        .where(Standing.project.in_(list(projects)))
        .where(Standing.role.in_([role.value for role in roles]))
        .distinct()
    )
    return _read(session, query)


def body_of(session: Session, organisation: UUID) -> Body | None:
    """Return one organisation."""
    found = session.get(Organisation, organisation)
    return Body(found.id, found.uscc, found.name) if found else None


def _read(session: Session, query: Select[Organisation]) -> list[Body]:
    rows = session.scalars(query.order_by(Organisation.id))
    return [Body(row.id, row.uscc, row.name) for row in rows]
