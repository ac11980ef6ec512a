"""Lost deadlines: a bid deadline inside an outage, and the time that an opening lost to one.

Nothing is closed at such a deadline. With the tenderee's consent on file the platform moves it by
the rule, in public; without, it suspends the trade and proposes the new time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.law.rule import load
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.suspension import standing_still
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotAllowed, NotFound, WrongStage
from monitor.role import Role
from monitor.work.errand import Errand
from trading.notice.document import TenderDocument, document_of
from trading.notice.moment import is_closed, required_project
from trading.supervision.standstill.outage import Outage, Source, covers, lost_in
from trading.supervision.standstill.suspension import OUTAGE, begin, end, required_suspension
from trading.supervision.wording import worded

DEADLINE, OPENING = "all.outage_deadline", "all.outage_opening"
MAX_CLAUSE = 1_000


class OutageConsent(Recorded):
    """A tenderee's consent, on the clause of its documents, that the platform moves a deadline."""

    __tablename__ = "outage_consent"
    __table_args__ = (UniqueConstraint("project"),)
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    org: Mapped[UUID]
    clause: Mapped[str]
    given_at: Mapped[datetime]


@action("outage.consent", by=(Role.TENDEREE,))
def consent(act: Act, *, clause: str) -> None:
    """Consent that a deadline lost in an outage is moved by the rule; clause: of the documents.

    Raises WrongStage after CLOSE, Conflict the second time, Invalid.
    """
    project = required_project(act.project)
    act.require(
        not is_closed(act.session, project), WrongStage("投标已截止 / the tender is closed")
    )
    act.on_conflict("outage_consent_project_key", lambda _: Conflict("已同意 / consented already"))
    row = OutageConsent(
        id=new_id(act.now), project=project, org=act.actor.org,
        clause=worded("clause", clause, MAX_CLAUSE), given_at=act.now,
    )  # fmt: skip
    act.session.add(row)
    act.note(subject=str(project), clause=row.clause, hours=load()[DEADLINE].number)


@action("outage.move", by=(Role.SYSTEM,))
def move(act: Act) -> datetime:
    """Move a deadline that was lost in an outage, by rule and consent; return the new one.

    Raises NotFound where none was lost, NotAllowed without consent.
    """
    project, found = _lost(act)
    act.require(
        consented(act.session, project),
        NotAllowed("招标人未同意顺延 / the owner has not consented", rule=DEADLINE),
    )
    return _moved(act, project, proposed(found), found)


@action("outage.suspend", by=(Role.SYSTEM,))
def suspend(act: Act) -> datetime:
    """Suspend a trade whose deadline was lost and that nobody consented for; return the proposal.

    Raises NotFound where none was lost, Conflict where it stands still already.
    """
    project, found = _lost(act)
    act.require(
        standing_still(act.session, project) is None and not consented(act.session, project),
        Conflict("已暂停或已同意顺延 / suspended, or consented to"),
    )
    rule, told = load()[DEADLINE], proposed(found)
    row = begin(act, project, OUTAGE, rule.basis, f"{rule.zh} / {rule.en}")
    act.note(
        subject=str(project), outage=str(found.id), suspension=str(row.id),
        proposed=time_text(told),
    )  # fmt: skip
    act.used_rule(rule.id, load().version)
    return told


@action("outage.agree", by=(Role.TENDEREE,))
def agree(act: Act) -> datetime:
    """Agree to the deadline that the platform proposes, never less than the rule's time from now.

    The trade goes on. Raises NotFound where nothing was proposed.
    """
    project, found = _lost(act)
    held = required_suspension(act.session, project)
    act.require(held.cause == OUTAGE, NotFound("没有待同意的顺延 / nothing was proposed"))
    end(act, held, "招标人同意顺延 / the owner agrees")
    return _moved(act, project, max(proposed(found), act.now + _after(DEADLINE)), found)


def proposed(outage: Outage) -> datetime:
    """Return the deadline that the rule gives after an outage."""
    return outage.until + _after(DEADLINE)


def outages_due(session: Session) -> list[Errand]:
    """Return what is to be done for deadlines that were lost and not dealt with yet."""
    rows = session.scalars(
        select(TenderDocument.project)
        .where(exists().where(covers(TenderDocument.deadline)))
        .order_by(TenderDocument.deadline)
    )
    open_ = [each for each in rows if not is_closed(session, each)]
    return [
        Errand(move if consented(session, each) else suspend, each)
        for each in open_
        if standing_still(session, each) is None
    ]


def opening_until(session: Session, since: datetime, until: datetime) -> datetime:
    """Return until when an opening waits for its bidders: an outage in that time gives more."""
    rows = session.scalars(
        select(Outage.until).where(
            Outage.source == Source.PLATFORM.value, Outage.since <= until, Outage.until >= since
        )
    )
    return max([until, *(each + _after(OPENING) for each in rows)])


def consented(session: Session, project: UUID) -> bool:
    """Tell whether the tenderee's consent is on file."""
    query = select(OutageConsent.id).where(OutageConsent.project == project)
    return session.scalar(query) is not None


def _after(rule: str) -> timedelta:
    return timedelta(hours=load()[rule].number)


def _lost(act: Act) -> tuple[UUID, Outage]:
    project = required_project(act.project)
    document = document_of(act.session, project)
    found = lost_in(act.session, document.deadline) if document else None
    if found is None or is_closed(act.session, project):
        raise NotFound("截止时间不在系统故障期间 / no deadline was lost", field="project")
    return project, found


def _moved(act: Act, project: UUID, deadline: datetime, outage: Outage) -> datetime:
    document = document_of(act.session, project)
    assert document is not None  # noqa: S101 - _lost found one
    act.note(
        subject=str(project), outage=str(outage.id), deadline_before=time_text(document.deadline),
        deadline_after=time_text(deadline),
    )  # fmt: skip
    act.used_rule(DEADLINE, load().version)
    document.deadline = deadline
    return deadline
