"""Filing and withdrawing a complaint: who may, of what, until when, and after which objection.

Before CLOSE it is filed under the pseudonym, after it under the complainant's own name
(招标投标法 22). What comes too late by any reading of the law is refused; what remains to judge
of it is the department's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.clock import time_text
from monitor.law.duty import INSTANT
from monitor.law.limit import reckon
from monitor.law.rule import Bound, Enforcement, Rule
from monitor.law.workday import ONE_DAY, local_date
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.refusal import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    TooEarly,
    TooLate,
    WrongStage,
)
from monitor.role import Actor, Role
from trading.award.limit import limits
from trading.award.objection import Objection, objections
from trading.desk.body import bodies
from trading.notice.moment import is_closed
from trading.notice.participation import Participant, joined, masked
from trading.registration.party import found_organisation
from trading.registration.project import Project, found_project
from trading.supervision.complaint.complaint import Complaint, Matter, State, ground_of
from trading.supervision.wording import digest_of, worded

MAX_TEXT, MAX_NAME = 5_000, 200
KNOWN, ANSWERED, FILED = "grievance.known", "objection.answer", "complaint.file"
TWICE = "complaint_ground_key"


@dataclass(frozen=True, slots=True)
class Writing:
    """What a complaint must hold (招标投标法实施条例 60; 政府采购质疑和投诉办法 18).

    Who is complained of, the facts, what is asked for, proof and law; and, of another interested
    party than a bidder, its interest.
    """

    respondent: str
    told: str
    request: str
    basis: str
    interest: str = ""

    def checked(self) -> dict[str, str | None]:
        """Return each part as it is kept; raises Invalid naming the one that lacks."""
        parts = {name: worded(name, getattr(self, name), most) for name, most in PARTS.items()}
        if len(self.interest.strip()) > MAX_TEXT:
            raise Invalid("interest", f"至多{MAX_TEXT}字 / {MAX_TEXT} characters at most")
        return {**parts, "interest": self.interest.strip() or None}


PARTS = {"respondent": MAX_NAME, "told": MAX_TEXT, "request": MAX_TEXT, "basis": MAX_TEXT}


@action(FILED, by=(Role.TENDERER,), visibility=Visibility.SECRET)
def file(
    act: Act,
    *,
    matter: Matter,
    writing: Writing,
    objection: UUID | None = None,
    known: datetime | None = None,
    department: UUID | None = None,
) -> UUID:
    """Bring a complaint to the competent department; return its id.

    objection: the complainant's own, where there was one. known: since when the grievance is known,
    at the latest when it was objected to. department: where several are competent. Raises
    NotAllowed, NotFound, TooEarly, TooLate, WrongStage, Invalid; Conflict for the same once more.
    """
    project, of = found_project(act.session, act.project), Matter(matter)
    _require_part(act, project.id, of, writing.interest)
    after = _objected(act, project.id, of, objection)
    since = _known(act, after, known)
    _require_in_time(act, after, since)
    about = (
        (str(after.id),) if after else (act.actor.mask or str(act.actor.org), writing.told.strip())
    )
    act.on_conflict(TWICE, lambda _: Conflict("已就此投诉 / complained of already"))
    row = Complaint(
        id=secret_id(), project=project.id, addressed=_department(act, project, department),
        mask=act.actor.mask, org=None if act.actor.mask else act.actor.org, matter=of.value,
        objection=after.id if after else None, ground=ground_of(*about),
        **writing.checked(),
        known_at=since, filed_at=act.now, state=State.FILED.value,
    )  # fmt: skip
    act.session.add(row)
    act.note(
        subject=str(row.id), case=str(row.id), complaint=str(row.id), matter=row.matter,
        objection_before=str(row.objection or ""), known=time_text(since),
        text=digest_of("\0".join((row.respondent, row.told, row.request, row.basis))),
        addressee=str(row.addressed), addressee_role=Role.DEPARTMENT.value,
    )  # fmt: skip
    return row.id


@action("complaint.withdraw", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def withdraw(act: Act, *, complaint: UUID, reason: str) -> None:
    """Take one's own complaint back while it is not decided; the same is not filed again.

    Raises NotFound for another's, WrongStage for one that has ended, Invalid.
    """
    row = act.session.get(Complaint, complaint, with_for_update=True)
    if row is None or row.project != act.project or not _is_own(act.session, act.actor, row):
        raise NotFound("没有此投诉 / no such complaint", field="complaint")
    act.require(row.is_open, WrongStage("投诉已办结 / the complaint has ended", field="complaint"))
    row.state, row.ended_at = State.WITHDRAWN.value, act.now
    row.reply = worded("reason", reason, MAX_TEXT)
    act.note(
        subject=str(row.id), case=str(row.id), complaint=str(row.id), reason=digest_of(row.reply),
        addressee=str(row.addressed), addressee_role=Role.DEPARTMENT.value,
    )  # fmt: skip


def _require_part(act: Act, project: UUID, matter: Matter, interest: str) -> None:
    """Refuse who has no part in the trade; another interested party says what its interest is."""
    if not is_closed(act.session, project):
        joined(act.session, project, masked(act))
        return
    act.require(
        act.actor.mask is None,
        NotAllowed("截止后以本单位名义提出 / under one's own name after CLOSE"),
    )
    interested = matter is Matter.OTHER and interest.strip()
    act.require(
        interested or _masks(act.session, act.actor, project),
        NotAllowed(
            "不是本项目投标人；其他利害关系人须说明利害关系，且只就其他事项 / "
            "not a bidder of this trade; another interested party states its interest",
            rule="招标投标法 65",
        ),
    )


def _masks(session: Session, actor: Actor, project: UUID) -> list[str]:
    """Return the pseudonyms that the trustees found to be the acting organisation's own."""
    unit = found_organisation(session, actor.org)
    query = select(Participant.mask).where(Participant.project == project)
    return list(session.scalars(query.where(Participant.uscc == unit.uscc)))


