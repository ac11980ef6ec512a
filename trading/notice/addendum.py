"""Questions, answers and clarifications. One that affects bids moves the deadline by the rule.

招标投标法实施条例 21, 政府采购法实施条例 31: at least 15 days before the deadline, else later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.law.limit import Limit, reckon
from monitor.law.rule import Rule
from monitor.law.rule import load as load_rules
from monitor.law.workday import SHANGHAI
from monitor.log.canonical import JSON, canonical
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id, secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, TooEarly, TooLate
from monitor.role import Role
from trading.notice.document import TenderDocument, issued_document
from trading.notice.notice import current_notice
from trading.notice.participation import masked
from trading.paper.keeping import Stored, keep_beside
from trading.registration.project import found_project, rules_for

MAX_QUESTION, MAX_TEXT = 5_000, 50_000


class AddendumKind(StrEnum):
    """An answer to questions, or a clarification or change of the documents."""

    ANSWER = "answer"
    CLARIFICATION = "clarification"


class Addendum(Recorded):
    """What was added to the documents; everybody who has them is told."""

    __tablename__ = "addendum"
    __table_args__ = (
        UniqueConstraint("project", "number"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("deadline_after >= deadline_before", name="deadline"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    file: Mapped[bytes | None]
    digest: Mapped[bytes]
    affects_bids: Mapped[bool]
    resubmit: Mapped[bool]
    deadline_before: Mapped[datetime]
    deadline_after: Mapped[datetime]
    issued_at: Mapped[datetime]


class Question(Recorded):
    """A question under a pseudonym; `answer` is the addendum that answers it."""

    __tablename__ = "question"
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    mask: Mapped[str]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[UUID | None] = mapped_column(ForeignKey("addendum.id"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the owner sees it: nobody stands behind it."""

    id: UUID
    text: str
    asked_at: datetime
    answer: UUID | None


@dataclass(frozen=True, slots=True)
class Change:
    """A clarification: does it affect how bids are made, must bids be sealed anew, which deadline.

    `deadline` is the owner's own proposal, None to keep it or to take the earliest lawful one.
    """

    title: str
    text: str
    affects_bids: bool
    resubmit: bool = False
    file: bytes | None = None
    deadline: datetime | None = None


