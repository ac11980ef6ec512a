"""Suspend and resume 暂停、恢复: by the competent department of that trade category alone.

Time stands still with the trade: on resuming, each moment that lay ahead when it was suspended
(bid deadline, end of supply, end of publicity) comes later by as long as the trade stood still.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.moment import last
from monitor.record.standing import Appointment
from monitor.record.suspension import ENDED, RESUME, SUSPEND, Suspension, standing_still
from monitor.refusal import Conflict, NotAllowed, NotFound, TooEarly, WrongStage
from monitor.role import Role
from trading.award.candidate import Publicity
from trading.notice.document import document_of
from trading.notice.moment import require_unarchived
from trading.registration.project import Project, found_project
from trading.supervision.complaint.complaint import taken_up
from trading.supervision.wording import worded

MAX_REASON, MAX_ARTICLE = 2_000, 100
ORDER, OUTAGE = "order", "outage"


@action(SUSPEND, by=(Role.DEPARTMENT,))
def suspend(act: Act, *, article: str, reason: str, complaint: UUID | None = None) -> UUID:
    """Suspend a trade at once, with article and reason, both public; return the suspension's id.

    `complaint`: the one that is dealt with meanwhile (招标投标法实施条例 62, 政府采购法 57). Raises
    NotAllowed for another category's department, WrongStage once its file is closed, Conflict while
    it is suspended, NotFound and WrongStage for a complaint that it has not taken up, Invalid.
    """
    project = found_project(act.session, act.project)
    require_competent(act, project)
    require_unarchived(act.session, project.id)
    act.require(
        standing_still(act.session, project.id) is None,
        Conflict("本项目已暂停 / the trade is suspended already", field="project"),
    )
    row = begin(act, project.id, ORDER, worded("article", article, MAX_ARTICLE),
                worded("reason", reason, MAX_REASON))  # fmt: skip
    act.note(
        subject=str(project.id), suspension=str(row.id), article=row.article, reason=row.reason
    )
    if complaint is not None:
        act.note(complaint=str(taken_up(act, complaint).id))
    return row.id


@action(RESUME, by=(Role.DEPARTMENT,))
def resume(act: Act, *, reason: str, deadline: datetime | None = None) -> datetime | None:
    """Let a trade go on, with the reason; return the bid deadline that now holds, if one does.

    deadline: a later one than the time that the trade stood still gives. Raises NotAllowed,
    NotFound where nothing is suspended, TooEarly for a deadline before that.
    """
    project = found_project(act.session, act.project)
    require_competent(act, project)
    held = required_suspension(act.session, project.id)
    act.require(
        held.cause != ENDED,
        WrongStage("招标人已终止本项目 / the owner has ended this trade", rule=held.article),
    )
    act.require(
        held.cause == ORDER,
        Conflict(
            "因系统故障暂停的，由招标人同意顺延后恢复 / the owner agrees first",
            rule=held.article,
        ),
    )
    told = worded("reason", reason, MAX_REASON)
    act.note(subject=str(project.id), suspension=str(held.id), reason=told, **_dealt_with(act))
    moved = later(act, project.id, held, deadline)
    end(act, held, told)
    return moved


def _dealt_with(act: Act) -> dict[str, str]:
    """Return the complaint for which the trade stands still, if it is for one."""
    since = last(act.session, found_project(act.session, act.project).id, None, SUSPEND)
    found = since.body["facts"].get("complaint") if since else None
    return {"complaint": str(found)} if found else {}


def begin(act: Act, project: UUID, cause: str, article: str, reason: str) -> Suspension:
    """Write down that a trade stands still from now on."""
    row = Suspension(
        id=new_id(act.now), project=project, org=act.actor.org, cause=cause, article=article,
        reason=reason, since=act.now, lifted=None, until=None,
    )  # fmt: skip
    act.session.add(row)
    return row


def end(act: Act, held: Suspension, reason: str) -> None:
    """Write down that a trade goes on."""
    held.until, held.lifted = act.now, reason


def later(
    act: Act, project: UUID, held: Suspension, deadline: datetime | None = None
) -> datetime | None:
    """Move what lay ahead by as long as the trade stood still, the deadline no less than that.

    Return the bid deadline if it was moved. Raises TooEarly, naming the earliest.
    """
    stood = act.now - held.since
    document = document_of(act.session, project)
    _publicity_later(act, project, held.since, stood)
    if document is None or document.deadline < held.since:
        return None
    least = document.deadline + stood
    act.require(
        deadline is None or deadline >= least,
        TooEarly(f"截止时间不得早于{time_text(least)} / not before the time that was lost",
                 field="deadline"),
    )  # fmt: skip
    act.note(deadline_before=time_text(document.deadline))
    if document.supply_until >= held.since:
        document.supply_until += stood
    document.deadline = deadline or least
    act.note(deadline_after=time_text(document.deadline))
    return document.deadline


def _publicity_later(act: Act, project: UUID, since: datetime, stood: timedelta) -> None:
    rows = act.session.scalars(
        select(Publicity).where(Publicity.project == project, Publicity.ends_at >= since)
    )
    ends = {}
    for row in rows:
        row.ends_at += stood
        ends[str(row.section)] = time_text(row.ends_at)
    if ends:
        act.note(publicity_after=ends)


def required_suspension(session: Session, project: UUID) -> Suspension:
    """Return the suspension that holds; raises NotFound."""
    held = standing_still(session, project)
    if held is None:
        raise NotFound("本项目未暂停 / the trade is not suspended", field="project")
    return held


def require_competent(act: Act, project: Project) -> None:
    """Refuse a department that is not competent for the trade's category; raises NotAllowed."""
    act.require(
        is_competent(act, project),
        NotAllowed(
            "只有该类交易的行政监督部门可以暂停和恢复 / "
            "only the competent department of that category suspends and resumes",
            rule="招标投标法实施条例 62",
        ),
    )


def is_competent(act: Act, project: Project) -> bool:
    """Tell whether whoever acts holds the office of that department for the trade's category."""
    found = act.session.scalar(
        select(Appointment.id)
        .where(Appointment.person == act.actor.person, Appointment.org == act.actor.org)
        .where(Appointment.role == Role.DEPARTMENT.value, Appointment.since <= act.now)
        .where((Appointment.until.is_(None)) | (Appointment.until > act.now))
        .where(Appointment.category == project.category)
        .limit(1)
    )
    return found is not None
