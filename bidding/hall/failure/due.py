"""What damaged objects make due: looking at what is stored, and giving up what nobody brought."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.envelope.capsule import Kind
from bidding.hall.failure.damage import Damage, ask, ends, lose, waiting
from bidding.hall.sitting import paused
from bidding.hall.stage import SEALS, is_opening, step
from bidding.hall.unlock import batches
from bidding.terms import roster_of
from monitor.record.moment import every
from monitor.work.due import Wanted, is_done
from monitor.work.errand import Errand
from trading.registration.project import sections

LOOK = "look"
PATIENCE = timedelta(minutes=10)
"""How long REVEAL waits for a worker; then whoever reveals has everything measured there and then.
Our own figure; no rule names one."""
UNLOCK = "opening.unlock"
LOOKS = {SEALS[0]: SEALS, UNLOCK: (UNLOCK,)}
"""After which acts every stored object is looked at, each under one name: while there is time to
bring one again."""


def wanted_looks(session: Session, project: UUID) -> list[Wanted]:
    """Return the looks at what is stored of the sections that are being opened."""
    return [
        _look_after(project, section, after)
        for section in _under_way(session, project)
        if _manifests_open(session, project, section)
        for after, acts in LOOKS.items()
        if step(session, project, section, *acts) is not None
    ]


def _look_after(project: UUID, section: UUID, act: str) -> Wanted:
    return Wanted(LOOK, f"{section}:{act}", project)


def look_until(session: Session, project: UUID, section: UUID) -> datetime | None:
    """Return until when REVEAL waits for the look after UNLOCK; None before UNLOCK and once done.

    What is damaged then and not asked for could not be brought again any more.
    """
    unlocked = step(session, project, section, UNLOCK)
    if unlocked is None or is_done(session, _look_after(project, section, UNLOCK)):
        return None
    return unlocked.at + PATIENCE


def another_look(session: Session, project: UUID, section: UUID, now: datetime) -> list[Wanted]:
    """Return the look that is wanted where somebody comes upon a damaged object between the others.

    One after each asking and one an hour: whoever comes upon it again plans no second one. None
    where the section is not being opened, or its manifests are shut.
    """
    if section not in _under_way(session, project):
        return []
    if not _manifests_open(session, project, section):
        return []
    asked = len(every(session, project, section, ask.name))
    return [Wanted(LOOK, f"{section}:{asked}:{now:%Y-%m-%dT%H}", project)]


def _manifests_open(session: Session, project: UUID, section: UUID) -> bool:
    needed = roster_of(session, project).threshold
    return len(batches(session, project, section, Kind.NOTE)) >= needed


def losses(session: Session, project: UUID, now: datetime) -> list[Errand]:
    """Return the objects to be given up: their bidders' time is over, and no opening is paused."""
    return [
        Errand(lose, project, {"section": row.section, "bid": row.bid, "name": row.object})
        for row, end in _ends(session, project, now)
        if end <= now
    ]


def next_loss(session: Session, project: UUID, now: datetime) -> datetime | None:
    """Return when the next bidder's time to bring an object ends."""
    found = (end for _, end in _ends(session, project, now))
    return min((each for each in found if each > now), default=None)


def _ends(session: Session, project: UUID, now: datetime) -> list[tuple[Damage, datetime]]:
    """Return what is asked for and until when: read once for all that were asked for at once."""
    known: dict[tuple[UUID, datetime], datetime] = {}
    rows = _waiting(session, project)
    for row in rows:
        if (row.section, row.until) not in known:
            known[row.section, row.until] = ends(session, row, now)
    return [(row, known[row.section, row.until]) for row in rows]


def _waiting(session: Session, project: UUID) -> list[Damage]:
    return [
        row
        for section in _under_way(session, project)
        if paused(session, project, section) is None
        for row in waiting(session, project, section)
    ]


def _under_way(session: Session, project: UUID) -> list[UUID]:
    return [row.id for row in sections(session, project) if is_opening(session, project, row.id)]
