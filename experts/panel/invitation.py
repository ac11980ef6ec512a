"""Invitations: how a drawn expert learns of it and answers, while the platform knows no name.

An invitation is sealed to the expert alone and names no project (time and place only); inside is a
token. Whoever shows the token answers, under the seat's pseudonym: a row holds pseudonym and
answer, and nothing at rest tells whose they are (招标投标法 37).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.header import Draw
from experts.ceremony.header import State as DrawState
from experts.ceremony.mail.paper import TOKEN_BYTES, Step, evidence, reply_of
from experts.ceremony.mail.parcel import Parcel
from experts.ceremony.mail.request import DrawRequest, draw_of, found_request
from experts.ceremony.seat import Seat, State
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.suspension import has_ended, require_moving
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import Role


class Answer(Recorded):
    """What the holder of a seat's token said; `token` proves it to anybody who has the parcel."""

    __tablename__ = "draw_answer"
    __table_args__ = (
        UniqueConstraint("request", "mask"),
        CheckConstraint("octet_length(token) = 32", name="token"),
    )
    request: Mapped[UUID] = mapped_column(ForeignKey("draw_request.id"))
    mask: Mapped[str]
    accepts: Mapped[bool]
    token: Mapped[bytes]


@dataclass(frozen=True, slots=True)
class Letter:
    """A sealed paper for some expert: an invitation or, after CLOSE, the way to the seat."""

    step: str
    sealed: str


@action("draw.answer", by=(Role.EXPERT,), visibility=Visibility.SECRET)
def answer(act: Act, *, token: bytes, accepts: bool) -> str:
    """Accept or decline the place whose token one was sent; return the evidence (hex).

    Raises NotAllowed for a token that is not this pseudonym's, Conflict the second time,
    WrongStage when the contact has ended, or the trade stands still.
    """
    mask = act.actor.mask or ""
    act.require(len(token) == TOKEN_BYTES, Invalid("token", "应为32字节 / 32 bytes"))
    request = _invited(act, mask, token)
    require_moving(act.session, request.project, answer.name)
    seat = _seat(act, request, mask)
    act.require(
        seat is not None and seat.state == State.DRAWN.value,
        WrongStage("该邀请已失效 / this invitation has lapsed", field="token"),
    )
    act.on_conflict(
        "draw_answer_request_mask_key",
        lambda _: Conflict("已答复，不可更改 / answered already, for good", field="accepts"),
    )
    made = Answer(id=secret_id(), request=request.id, mask=mask, accepts=accepts, token=token)
    act.session.add(made)
    told = evidence(mask, token, accepts=accepts)
    act.note(subject=mask, evidence=told)
    return told


def answers_to(session: Session, request: UUID) -> list[Answer]:
    """Return the answers to a draw's invitations, by pseudonym."""
    query = select(Answer).where(Answer.request == request).order_by(Answer.mask)
    return list(session.scalars(query))


def letters(session: Session) -> Sequence[Letter]:
    """Return every letter that waits for an expert: to answer, or to check in.

    Each expert tries to open all of them: asking for one's own would tell who was drawn. Of a trade
    that was ended none waits any more.
    """
    waits = (
        (Parcel.step == Step.INVITATION.value) & (Seat.state == State.DRAWN.value),
        (Parcel.step == Step.SEAT.value) & (Seat.state == State.CONFIRMED.value),
    )
    rows = session.execute(
        select(Parcel.step, Parcel.document)
        .join(DrawRequest, DrawRequest.id == Parcel.request)
        .join(Draw, Draw.header["draw"].astext == Parcel.document["draw"].astext)
        .join(Seat, (Seat.draw == Draw.id) & (Seat.mask == Parcel.document["mask"].astext))
        .where(or_(*waits), Draw.state != DrawState.CANCELLED.value)
        .where(~has_ended(DrawRequest.project))
        .order_by(Parcel.document["sealed"].astext)
    )
    return [Letter(row.step, row.document["sealed"]) for row in rows]


def _invited(act: Act, mask: str, token: bytes) -> DrawRequest:
    document = Parcel.document
    found = act.session.scalar(
        select(Parcel.request)
        .where(Parcel.step == Step.INVITATION.value)
        .where(document["mask"].astext == mask, document["reply"].astext == reply_of(token))
    )
    if found is None:
        raise NotAllowed("邀请凭据不符 / not the token of this invitation", field="token")
    return found_request(act.session, found)


def _seat(act: Act, request: DrawRequest, mask: str) -> Seat | None:
    drawn = draw_of(act.session, request)
    if drawn is None:
        return None
    return act.session.scalar(select(Seat).where(Seat.draw == drawn.id, Seat.mask == mask))