@action("question.ask", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def ask(act: Act, *, text: str) -> UUID:
    """Ask about the documents under a pseudonym; return the question's id. Raises Invalid."""
    document, mask = _open_document(act), masked(act)
    act.require(
        0 < len(text.strip()) <= MAX_QUESTION,
        Invalid("text", f"应为1至{MAX_QUESTION}字 / 1 to {MAX_QUESTION} characters"),
    )
    question = Question(
        id=secret_id(), project=document.project, mask=mask, text=text.strip(),
        asked_at=act.now, answer=None,
    )  # fmt: skip
    act.session.add(question)
    act.note(subject=str(question.id), concerns=[f"question:{question.id}"])
    act.note_private(text=question.text)
    return question.id


def _open_document(act: Act) -> TenderDocument:
    document = issued_document(act)
    if act.now > document.deadline:
        raise TooLate("投标已截止 / the bid deadline has passed", field="deadline")
    return document


def questions(session: Session, project: UUID) -> list[Asked]:
    """Return the questions of a project, oldest first, without their authors."""
    rows = session.scalars(
        select(Question).where(Question.project == project).order_by(Question.asked_at, Question.id)
    )
    return [Asked(row.id, row.text, row.asked_at, row.answer) for row in rows]


@action("question.answer", by=(Role.TENDEREE, Role.AGENCY))
def answer(act: Act, *, questions: tuple[UUID, ...], text: str) -> UUID:
    """Answer questions, to everybody alike; return the addendum's id. The deadline stays.

    An answer that changes the documents is a clarification. Raises NotFound, Conflict, Invalid.
    """
    document = _open_document(act)
    rows = [_unanswered(act, question) for question in questions]
    act.require(rows, Invalid("questions", "没有问题可答 / no question to answer"))
    change = Change("答疑 / answers", text, affects_bids=False)
    addendum = _add(act, document, AddendumKind.ANSWER, change, document.deadline)
    for row in rows:
        row.answer = addendum.id
    named = [f"question:{row.id}" for row in rows]
    act.note(questions=[str(row.id) for row in rows], concerns=named)
    return addendum.id


def _unanswered(act: Act, question: UUID) -> Question:
    row = act.session.get(Question, question, with_for_update=True)
    if row is None or row.project != act.project:
        raise NotFound("没有此问题 / no such question", field="questions")
    act.require(row.answer is None, Conflict("问题已答复 / answered already", field="questions"))
    return row


@action("clarification.issue", by=(Role.TENDEREE, Role.AGENCY))
def clarify(act: Act, *, change: Change, paper: Stored | None = None) -> UUID:
    """Clarify or change the documents; return the addendum's id. Moves the deadline if it must.

    `paper` is the file that the change names by its digest.
    Raises TooEarly for a proposed deadline the rule forbids, Invalid for one moved forward.
    """
    document = _open_document(act)
    after = _deadline(act, document, change)
    addendum = _add(act, document, AddendumKind.CLARIFICATION, change, after)
    document.deadline = after
    keep_beside(act, paper)
    return addendum.id


def _deadline(act: Act, document: TenderDocument, change: Change) -> datetime:
    before = document.deadline
    proposed = change.deadline or before
    act.require(
        proposed >= before, Invalid("deadline", "截止时间不得提前 / a deadline never comes forward")
    )
    for rule, limit in _limits(act, change):
        act.used_rule(rule.id, load_rules().version)
        act.note(rule=rule.id, provisional=limit.provisional)
        if proposed < limit.at and change.deadline is None:
            proposed = _same_hour(limit.at, before)
        if proposed < limit.floor:
            earliest = limit.at.astimezone(SHANGHAI)
            text = f"最早 {earliest:%Y-%m-%d}（{rule.basis}）：{rule.zh} / not before: {rule.en}"
            raise TooEarly(text, rule=rule.id, field="deadline")
    return proposed


def _limits(act: Act, change: Change) -> list[tuple[Rule, Limit]]:
    if not change.affects_bids:
        return []
    project = found_project(act.session, act.project)
    rules = rules_for(project, act.now).between("clarification.issue", "opening.close")
    return [(rule, reckon(rule, act.now)) for rule in rules]


def _same_hour(day: datetime, clock: datetime) -> datetime:
    """The hour of the old deadline on the new day, so that the moved opening starts as planned."""
    hour = clock.astimezone(SHANGHAI)
    return day.astimezone(SHANGHAI).replace(
        hour=hour.hour, minute=hour.minute, second=hour.second, microsecond=hour.microsecond
    )


def _add(
    act: Act, document: TenderDocument, kind: AddendumKind, change: Change, after: datetime
) -> Addendum:
    for name, text in (("title", change.title), ("text", change.text)):
        act.require(
            0 < len(text.strip()) <= MAX_TEXT, Invalid(name, "内容为空或过长 / empty or too long")
        )
    act.require(
        change.file is None or len(change.file) == 32,
        Invalid("file", "应为 SHA-256 / not a SHA-256"),
    )
    number = _count(act.session, document.project) + 1
    addendum = Addendum(
        id=new_id(act.now), project=document.project, number=number, kind=kind.value,
        title=change.title.strip(), text=change.text.strip(), file=change.file,
        digest=_digest(number, kind, change, after), affects_bids=change.affects_bids,
        resubmit=change.resubmit, deadline_before=document.deadline, deadline_after=after,
        issued_at=act.now,
    )  # fmt: skip
    act.session.add(addendum)
    act.session.flush()
    act.note(
        subject=str(addendum.id), number=number, digest=addendum.digest.hex(),
        affects_bids=change.affects_bids, resubmit=change.resubmit,
        deadline_before=time_text(document.deadline), deadline_after=time_text(after),
        tender=tender_digest(act.session, document.project).hex(),
    )  # fmt: skip
    return addendum


def _digest(number: int, kind: AddendumKind, change: Change, after: datetime) -> bytes:
    content: JSON = {
        "form": "batong-addendum/1",
        "number": number,
        "kind": kind.value,
        "title": change.title.strip(),
        "text": change.text.strip(),
        "file": change.file.hex() if change.file else "",
        "resubmit": change.resubmit,
        "deadline": time_text(after),
    }
    return hashlib.sha256(canonical(content)).digest()


def _count(session: Session, project: UUID) -> int:
    query = select(func.count()).select_from(Addendum).where(Addendum.project == project)
    return session.scalar(query) or 0


def addenda(session: Session, project: UUID) -> list[Addendum]:
    """Return the project's addenda by number."""
    return list(
        session.scalars(
            select(Addendum).where(Addendum.project == project).order_by(Addendum.number)
        )
    )


def tender_digest(session: Session, project: UUID, counted: int | None = None) -> bytes:
    """Return what a bid is bound to: SHA-256 over notice, documents and every addendum so far.

    `counted` gives the digest as it was after that many addenda. Raises NotFound before the
    documents are out.
    """
    notice = current_notice(session, project)
    document = session.scalar(select(TenderDocument).where(TenderDocument.project == project))
    if notice is None or document is None:
        raise NotFound("招标文件尚未发出 / the documents are not out", field="project")
    content = {
        "form": "batong-tender/1",
        "notice": notice.digest.hex(),
        "document": document.digest.hex(),
        "trustees": document.trustees_digest.hex(),
        "addenda": [row.digest.hex() for row in addenda(session, project)[:counted]],
    }
    return hashlib.sha256(canonical(content)).digest()
