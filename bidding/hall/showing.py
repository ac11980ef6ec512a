"""What REVEAL publishes of a section, made outside of the act: every letter opened, all or none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.hall.ceremony import Result, open_letters, open_notes
from bidding.hall.failure.damage import require_asked
from bidding.hall.failure.inspection import require_looked
from bidding.hall.reveal import damaged
from monitor.store import FileStore


def results_of(
    session: Session, project: UUID, section: UUID, store: FileStore, now: datetime
) -> list[Result]:
    """Open every letter of a section, once everything stored was looked at.

    Raises WrongStage out of turn, DamagedHere for what nobody was asked for, LookupError and
    EnvelopeError while a note is still shut.
    """
    require_looked(session, project, section, store, now)
    notes = open_notes(session, project, section)
    found = open_letters(session, project, section, notes.bids, store)
    require_asked(session, project, section, damaged(found))
    return found