def _is_own(session: Session, actor: Actor, row: Complaint | Objection) -> bool:
    if actor.mask is not None:
        return row.mask == actor.mask
    return row.org == actor.org or row.mask in _masks(session, actor, row.project)


def own_objections(session: Session, actor: Actor, project: UUID) -> list[Objection]:
    """Return the objections that a tenderer may complain after: its own, in order of filing."""
    return [row for row in objections(session, project) if _is_own(session, actor, row)]


def _objected(act: Act, project: UUID, matter: Matter, objection: UUID | None) -> Objection | None:
    """Return the complainant's own objection to that matter, which the law may ask for first."""
    if objection is not None:
        row = act.session.get(Objection, objection)
        if (
            row is None
            or (row.project, row.kind) != (project, matter.value)
            or not _is_own(act.session, act.actor, row)
        ):
            raise NotFound("没有本单位就此提出的异议（质疑） / no such objection of your own",
                           field="objection")  # fmt: skip
        return row
    # 条例 60 asks for one where an objection could be made, 采法 55 and 采条 55 always.
    known, answered = limits(act, KNOWN, FILED).rows, limits(act, ANSWERED, FILED).rows
    act.require(
        matter is Matter.OTHER and (known or not answered),
        WrongStage(
            "应当先提出异议（质疑），再投诉 / an objection comes before a complaint",
            field="objection", rule=next((rule.basis for rule in (*known, *answered)), ""),
        ),
    )  # fmt: skip
    return None


def _known(act: Act, after: Objection | None, known: datetime | None) -> datetime:
    """Return since when the grievance was known: no later than it was objected to."""
    latest = after.filed_at if after else act.now
    if known is None and after is None:
        raise Invalid("known", "请填写知道之日 / say when it became known",
                      rule="招标投标法实施条例 60")  # fmt: skip
    act.require(
        known is None or known <= latest,
        Invalid("known", "不得晚于提出异议或现在 / not after the objection, nor after now"),
    )
    return known or latest


def _require_in_time(act: Act, after: Objection | None, known: datetime) -> None:
    """Refuse what comes before the answer's time is over, and what comes too late."""
    over = _answer_over(act, after) if after else known
    if after is not None and after.answered_at is None:
        act.require(
            act.now > over + INSTANT,
            TooEarly(
                f"异议（质疑）答复期至{time_text(over + INSTANT)}，其后可以投诉"
                " / not before the time to answer the objection is over",
                field="objection",
            ),
        )
    paused = _days(after.filed_at, after.answered_at or over) if after else frozenset()
    for rule in limits(act, KNOWN, FILED):
        _refuse_late(act, rule, known, paused)
    if after is not None:
        start = max(over, after.answered_at or over)
        for rule in limits(act, ANSWERED, FILED):
            _refuse_late(act, rule, start, frozenset())


def _answer_over(act: Act, after: Objection) -> datetime:
    """Return the last moment to answer an objection; where no time is set, when it was filed."""
    ends = [
        reckon(rule, after.filed_at).at - INSTANT
        for rule in limits(act, "objection.file", ANSWERED)
    ]
    return max(ends, default=after.filed_at)


def _days(since: datetime, until: datetime) -> frozenset[date]:
    """Return the days of an objection's answering, the first and the last among them."""
    first, last = local_date(since), local_date(until)
    return frozenset(first + ONE_DAY * day for day in range((last - first).days + 1))


def _refuse_late(act: Act, rule: Rule, since: datetime, paused: frozenset[date]) -> None:
    if (rule.bound, rule.enforcement) != (Bound.AT_MOST, Enforcement.BLOCK):
        return
    limit = reckon(rule, since, paused)
    act.require(
        act.now <= limit.at or limit.provisional,
        TooLate(
            f"{rule.zh}（{rule.basis}），至{time_text(limit.at)}止 / {rule.en}",
            rule=rule.basis, field="known",
        ),
    )  # fmt: skip


def _department(act: Act, project: Project, wanted: UUID | None) -> UUID:
    there = bodies(act.session, Role.DEPARTMENT, act.now, project.category)
    chosen = [each.id for each in there if wanted in (None, each.id)]
    if len(chosen) != 1:
        raise Invalid(
            "department",
            "请选择该类交易的监督部门 / choose a department competent for the category",
            rule="招标投标法实施条例 4、60",
        )  # fmt: skip
    return chosen[0]
