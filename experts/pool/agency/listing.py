"""The pool of agencies as everybody sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.pool.agency.agency import Agency
from experts.pool.agency.credit import Standing, standings
from trading.registration.party import Organisation

MOST = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """One agency in the list."""

    organisation: UUID
    name: str
    uscc: str
    state: str
    showcase: str
    services: tuple[str, ...]
    qualifications: int
    """Those that have not run out."""
    standing: Standing


def agencies(session: Session, now: datetime, service: str = "") -> Sequence[Shown]:
    """Return the agencies of a service (all without one): who is in first, then by credit."""
    query = select(Agency, Organisation).join(Organisation, Organisation.id == Agency.organisation)
    if service:
        query = query.where(Agency.services.contains([service]))
    rows = session.execute(query.order_by(Organisation.name, Organisation.id).limit(MOST)).all()
    told = standings(session, [unit.id for _, unit in rows], now)
    found = [_shown(agency, unit, told[unit.id], now) for agency, unit in rows]
    return sorted(found, key=lambda each: (each.state != "open", -each.standing.points))


def _shown(agency: Agency, unit: Organisation, told: Standing, now: datetime) -> Shown:
    valid = [
        each for each in agency.qualifications if date.fromisoformat(each["until"]) >= now.date()
    ]
    state = "barred" if told.barred else agency.state
    return Shown(
        unit.id, unit.name, unit.uscc, state, agency.showcase, tuple(agency.services), len(valid),
        told,
    )  # fmt: skip
