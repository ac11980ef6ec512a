"""What falls due: the deposits that an award or a contract makes owed back.

Those acts cannot name them (a section may have 1,528), so the platform writes them down beside, in
portions; to the watch each stands for the act that made it due.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.moment import BODY, IS_DONE, done_at
from monitor.record.table import Opening, Record
from monitor.refusal import Conflict, WrongStage
from monitor.role import Role
from monitor.work.due import Wanted
from monitor.work.errand import Errand
from trading.award.award import award_of
from trading.fee.held import REFUND, at_award, at_contract
from trading.fee.refund import Refund
from trading.notice.moment import required_project
from trading.registration.project import found_project, rules_for, sections
from trading.registration.section import found_section

PORTION = 500
AWARD = "award.issue"
CAUSES = (AWARD, "contract.sign")
FALL_DUE = "deposit.fall_due"
PAYMENT = "payment"


@action(FALL_DUE, by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def fall_due(act: Act, *, section: UUID, cause: str) -> int:
    """Write down the next deposits that `cause` made owed back; return how many are left after.

    Raises WrongStage before that act, Conflict when none is left.
    """
    project = required_project(act.project)
    found_section(act.session, project, section)
    since = done_at(act.session, project, section, cause) if cause in CAUSES else None
    if since is None:
        raise WrongStage("该事项尚未办理 / that act is not done yet", field="cause")
    owed = _unnamed(act.session, project, section, cause, act.now)
    act.require(owed, Conflict("没有应退的保证金 / no deposit is left to return", field="cause"))
    act.note(
        subject=str(section),
        section=str(section),
        stands_for=cause,
        since=time_text(since),
        concerns=owed[:PORTION],
    )
    return max(0, len(owed) - PORTION)


def falling_due(session: Session, project: UUID, now: datetime) -> list[Errand]:
    """Return what award or contract made owed back and nobody has written down yet."""
    return [
        Errand(fall_due, project, {"section": row.id, "cause": cause})
        for row in sections(session, project)
        for cause in CAUSES
        if _binds(session, project, row.id, cause)
        if _unnamed(session, project, row.id, cause, now)
    ]


def wanted_payments(session: Session, project: UUID) -> list[Wanted]:
    """Return the refunds that the bank was told of and has not confirmed, a job each.

    One of a withdrawal is sealed: it would tell before CLOSE that somebody withdrew.
    """
    rows = session.execute(
        select(Refund.id, Refund.early)
        .where(Refund.project == project, Refund.instruction.is_not(None))
        .where(Refund.reference.is_(None))
        .order_by(Refund.id)
    )
    return [Wanted(PAYMENT, str(row.id), project, sealed=row.early) for row in rows]


def _binds(session: Session, project: UUID, section: UUID, cause: str) -> bool:
    """Tell whether the act was done and a rule makes it the beginning of a refund."""
    since = done_at(session, project, section, cause)
    if since is None:
        return False
    rules = rules_for(found_project(session, project), since)
    return len(rules.between(cause, REFUND)) > 0


def _unnamed(
    session: Session, project: UUID, section: UUID, cause: str, now: datetime
) -> list[str]:
    named = _named(session, project, section, cause)
    return [each for each in _owed(session, project, section, cause, now) if each not in named]


def _named(session: Session, project: UUID, section: UUID, cause: str) -> set[str]:
    """Return the deposits that were written down for that cause before."""
    rows = session.scalars(
        select(BODY["facts"]["concerns"])
        .join(Record, Record.id == Opening.record_id)
        .where(Record.chain == project, IS_DONE, BODY["action"].astext == FALL_DUE)
        .where(BODY["facts"]["section"].astext == str(section))
        .where(BODY["facts"]["stands_for"].astext == cause)
    )
    return {each for concerns in rows for each in concerns}


def _owed(session: Session, project: UUID, section: UUID, cause: str, now: datetime) -> list[str]:
    uscc = award_of(session, project, section).uscc
    if cause == AWARD:
        return at_award(session, project, section, uscc)
    return at_contract(session, project, section, uscc, now)
