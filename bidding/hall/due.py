"""What the opening hall owes by the facts: CLOSE at the deadline, failing for want of bidders,
the names behind pseudonyms once the trustees have answered, the deposit of who withdrew.

A late run keeps no door open: "closed" is derived from the deadline, an errand only writes it down.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bidding.arrival import unsettled
from bidding.envelope.capsule import Kind
from bidding.hall.ceremony import Notes, open_notes
from bidding.hall.close import PATIENCE, Closing, close, fail, falls_short
from bidding.hall.reveal import OpeningRecord
from bidding.hall.stage import step
from bidding.hall.trust import require_cosigned
from bidding.hall.unlock import batches
from bidding.submission import Bid, standing_bids
from bidding.submission import State as BidState
from bidding.terms import roster_of
from monitor.record.moment import done
from monitor.record.suspension import Suspension
from monitor.refusal import WrongStage
from monitor.work.due import Wanted
from monitor.work.errand import Errand
from trading.fee.deposit import Deposit
from trading.fee.deposit import State as DepositState
from trading.fee.deposit import identify as identify_payer
from trading.fee.refund import return_early
from trading.notice.document import TenderDocument, document_of
from trading.notice.moment import ENDED, is_closed
from trading.notice.participation import Participant, identify
from trading.registration.project import Section, sections
from trading.supervision.standstill.outage import covers

INSTANT = timedelta(microseconds=1)
IDENTIFY, SHEET = "identify", "sheet"


def closings(session: Session, now: datetime) -> list[Errand]:
    """Return the CLOSE of every section, of whatever trade, whose deadline has passed.

    While a bid that arrived in time is still being checked it is not due, for ten minutes at most.
    """
    rows = session.execute(
        select(TenderDocument.project, Section.id, TenderDocument.deadline)
        .join(Section, Section.project == TenderDocument.project)
        .where(TenderDocument.deadline < now)
        .where(~exists().where(Closing.section == Section.id))
        .where(~exists().where(covers(TenderDocument.deadline)))
        .where(~exists().where(Suspension.project == Section.project, Suspension.until.is_(None)))
        .order_by(TenderDocument.deadline, Section.number)
    )
    return [
        Errand(close, project, {"section": section})
        for project, section, end in rows
        if not done(session, project, None, ENDED)
        if now > end + PATIENCE or not unsettled(session, project, end)
    ]


def next_closing(session: Session, project: UUID, now: datetime) -> datetime | None:
    """Return the moment of a project's next CLOSE, if its deadline is still ahead."""
    document = document_of(session, project)
    if document is None or document.deadline < now:
        return None
    return document.deadline + INSTANT


def failures(session: Session, project: UUID) -> list[Errand]:
    """Return the sections that must not be opened, too few having bid (招标投标法实施条例 44).

    The law leaves nothing to decide, so nobody need declare it by hand; the tenderee may.
    """
    return [
        Errand(fail, project, {"section": section})
        for section in _closed(session, project)
        if step(session, project, section, "opening.fail") is None
        if falls_short(session, project, section)
    ]


def early_returns(session: Session, project: UUID) -> list[Errand]:
    """Return the deposits that go straight back before CLOSE: nobody may know whose they are.

    Those of who withdrew before the deadline (招标投标法实施条例 35), and all of a trade that its
    owner has ended (条例 31).
    """
    if is_closed(session, project):
        return []
    if done(session, project, None, ENDED):
        received = select(Deposit.id).where(
            Deposit.project == project, Deposit.state == DepositState.RECEIVED.value
        )
        found = session.scalars(received.order_by(Deposit.id))
        return [Errand(return_early, project, {"deposit": deposit}) for deposit in found]
    standing = select(Bid.mask).where(
        Bid.project == project,
        Bid.section == Deposit.section,
        Bid.state == BidState.RECEIVED.value,
    )
    withdrawn = exists().where(
        Bid.project == project,
        Bid.section == Deposit.section,
        Bid.mask == Deposit.mask,
        Bid.state == BidState.WITHDRAWN.value,
    )
    rows = session.scalars(
        select(Deposit.id)
        .where(Deposit.project == project, Deposit.state == DepositState.RECEIVED.value)
        .where(withdrawn, Deposit.mask.not_in(standing))
        .order_by(Deposit.id)
    )
    return [Errand(return_early, project, {"deposit": deposit}) for deposit in rows]


