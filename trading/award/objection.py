"""Objections (异议, in procurement 质疑): filed and answered here; a halt until then.

To the documents: under a pseudonym, before CLOSE. To the opening and to the result: by a bidder.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.duty import STANDSTILLS
from monitor.law.limit import kept
from monitor.record import moment
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotAllowed, NotFound, TooLate, WrongStage
from monitor.role import Role
from trading.award.limit import limits
from trading.notice.moment import (
    done_at,
    last_at,
    require_closed,
    require_open,
    required_project,
)
from trading.notice.participation import Participant, joined, masked
from trading.notice.progress import deadline_of
from trading.registration.party import found_organisation
from trading.registration.project import sections

MAX_TEXT = 20_000
HALTS, RESUMES = zip(*STANDSTILLS, strict=True)
OPENING_OVER, OPENING_END = ("evaluation.start", "evaluation.report"), "opening.end"


class Kind(StrEnum):
    """What is objected to."""

    DOCUMENTS = "documents"
    OPENING = "opening"
    RESULT = "result"


class Outcome(StrEnum):
    """How it was answered."""

    UPHELD = "upheld"
    DISMISSED = "dismissed"


class Objection(Recorded):
    """One objection, by a pseudonym or an organisation, and its one answer."""

    __tablename__ = "objection"
    __table_args__ = (
        CheckConstraint("(mask IS NULL) <> (org IS NULL)", name="author"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answer"),
        CheckConstraint("(answered_at IS NULL) = (outcome IS NULL)", name="outcome"),
    )
    project: Mapped[UUID] = mapped_column(index=True)
    section: Mapped[UUID | None]
    kind: Mapped[str]
    mask: Mapped[str | None]
    org: Mapped[UUID | None]
    text: Mapped[str]
    suspends: Mapped[bool]
    filed_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    outcome: Mapped[str | None]


def file_objection(act: Act, kind: Kind, text: str, section: UUID | None = None) -> Objection:
    """Write an objection that was found to be in time, and what it halts."""
    objection = Objection(
        id=secret_id(),
        project=required_project(act.project),
        section=section,
        kind=kind.value,
        mask=act.actor.mask,
        org=act.actor.org if act.actor.mask is None else None,
        text=worded("text", text),
        # 条例 22, 54 halt a tender; a challenge in procurement does not by itself (采法 57).
        suspends=bool(limits(act, "objection.answer", "award.issue").rows),
        filed_at=act.now,
    )
    act.session.add(objection)
    act.note(
        subject=str(objection.id),
        objection=str(objection.id),
        kind=kind.value,
        text=hashlib.sha256(objection.text.encode()).hexdigest(),
        suspends=objection.suspends,
    )
    if section is not None:
        act.note(section=str(section))
    return objection


@action("objection.answer", by=(Role.TENDEREE, Role.AGENCY), visibility=Visibility.SECRET)
def answer(act: Act, *, objection: UUID, text: str, outcome: Outcome) -> None:
    """Answer an objection, once; the trade goes on when none is left. Raises NotFound, Invalid."""
    found = act.session.get(Objection, objection, with_for_update=True)
    if found is None or found.project != act.project:
        raise NotFound("没有此异议 / no such objection", field="objection")
    act.require(found.answered_at is None, WrongStage("已答复 / answered already"))
    found.answer, found.outcome = worded("text", text), Outcome(outcome).value
    found.answered_at = act.now
    act.note(
        subject=str(found.id),
        objection=str(found.id),
        outcome=found.outcome,
        text=hashlib.sha256(found.answer.encode()).hexdigest(),
    )


def is_suspended(session: Session, project: UUID) -> bool:
    """Tell whether the trade stands still: an objection without answer, or an order to halt."""
    if session.scalar(
        select(
            exists().where(
                Objection.project == project, Objection.suspends, Objection.answered_at.is_(None)
            )
        )
    ):
        return True
    halted, resumed = (last_at(session, project, *acts) for acts in (HALTS, RESUMES))
    return halted is not None and (resumed is None or resumed < halted)


def require_running(act: Act, project: UUID) -> None:
    """Refuse what may not be done while the trade stands still; raises WrongStage."""
    if is_suspended(act.session, project):
        raise WrongStage(
            "异议答复前或暂停期间不得办理 / the trade is suspended",
            rule="招标投标法实施条例 22、54",
        )


def require_documents_in_time(act: Act) -> None:
    """Refuse an objection to the documents that the law calls late; raises TooLate."""
    project = required_project(act.project)
    require_open(act.session, project)
    joined(act.session, project, masked(act))
    deadline = deadline_of(act.session, project)
    act.require(deadline, WrongStage("招标文件尚未发出 / no documents are out"))
    for rule in limits(act, "objection.file", "opening.close"):
        act.require(
            deadline and kept(rule, act.now, deadline),
            TooLate(f"{rule.zh}（{rule.basis}） / {rule.en}", rule=rule.basis),
        )


def require_opening_in_time(act: Act) -> None:
    """Refuse an objection to the opening once that of every section is over; raises TooLate."""
    project = required_project(act.project)
    require_bidder(act, project)
    over = done_at(act.session, project, *OPENING_OVER)
    ends = [
        moment.done_at(act.session, project, each.id, OPENING_END)
        for each in sections(act.session, project)
    ]
    act.require(
        over is None and not all(ends),
        TooLate(
            "对开标的异议应当在开标现场提出 / an objection to the opening is raised at the opening",
            rule="招标投标法实施条例 44",
        ),
    )


def require_bidder(act: Act, project: UUID) -> None:
    """Refuse anybody but an opened bidder under its own name; raises NotAllowed, WrongStage."""
    require_closed(act.session, project)
    act.require(
        act.actor.mask is None,
        NotAllowed("截止后以本单位名义提出 / under the bidder's own name after CLOSE"),
    )
    unit = found_organisation(act.session, act.actor.org)
    act.require(
        act.session.scalar(
            select(exists().where(Participant.project == project, Participant.uscc == unit.uscc))
        ),
        NotAllowed("不是本项目投标人 / not a bidder of this project", rule="招标投标法实施条例 54"),
    )


def objections(session: Session, project: UUID) -> list[Objection]:
    """Return the project's objections in order of filing."""
    return list(
        session.scalars(
            select(Objection)
            .where(Objection.project == project)
            .order_by(Objection.filed_at, Objection.id)
        )
    )


def worded(name: str, text: str) -> str:
    """Return a text without the space around it; raises Invalid for an empty or endless one."""
    if not 0 < len(text.strip()) <= MAX_TEXT:
        raise Invalid(name, f"应为1至{MAX_TEXT}字 / 1 to {MAX_TEXT} characters")
    return text.strip()
