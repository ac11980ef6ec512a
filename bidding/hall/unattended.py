"""An opening that nobody hosts goes on of itself: the seal check lapses, UNLOCK, REVEAL.

Each step waits for its host first. What needs a reason (a bid that stays shut), and the end of the
sitting, is left to people; who wants the opening to wait pauses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bidding.envelope.capsule import Kind
from bidding.hall.close import falls_short
from bidding.hall.failure.damage import waiting
from bidding.hall.failure.due import look_until
from bidding.hall.seal import LAPSE, lapse_seals, lapses_at
from bidding.hall.sitting import paused, stood, unanswered
from bidding.hall.stage import SEALS, is_opening, step
from bidding.hall.trust import is_cosigned
from bidding.hall.unlock import Release, batches, unlock, ways_to_open
from bidding.terms import roster_of
from monitor.record.action import Action
from monitor.record.identity import instant_of
from monitor.record.moment import Done
from monitor.record.suspension import stood_still
from monitor.work.due import Wanted
from monitor.work.errand import Errand
from trading.registration.project import sections

HOST = timedelta(minutes=3)
"""How long a step waits for its host: our own figure; no rule names one."""
SHOW = "show"
UNLOCK, REVEAL = "opening.unlock", "opening.reveal"
ERRANDS: dict[str, Action[Any, Any]] = {LAPSE: lapse_seals, UNLOCK: unlock}


@dataclass(frozen=True, slots=True)
class Turn:
    """What the platform does next in a section's opening if nobody else does, and when."""

    section: UUID
    action: str
    at: datetime


def steps_due(session: Session, project: UUID, now: datetime) -> list[Errand]:
    """Return the seal checks and UNLOCKs whose hosts have had their time."""
    return [
        Errand(ERRANDS[turn.action], project, {"section": turn.section})
        for turn in _turns(session, project, now)
        if turn.at <= now and turn.action in ERRANDS
    ]


def wanted_shows(session: Session, project: UUID, now: datetime) -> list[Wanted]:
    """Return the sections to be revealed by a worker, since every letter is opened for it."""
    return [
        Wanted(SHOW, str(turn.section), project)
        for turn in _turns(session, project, now)
        if turn.at <= now and turn.action == REVEAL
    ]


def next_step_alone(session: Session, project: UUID, now: datetime) -> datetime | None:
    """Return when the next of these steps is due."""
    ahead = (turn.at for turn in _turns(session, project, now))
    return min((at for at in ahead if at > now), default=None)


def turn_of(session: Session, project: UUID, section: UUID, now: datetime) -> Turn | None:
    """Return the platform's next step in a section; None where it waits for somebody else."""
    if not is_opening(session, project, section) or falls_short(session, project, section):
        return None
    if paused(session, project, section):
        return None
    unlocked = step(session, project, section, UNLOCK)
    if unlocked is not None:
        return _reveal(session, project, section, unlocked, now)
    checked = step(session, project, section, *SEALS)
    if checked is not None:
        return _unlock(session, project, section, checked, now)
    return _seals(session, project, section, now)


def _turns(session: Session, project: UUID, now: datetime) -> list[Turn]:
    found = (turn_of(session, project, row.id, now) for row in sections(session, project))
    return [turn for turn in found if turn is not None]


def _seals(session: Session, project: UUID, section: UUID, now: datetime) -> Turn | None:
    """The check lapses once the names are open; an objection that waits holds it."""
    answers = batches(session, project, section, Kind.NOTE)
    if len(answers) < roster_of(session, project).threshold or unanswered(session, project):
        return None
    return Turn(section, LAPSE, lapses_at(session, project, section, now))


def _unlock(
    session: Session, project: UUID, section: UUID, checked: Done, now: datetime
) -> Turn | None:
    if None in ways_to_open(session, project, section).values():
        return None
    taken = batches(session, project, section)
    if not all(is_cosigned(session, each.record) for each in taken):
        return None
    query = select(Release.id).where(Release.project == project, Release.section == section)
    given = [*session.scalars(query), *(each.id for each in taken)]
    since = max((instant_of(each) for each in given), default=checked.at)
    return Turn(section, UNLOCK, _after(session, project, section, max(since, checked.at), now))


def _reveal(
    session: Session, project: UUID, section: UUID, unlocked: Done, now: datetime
) -> Turn | None:
    if not is_cosigned(session, unlocked.record) or waiting(session, project, section):
        return None
    due = _after(session, project, section, unlocked.at, now)
    if due <= now:  # a look that ends before that is not heard of: nothing of the trade moves
        due = look_until(session, project, section) or due
    return Turn(section, REVEAL, due)


def _after(
    session: Session, project: UUID, section: UUID, since: datetime, now: datetime
) -> datetime:
    """Return when the host has had its time; what stood still does not count."""
    still = stood_still(session, project, since)
    return since + HOST + still + stood(session, project, section, since, now)
