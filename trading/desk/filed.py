"""The last filing of a project's registration, as a clerk looks at it and an owner mends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from trading.registration.catalogue import Check, load
from trading.registration.project import Intake


@dataclass(frozen=True, slots=True)
class Filed:
    """What was filed, when, the answer to it (accepted, returned or none yet), what it lacks."""

    round: int
    content: dict[str, Any]
    filed_at: datetime
    answer: str | None
    defects: dict[str, str]
    checklist: tuple[Check, ...]

    @property
    def lacking(self) -> list[Check]:
        """Return what the checklist asks for and the filing does not bring."""
        return [item for item in self.checklist if item.key not in self.content["evidence"]]


def filed(session: Session, project: UUID) -> Filed | None:
    """Return the last filing of a project."""
    row = session.scalar(
        select(Intake).where(Intake.project == project).order_by(Intake.round.desc()).limit(1)
    )
    if row is None:
        return None
    agency = bool(row.content["agency"])
    return Filed(
        row.round, row.content, row.filed_at, row.answer,
        {each["item"]: each["text"] for each in row.defects},
        tuple(load().checklist(row.content["category"], agency=agency)),
    )  # fmt: skip
