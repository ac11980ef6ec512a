"""The agenda of one trade: what the platform itself has to do in it now, and when to look again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.hall.due import (
    early_returns,
    failures,
    next_closing,
    wanted_names,
    wanted_sheets,
)
from monitor.law.duty import Duty, next_turn, watch
from monitor.law.rule import load
from monitor.law.watch import cards, facts_in
from monitor.record.moment import acts
from monitor.refusal import NotFound
from monitor.work.due import Wanted
from monitor.work.errand import Errand
from trading.archive.filing import wanted_bags
from trading.award.letter import wanted_letters
from trading.fee.due import falling_due, wanted_payments
from trading.notice.message.message import unsent, wanted_mail
from trading.notice.progress import stage_due
from trading.registration.project import found_project, trade_of

JOBS = (
    wanted_names, wanted_sheets, wanted_letters, wanted_bags, wanted_payments, wanted_mail,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Agenda:
    """Acts that are due, jobs that the record asks for, and the moment of the next turn."""

    errands: tuple[Errand, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    wake: datetime | None = None


def agenda(session: Session, project: UUID, now: datetime) -> Agenda:
    """Return what is due in a trade; nothing for a chain that is no trade's."""
    try:
        trade = trade_of(found_project(session, project))
    except NotFound:
        return Agenda()
    done = acts(session, project)
    facts = facts_in(done, project)
    standing = watch(load(), trade, facts, now)
    errands = [
        *failures(session, project),
        *early_returns(session, project),
        *falling_due(session, project, now),
        *(Errand(step.action, project, {"owed": step.owed})
          for step in cards(session, project, trade, standing)),
        *stage_due(session, project, facts, now),
        *unsent(session, project, done, now),
    ]  # fmt: skip
    wanted = [each for find in JOBS for each in find(session, project)]
    wake = min(_turns(session, project, standing, now), default=None)
    return Agenda(tuple(errands), tuple(wanted), wake)


def _turns(
    session: Session, project: UUID, standing: list[Duty], now: datetime
) -> Iterator[datetime]:
    for turn in (next_closing(session, project, now), next_turn(standing, now)):
        if turn is not None:
            yield turn
