"""Questions at the opening 开标现场提问: asked under the bid's pseudonym, answered on the spot.

The hall reads a question at once, everybody once prices are out. An objection is another thing:
it is made under one's own name, and has its own rules (招标投标法实施条例 44).
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session

from bidding.hall.close import require_many
from bidding.hall.stage import END, required, step
from bidding.submission import standing_bid
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, WrongStage
from monitor.role import Role
from trading.notice.moment import require_unarchived, required_project
from trading.notice.participation import masked

ASK, REPLY = "opening.ask", "opening.reply"
LONGEST, MOST = 300, 20
"""Characters of a question or its answer, and questions of one bidder: our own figures."""


class Question(Recorded):
    """What a bidder asked at the opening of a section; `reply` is "" while nobody has answered."""

    __tablename__ = "hall_question"
    __table_args__ = (CheckConstraint("(reply = '') = (replied_at IS NULL)", name="replied"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    mask: Mapped[str]
    record: Mapped[UUID]
    text: Mapped[str]
    asked_at: Mapped[datetime]
    reply: Mapped[str]
    replied_at: Mapped[datetime | None]


@action(ASK, by=(Role.TENDERER,), visibility=Visibility.SECRET)
def ask(act: Act, *, section: UUID, text: str) -> UUID:
    """Ask the host something; return the question's id.

    Raises WrongStage before CLOSE, where it is not opened and once it has ended, NotFound for one
    who has no bid there, Invalid, Conflict for too many.
    """
    project = _in_session(act, section)
    mask = masked(act)
    standing_bid(act.session, project, section, mask)
    own = [each for each in questions(act.session, project, section) if each.mask == mask]
    act.require(len(own) < MOST, Conflict(f"每家至多 {MOST} 问 / so many questions each at most"))
    row = Question(
        id=secret_id(), project=project, section=section, mask=mask, record=act.record_id,
        text=_words(text), asked_at=act.now, reply="", replied_at=None,
    )  # fmt: skip
    act.session.add(row)
    act.note(subject=str(row.id), section=str(section), text=row.text)
    return row.id


@action(REPLY, by=(Role.TENDEREE, Role.AGENCY))
def reply(act: Act, *, section: UUID, question: UUID, text: str) -> None:
    """Answer a question, once. Raises WrongStage out of session, NotFound, Invalid, Conflict."""
    project = _in_session(act, section)
    asked = {each.id: each for each in questions(act.session, project, section)}
    if question not in asked:
        raise NotFound("没有此提问 / no such question", field="question")
    row = asked[question]
    act.require(not row.reply, Conflict("已答复 / answered already", field="question"))
    row.reply, row.replied_at = _words(text), act.now
    act.note(subject=str(row.id), section=str(section), text=row.reply)


def questions(session: Session, project: UUID, section: UUID) -> tuple[Question, ...]:
    """Return what was asked at the opening of a section, in order."""
    query = select(Question).where(Question.project == project, Question.section == section)
    return tuple(session.scalars(query.order_by(Question.asked_at)))


def open_questions(session: Session, project: UUID, section: UUID) -> int:
    """Return how many questions wait for their answer."""
    return sum(not each.reply for each in questions(session, project, section))


def _in_session(act: Act, section: UUID) -> UUID:
    project = required_project(act.project)
    require_unarchived(act.session, project)
    required(act.session, project, section, "opening.close")
    require_many(act.session, project, section)
    if step(act.session, project, section, END) is not None:
        raise WrongStage("开标已结束 / the opening has ended")
    return project


def _words(text: str) -> str:
    told = text.strip()
    if not 0 < len(told) <= LONGEST:
        raise Invalid(
            "text", f"请填写，不超过 {LONGEST} 字 / write it, that many characters at most"
        )
    return told
