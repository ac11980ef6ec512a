"""Rosters of trustees that earlier tender documents named: what a later one may be filled with."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.notice.document import TenderDocument
from trading.registration.project import Project

MOST = 20


def rosters(session: Session, owner: UUID) -> list[str]:
    """Return the distinct rosters in this owner's documents, the newest first.

    A roster has a seat of the owner itself, so another's would not fit.
    """
    rows = session.scalars(
        select(TenderDocument.trustees)
        .join(Project, Project.id == TenderDocument.project)
        .where(Project.owner == owner)
        .order_by(TenderDocument.issued_at.desc())
        .limit(MOST)
    )
    return list(dict.fromkeys(rows))
