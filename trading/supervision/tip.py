"""Tips 举报: what somebody of the public reports of a trade, under a name or none.

A tip bears the id that its case will have, so what is recorded of it stays sealed until that very
case ends; one that is not taken up stays sealed for good. No address is kept, and of the receipt's
code, by which whoever reported asks what became of it, only a digest. A name is in no record. It is
addressed to one body of discipline, and no other body reads it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.moment import acts
from monitor.record.standing import Appointment
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotFound, WrongStage
from monitor.role import Actor, Role
from trading.desk.body import bodies
from trading.registration.project import found_project
from trading.supervision.case import MAX_TEXT, DisciplineCase, Kind, begin, enter
from trading.supervision.wording import digest_of, worded

MAX_NAME = 100
CODE_BYTES = 10


class State(StrEnum):
    """How far a tip has come, as its reporter may know."""

    FILED = "filed"
    TAKEN = "taken"
    ENDED = "ended"
    DISMISSED = "dismissed"


class Tip(Recorded):
    """One tip; `reply` is what its reporter is told of why it was not taken up."""

    __tablename__ = "tip"
    __table_args__ = (
        UniqueConstraint("receipt"),
        CheckConstraint("octet_length(receipt) = 32", name="receipt"),
        CheckConstraint("state IN ('filed','taken','dismissed')", name="state"),
        CheckConstraint("(state = 'dismissed') = (reply IS NOT NULL)", name="reply"),
        CheckConstraint("(state = 'filed') = (decided_at IS NULL)", name="decided"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    addressed: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    """The body that reads it; None of before there was a choice: the one that was there first."""
    text: Mapped[str]
    name: Mapped[str | None]
    contact: Mapped[str | None]
    receipt: Mapped[bytes]
    filed_at: Mapped[datetime]
    state: Mapped[str]
    reply: Mapped[str | None]
    decided_at: Mapped[datetime | None]


def code_of(random: bytes) -> str:
    """Return the code that a reporter keeps, of that many random bytes; raises ValueError."""
    if len(random) != CODE_BYTES:
        raise ValueError(f"random: {len(random)} bytes, must be {CODE_BYTES}")
    told = base64.b32encode(random).decode()
    return "-".join(told[at : at + 4] for at in range(0, len(told), 4))


def receipt_of(code: str) -> bytes:
    """Return the digest of a code, however it was typed."""
    plain = "".join(each for each in code.upper() if each.isalnum())
    return hashlib.sha256(plain.encode("utf-8", "replace")).digest()


@action("tip.file", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def file(
    act: Act,
    *,
    text: str,
    receipt: bytes,
    body: UUID | None = None,
    name: str = "",
    contact: str = "",
) -> UUID:
    """Take in a tip of the public to a body of discipline; return its id. Raises NotFound, Invalid.

    Without `body` it goes to the only one that there is.
    """
    project = found_project(act.session, act.project).id
    addressee = _addressee(act, body)
    for field, told in (("name", name), ("contact", contact)):
        act.require(
            len(told.strip()) <= MAX_NAME,
            Invalid(field, f"至多{MAX_NAME}字 / {MAX_NAME} characters at most"),
        )
    row = Tip(
        id=secret_id(), project=project, addressed=addressee,
        text=worded("text", text, MAX_TEXT),
        name=name.strip() or None, contact=contact.strip() or None, receipt=receipt,
        filed_at=act.now, state=State.FILED.value, reply=None, decided_at=None,
    )  # fmt: skip
    act.session.add(row)
    act.note(
        subject=str(row.id), case=str(row.id), text=digest_of(row.text),
        addressee=str(addressee), addressee_role=Role.DISCIPLINE.value,
    )  # fmt: skip
    return row.id


@action("tip.ask", by=(Role.SYSTEM,), visibility=Visibility.SECRET, standing=False)
def ask(act: Act, *, receipt: bytes) -> tuple[State, str]:
    """Tell whoever holds a receipt's code what became of the tip: its state and the reply.

    Raises NotFound.
    """
    row = act.session.scalar(select(Tip).where(Tip.receipt == receipt))
    if row is None:
        raise NotFound("没有此回执码的举报 / no report has this code", field="code")
    act.note(subject=str(row.id), case=str(row.id))
    case = act.session.get(DisciplineCase, row.id)
    ended = case is not None and case.closed_at is not None
    return State.ENDED if ended else State(row.state), row.reply or ""


@action("tip.read", by=(Role.DISCIPLINE,), visibility=Visibility.SECRET)
def read(act: Act, *, tip: UUID) -> None:
    """Look at what a tip says and who filed it: that is on record first. Raises NotFound."""
    row = _found(act, tip)
    act.note(subject=str(row.id), case=str(row.id))


@action("tip.take", by=(Role.DISCIPLINE,), visibility=Visibility.SECRET)
def take(act: Act, *, tip: UUID, title: str) -> UUID:
    """Take a tip up: a case opens with it, under its id. Raises NotFound, WrongStage, Invalid."""
    row = _decided(act, tip, State.TAKEN)
    ground = "公众举报 / a report of the public"
    case = begin(act, row.id, row.project, title, ground)
    enter(act, case, Kind.REPORT, row.text)
    act.note(subject=str(row.id), case=str(row.id), title=case.title)
    return case.id


@action("tip.dismiss", by=(Role.DISCIPLINE,), visibility=Visibility.SECRET)
def dismiss(act: Act, *, tip: UUID, reply: str) -> None:
    """Do not take a tip up, and tell its reporter why. Raises NotFound, WrongStage, Invalid."""
    row = _decided(act, tip, State.DISMISSED)
    row.reply = worded("reply", reply, MAX_TEXT)
    act.note(subject=str(row.id), case=str(row.id), reply=digest_of(row.reply))


def tips(session: Session, actor: Actor) -> list[Tip]:
    """Return the tips that wait for the actor's body of discipline, oldest first.

    Another body's are not its to read, and nobody else reads any.
    """
    if actor.role is not Role.DISCIPLINE:
        return []
    reader = func.coalesce(Tip.addressed, _FIRST)
    query = select(Tip).where(Tip.state == State.FILED.value, reader == actor.org)
    return list(session.scalars(query.order_by(Tip.filed_at, Tip.id)))


def tips_of(session: Session, cases: Iterable[DisciplineCase]) -> dict[UUID, Tip]:
    """Return the tips that these cases began with, by the case."""
    wanted = [case.id for case in cases]
    return {row.id: row for row in session.scalars(select(Tip).where(Tip.id.in_(wanted)))}


def readers(session: Session, found: Sequence[Tip]) -> dict[UUID, set[UUID]]:
    """Return the persons who have looked at each of these tips, by the record."""
    looked: dict[UUID, set[UUID]] = {tip.id: set() for tip in found}
    for project in {tip.project for tip in found}:
        for done in acts(session, project):
            if done.body["action"] == read.name:
                tip = UUID(str(done.body["subject"]))
                looked.setdefault(tip, set()).add(UUID(str(done.body["actor"]["id"])))
    return looked


_FIRST = (
    select(Appointment.org)
    .where(Appointment.role == Role.DISCIPLINE.value)
    .order_by(Appointment.since, Appointment.id)
    .limit(1)
    .scalar_subquery()
)


def _addressee(act: Act, body: UUID | None) -> UUID:
    there = bodies(act.session, Role.DISCIPLINE, act.now)
    chosen = [each.id for each in there if body in (None, each.id)]
    if len(chosen) != 1:
        raise Invalid("body", "请选择受理机关 / choose the authority that is to read it")
    return chosen[0]


def _found(act: Act, tip: UUID) -> Tip:
    row = act.session.get(Tip, tip, with_for_update=True)
    own = (row.addressed or act.session.scalar(select(_FIRST))) == act.actor.org if row else False
    if row is None or not own or row.project != act.project:
        raise NotFound("没有此举报 / no such report", field="tip")
    return row


def _decided(act: Act, tip: UUID, state: State) -> Tip:
    row = _found(act, tip)
    act.require(
        row.state == State.FILED,
        WrongStage("举报已处理 / the report was dealt with already", field="tip"),
    )
    row.state, row.decided_at = state.value, act.now
    return row
