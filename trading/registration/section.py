"""The section of an act: found in its own project or not at all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from monitor.refusal import NotFound
from trading.registration.project import Section


def found_section(session: Session, project: UUID, section: UUID) -> Section:
    """Return the project's section; raises NotFound."""
    found = session.get(Section, section)
    if found is None or found.project != project:
        raise NotFound("没有此标段 / no such section", field="section")
    return found
