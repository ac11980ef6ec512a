"""What the tables of experts name of one trade for its file: the bundles of its draws."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.ceremony.header import Draw, DrawStep, Kind


def required_bundles(session: Session, project: UUID) -> dict[str, str]:
    """Return SHA-256 in hexadecimal → title of every draw bundle that was published."""
    rows = session.execute(
        select(DrawStep.document, Draw.purpose, Draw.seq)
        .join(Draw, Draw.id == DrawStep.draw)
        .where(Draw.project == project, DrawStep.kind == Kind.BUNDLE.value)
    )
    return {
        str(row.document["sha256"]): f"抽取包 / draw bundle {row.purpose} {row.seq}" for row in rows
    }
