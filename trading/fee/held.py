"""Whose deposits an act makes due, as the watch wants them named: `concerns=["deposit:…"]`.

Works: all at the contract (条例 57). Procurement: losers at the award, the winner at the contract
(采条 33). Withdrawn in time: its own (条例 35). Which of these binds is the rules' to say.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from trading.fee.deposit import Deposit, State
from trading.notice.participation import Participant
from trading.registration.project import found_project, rules_for

REFUND = "deposit.confirm_refund"
STANDING = (State.RECEIVED.value, State.ORDERED.value, State.APPROVED.value)


def at_withdrawal(session: Session, project: UUID, section: UUID, mask: str) -> list[str]:
    """Name the deposit of a pseudonym that withdraws, if it paid one."""
    return _named(session, _held(project, section).where(Deposit.mask == mask))


def at_award(session: Session, project: UUID, section: UUID, uscc: str) -> list[str]:
    """Name the deposits of all but the winner, known by its credit code."""
    return _named(
        session, _held(project, section).where(Deposit.mask.not_in(_masks(project, uscc)))
    )


def at_contract(
    session: Session, project: UUID, section: UUID, uscc: str, now: datetime
) -> list[str]:
    """Name the deposits due at the contract: the winner's alone where losers' were due before."""
    held = _held(project, section)
    rules = rules_for(found_project(session, project), now)
    if len(rules.between("award.issue", REFUND)):
        held = held.where(Deposit.mask.in_(_masks(project, uscc)))
    return _named(session, held)


def _held(project: UUID, section: UUID) -> Select[UUID]:
    return (
        select(Deposit.id)
        .where(Deposit.project == project, Deposit.section == section)
        .where(Deposit.state.in_(STANDING))
        .order_by(Deposit.id)
    )


def _masks(project: UUID, uscc: str) -> Select[str]:
    return select(Participant.mask).where(
        and_(Participant.project == project, Participant.uscc == uscc)
    )


def _named(session: Session, query: Select[UUID]) -> list[str]:
    return [f"deposit:{found}" for found in session.scalars(query)]
