"""Complaints of trustees on record: who dealt or gave a share that is none, proven in public.

Others suffice as long as there are enough of them. Where the bidder dealt so badly that no quorum
could ever open its bid, that is its own fault, decided by what was fixed before the deadline; a
share that is complained of and is good counts as given.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.envelope.capsule import Gap, Kind
from bidding.envelope.document import EnvelopeError
from bidding.envelope.trustee.batch import CheckedBatch, Request
from bidding.envelope.trustee.complaint import judge
from bidding.hall.sitting import require_window
from bidding.hall.stage import SEALS, required
from bidding.terms import roster_of
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid
from monitor.role import Role
from trading.notice.moment import required_project

RULE = "batong-bid/1 complaint"
COMPLAIN = "share.complain"


class Complaint(Recorded):
    """One trustee's complaint about one share; `gap` is what it proved, empty for a good share."""

    __tablename__ = "complaint_of_share"
    __table_args__ = (UniqueConstraint("project", "section", "subject", "seat"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    subject: Mapped[str]
    seat: Mapped[int]
    gap: Mapped[str]
    document: Mapped[bytes]


@action(COMPLAIN, by=(Role.TRUSTEE,))
def complain(act: Act, *, section: UUID, request: Request, document: bytes) -> str:
    """Take a trustee's proven complaint about its share; return the gap shown, "" for none.

    The record names the bid and whose fault it is: its dealer's, or the trustee's own. Raises
    WrongStage outside of a witnessed CLOSE to UNLOCK, Invalid for a complaint that proves nothing,
    Conflict for a second one of the seat.
    """
    project = required_project(act.project)
    closed = require_window(act.session, project, section)
    if request.kind is Kind.BID:
        required(act.session, project, section, *SEALS)
    try:
        verdict = judge(document, request)
    except EnvelopeError as error:
        raise Invalid("document", str(error), rule=RULE) from error
    act.require(
        request.close.digest == closed, Invalid("document", "不是本标段的 CLOSE / another CLOSE")
    )
    act.on_conflict(
        "complaint_of_share_project_section_subject_seat_key",
        lambda _: Conflict("该席位已就此投诉 / this seat has complained of it"),
    )
    row = Complaint(
        id=new_id(act.now),
        project=project,
        section=section,
        subject=verdict.subject,
        seat=verdict.seat.index,
        gap=verdict.gap.value if verdict.gap else "",
        document=document,
    )
    act.session.add(row)
    act.note(
        subject=verdict.subject,
        section=str(section),
        seat=verdict.seat.index,
        trustee=verdict.seat.name,
        digest=verdict.digest,
        shown=row.gap or "good_share",
        fault="dealer" if verdict.gap else "trustee",
    )
    return row.gap


def complaints(session: Session, project: UUID, section: UUID) -> list[Complaint]:
    """Return the complaints of a section, by subject and seat."""
    query = select(Complaint).where(Complaint.project == project, Complaint.section == section)
    return list(session.scalars(query.order_by(Complaint.subject, Complaint.seat)))


def good_shares(session: Session, project: UUID, section: UUID) -> dict[str, set[int]]:
    """Return the seats by subject whose share was complained of, and is good: as if given."""
    found: dict[str, set[int]] = {}
    for row in complaints(session, project, section):
        if not row.gap:
            found.setdefault(row.subject, set()).add(row.seat)
    return found


def told_batches(
    session: Session, project: UUID, section: UUID, request: Request
) -> list[CheckedBatch]:
    """Return the good shares that complaints told, as the batches that they should have been."""
    told = [row for row in complaints(session, project, section) if not row.gap]
    known = request.capsules() if told else {}
    verdicts = [judge(row.document, request) for row in told if row.subject in known]
    return [
        CheckedBatch(one.seat, one.digest, {one.subject: one.share}, {}, ()) for one in verdicts
    ]


def spoilt(session: Session, project: UUID, section: UUID) -> set[str]:
    """Return the subjects that no quorum can open, by proof of the shares that were dealt."""
    roster = roster_of(session, project)
    alone = {seat.index for seat in roster.seats if len(seat.devices) == 1}
    proven: dict[str, set[int]] = {}
    for row in complaints(session, project, section):
        # What is not sealed to one machine of a seat may be sealed to another.
        if row.gap and (row.gap != Gap.NOT_MINE or row.seat in alone):
            proven.setdefault(row.subject, set()).add(row.seat)
    most = len(roster.seats) - roster.threshold
    return {subject for subject, seats in proven.items() if len(seats) > most}
