"""Moments to come in all open trades: what a demo's clock may be moved to, and staff wait for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.award.candidate import Publicity
from trading.notice.document import TenderDocument
from trading.notice.notice import Notice
from trading.registration.project import Project

SOURCES = (
    ("supply_from", Notice.supply_from, Notice.project),
    ("supply_until", Notice.supply_until, Notice.project),
    ("deadline", TenderDocument.deadline, TenderDocument.project),
    ("award", Publicity.ends_at, Publicity.project),
)


@dataclass(frozen=True, slots=True)
class Coming:
    """A moment of a trade that has not yet come: what it is, when, whose."""

    what: str
    at: datetime
    project: UUID
    name: str


def coming(session: Session, now: datetime, most: int = 8) -> list[Coming]:
    """Return the moments after now, the nearest first."""
    found = []
    for what, column, project in SOURCES:
        query = select(column, Project.id, Project.name).join(Project, Project.id == project)
        rows = session.execute(query.where(column > now).order_by(column).limit(most))
        found += [Coming(what, at, each, name) for at, each, name in rows]
    return sorted(found, key=lambda each: (each.at, each.what))[:most]