def wanted_names(session: Session, project: UUID) -> list[Wanted]:
    """Return the sections whose trustees have answered and whose bidders have no name yet.

    A job of its own for each further answer: the first three may leave one note shut.
    """
    return [
        Wanted(IDENTIFY, f"{section}:{answered}", project)
        for section in _closed(session, project)
        if _nameless(session, project, section)
        if (answered := _answered(session, project, section))
    ]


def wanted_sheets(session: Session, project: UUID) -> list[Wanted]:
    """Return the sections whose bids were read out: each asks for the record on paper."""
    query = select(OpeningRecord.section).where(OpeningRecord.project == project)
    return [Wanted(SHEET, str(section), project) for section in session.scalars(query)]


def names(session: Session, project: UUID, section: UUID) -> list[Errand]:
    """Open the notes and return who takes part and who paid, as far as it is not written down.

    Heavy: for a worker. Raises LookupError where a note stays shut, WrongStage before its time.
    """
    notes = open_notes(session, project, section)
    known = _known(session, project)
    found = [item for item in notes.bids if not item.fault]
    bidders = [
        Errand(
            identify,
            project,
            {"mask": item.bid.mask, "uscc": item.bidder.uscc, "name": item.bidder.name},
        )
        for item in found
        if item.bid.mask not in known
    ]
    masks = known | {item.bid.mask for item in found}
    return [*bidders, *_payers(session, project, section, notes, masks)]


def _payers(
    session: Session, project: UUID, section: UUID, notes: Notes, masks: set[str]
) -> Iterator[Errand]:
    for deposit in _unopened(session, project, section, masks):
        payer = notes.payers[deposit]
        told = {"deposit": deposit, "payer": payer.name, "payer_account": payer.account}
        yield Errand(identify_payer, project, told)


def _closed(session: Session, project: UUID) -> list[UUID]:
    """Return the sections that are closed and whose opening has not failed."""
    return [
        row.id
        for row in sections(session, project)
        if step(session, project, row.id, "opening.close") is not None
        if step(session, project, row.id, "opening.fail") is None
    ]


def _answered(session: Session, project: UUID, section: UUID) -> int:
    """Return how many trustees have answered, once they are a quorum and all cosigned; 0 before."""
    taken = batches(session, project, section, Kind.NOTE)
    if len(taken) < roster_of(session, project).threshold:
        return 0
    try:
        for batch in taken:
            require_cosigned(session, batch.record, f"席位 {batch.seat}")
    except WrongStage:
        return 0
    return len(taken)


def _nameless(session: Session, project: UUID, section: UUID) -> bool:
    known = _known(session, project)
    bids = standing_bids(session, project, section)
    return any(bid.mask not in known for bid in bids) or bool(
        _unopened(session, project, section, known)
    )


def _known(session: Session, project: UUID) -> set[str]:
    return set(session.scalars(select(Participant.mask).where(Participant.project == project)))


def _unopened(session: Session, project: UUID, section: UUID, masks: set[str]) -> list[UUID]:
    """Return the deposits of known bidders whose payer has not been opened."""
    return list(
        session.scalars(
            select(Deposit.id)
            .where(Deposit.project == project, Deposit.section == section)
            .where(Deposit.mask.in_(masks), Deposit.sealed_payer.is_not(None))
            .where(Deposit.payer.is_(None))
            .order_by(Deposit.id)
        )
    )
