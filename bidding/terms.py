"""What a bid is judged by: deadline, tender documents' digests and trustees, as published."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bidding.envelope.bid.invitation import Invitation
from bidding.envelope.roster import Roster, read_roster
from monitor.record.suspension import stood_still
from monitor.refusal import NotFound
from trading.notice.addendum import addenda, tender_digest
from trading.notice.document import TenderDocument, document_of
from trading.registration.section import found_section
from trading.supervision.standstill.lost_deadline import opening_until


def published(session: Session, project: UUID) -> TenderDocument:
    """Return the tender documents; raises NotFound before they are out."""
    document = document_of(session, project)
    if document is None:
        raise NotFound("招标文件尚未发出 / the documents are not out", field="project")
    return document


def deadline(session: Session, project: UUID) -> datetime:
    """Return the bid deadline that holds now."""
    return published(session, project).deadline


def window_end(session: Session, project: UUID, closed: datetime) -> datetime:
    """Return when the bidders' own time to open ends; what the trade stood still does not count."""
    window = timedelta(minutes=published(session, project).window_minutes)
    end = closed + window + stood_still(session, project, closed)
    return opening_until(session, closed, end) if window else end


def roster_of(session: Session, project: UUID) -> Roster:
    """Return the trustees that the documents name."""
    return read_roster(published(session, project).trustees.encode())


def rosters_of(session: Session, projects: Iterable[UUID]) -> dict[UUID, Roster]:
    """Return the trustees of each of these trades whose documents are out, by one query."""
    rows = session.execute(
        select(TenderDocument.project, TenderDocument.trustees).where(
            TenderDocument.project.in_(list(projects))
        )
    ).all()
    read = {told: read_roster(told.encode()) for told in {row.trustees for row in rows}}
    return {row.project: read[row.trustees] for row in rows}


def invitation(session: Session, project: UUID, section: UUID) -> Invitation:
    """Return what a tenderer's offline tool must know to seal a bid for this section.

    A bid sealed before an addendum stays valid unless the addendum says to submit again. Raises
    NotFound for a section that the project has not.
    """
    found_section(session, project, section)
    current, earlier = versions(session, project)
    return Invitation(str(project), str(section), current, earlier, roster_of(session, project))


def versions(session: Session, project: UUID) -> tuple[str, tuple[str, ...]]:
    """Return the digest of the tender as it stands, and the earlier ones that still hold."""
    rows = addenda(session, project)
    anew = max((row.number for row in rows if row.resubmit), default=0)
    earlier = (tender_digest(session, project, count).hex() for count in range(anew, len(rows)))
    return tender_digest(session, project).hex(), tuple(earlier)
