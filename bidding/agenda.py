"""The agenda of one trade: what the platform itself has to do in it now, and when to look again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.attachment import wanted_attachments
from bidding.hall.due import (
    early_returns,
    failures,
    next_closing,
    wanted_names,
    wanted_sheets,
)
from bidding.hall.failure.due import losses, next_loss, wanted_looks
from bidding.hall.preparation.readiness import next_test, readiness_due
from bidding.hall.unattended import next_step_alone, steps_due, wanted_shows
from monitor.law.duty import Duty, next_turn, watch
from monitor.law.fact import facts_in
from monitor.law.rule import load
from monitor.law.watch import cards
from monitor.law.workday import ONE_DAY, local_date, midnight
from monitor.record.moment import acts
from monitor.record.suspension import ENDED, goes_on_in, standing_still
from monitor.refusal import NotFound
from monitor.work.due import Wanted
from monitor.work.errand import Errand
from trading.archive.filing import BAGS, wanted_bags
from trading.award.letter import wanted_letters
from trading.fee.due import PAYMENT, falling_due, wanted_payments
from trading.notice.message.message import MAIL, unsent, wanted_mail
from trading.notice.progress import stage_due
from trading.registration.project import found_project, is_rehearsal, trade_of
from trading.supervision.card.dossier import DOSSIER, wanted_dossiers
from trading.supervision.card.judging import judging_due
from trading.supervision.chase import chases_due, next_chase

JOBS = (
    wanted_names, wanted_looks, wanted_sheets, wanted_attachments, wanted_letters, wanted_bags,
    wanted_payments, wanted_mail, wanted_dossiers,
)  # fmt: skip

REHEARSED = (wanted_names, wanted_looks, wanted_sheets, wanted_attachments)
"""The jobs of a rehearsal: how it is opened."""
STANDSTILL_JOBS = frozenset({MAIL, DOSSIER})
"""Kinds of jobs that are done while a trade stands still."""
ENDED_JOBS = frozenset({BAGS, PAYMENT})
"""Kinds that are done besides in a trade that has ended."""


@dataclass(frozen=True, slots=True)
class Agenda:
    """Acts that are due, jobs that the record asks for, and the moment of the next turn."""

    errands: tuple[Errand, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    wake: datetime | None = None


def agenda(session: Session, project: UUID, now: datetime) -> Agenda:
    """Return what is due in a trade; nothing for a chain that is no trade's."""
    try:
        found = found_project(session, project)
        trade = trade_of(found)
    except NotFound:
        return Agenda()
    if is_rehearsal(found):
        return rehearsed(session, project, now)
    done = acts(session, project)
    facts = facts_in(done, project)
    standing = watch(load(), trade, facts, now)
    errands = [
        *failures(session, project),
        *losses(session, project, now),
        *steps_due(session, project, now),
        *early_returns(session, project),
        *readiness_due(session, project, now),
        *falling_due(session, project, now),
        *(Errand(step.action, project, {"owed": step.owed})
          for step in cards(session, project, trade, standing)),
        *stage_due(session, project, facts, now),
        *chases_due(session, project, now),
        *judging_due(session, project),
        *unsent(session, project, done, now),
    ]  # fmt: skip
    wanted = [each for find in JOBS for each in find(session, project)]
    wanted += wanted_shows(session, project, now)
    held = standing_still(session, project)
    if held is not None:
        errands = [each for each in errands if goes_on_in(held, each.action.name)]
        kinds = STANDSTILL_JOBS | ENDED_JOBS if held.cause == ENDED else STANDSTILL_JOBS
        wanted = [each for each in wanted if each.kind in kinds]
    wake = min(_turns(session, project, standing, now), default=None)
    return Agenda(tuple(errands), tuple(wanted), wake)


def rehearsed(session: Session, project: UUID, now: datetime) -> Agenda:
    """Return what is due in a rehearsal: how it is opened, and nothing that counts or tells."""
    jobs = [each for find in REHEARSED for each in find(session, project)]
    jobs += wanted_shows(session, project, now)
    turns = (*_hall_turns(session, project, now), *next_test(session, project, now))
    wake = min((turn for turn in turns if turn is not None), default=None)
    errands = (
        *losses(session, project, now),
        *steps_due(session, project, now),
        *readiness_due(session, project, now),
    )
    return Agenda(errands, tuple(jobs), wake)


def _hall_turns(session: Session, project: UUID, now: datetime) -> list[datetime | None]:
    return [
        next_closing(session, project, now),
        next_loss(session, project, now),
        next_step_alone(session, project, now),
    ]


def _turns(
    session: Session, project: UUID, standing: list[Duty], now: datetime
) -> Iterator[datetime]:
    turns = (*_hall_turns(session, project, now), next_turn(standing, now))
    if standing_still(session, project) is not None:
        yield midnight(local_date(now) + ONE_DAY)  # what is owed is counted anew, a day longer
    for turn in (*turns, *next_chase(session, project, now), *next_test(session, project, now)):
        if turn is not None:
            yield turn
