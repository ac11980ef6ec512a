"""What people do with a card: warn, answer, read, close, annotate; and who may read which."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotFound, WrongStage
from monitor.role import Actor, Role
from trading.registration.project import found_project
from trading.supervision.addressee import ADDRESSEES, require_part
from trading.supervision.card import handling
from trading.supervision.card.check import points
from trading.supervision.card.handling import MAX_TEXT, Card, Outcome, Told, found
from trading.supervision.card.judging import clear
from trading.supervision.order import SupervisionOrder, issue, order_of
from trading.supervision.wording import worded


class Annotation(Recorded):
    """What somebody of the department wrote beside a card."""

    __tablename__ = "annotation"
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"))
    card: Mapped[UUID] = mapped_column(ForeignKey("card.id"), index=True)
    text: Mapped[str]
    written_at: Mapped[datetime]


@action("card.warn", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def warn(act: Act, *, card: UUID, addressee: UUID, role: Role, text: str, limit: datetime) -> None:
    """Warn an organisation of a card, to be answered by a moment.

    Raises NotFound, WrongStage, Invalid, NotAllowed for one who has no such part in the trade.
    """
    row = found(act, card)
    require_part(act, row.project, addressee, Role(role))
    handling.told(act, row, Told(addressee, Role(role), text, limit))
    _tell(act, row, limit=time_text(limit), text=row.warning or "")


@action("card.order", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def order(
    act: Act, *, card: UUID, addressee: UUID, role: Role, title: str, text: str, limit: datetime
) -> UUID:
    """Handle a card by a supervision order on its point's article; return the order's id.

    Raises what `order.issue` raises, and WrongStage where somebody was told already.
    """
    row = found(act, card)
    article = points()[row.point].article(found_project(act.session, row.project).category)
    made = issue(
        act, addressee=addressee, role=role, title=title, text=text, article=article, limit=limit
    )
    handling.told(act, row, Told(addressee, Role(role), text, limit))
    act.session.get_one(SupervisionOrder, made).card = row.id
    act.note(card=str(row.id), point=row.point)
    return made


@action("card.answer", by=ADDRESSEES, visibility=Visibility.SECRET)
def answer(act: Act, *, card: UUID, text: str) -> None:
    """Answer a warning as its addressee, once. Raises NotFound for another's, WrongStage."""
    row = found(act, card)
    act.require(
        order_of(act.session, row.id) is None,
        WrongStage("请答复督办单 / answer the order instead", field="card"),
    )
    act.require(
        (row.addressee, row.addressee_role) == (act.actor.org, act.actor.role.value),
        NotFound("没有此监察卡 / no such card", field="card"),
    )
    late = row.is_overdue(act.now)
    handling.replied(act, row, text)
    _tell(act, row, late=late, text=row.answer or "")


@action("card.read", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def read(act: Act, *, card: UUID) -> None:
    """Write down that the answer was read. Raises NotFound, WrongStage."""
    row = found(act, card)
    handling.taken(act, row)
    _tell(act, row)


@action("card.close", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def close(act: Act, *, card: UUID, outcome: Outcome, remark: str) -> None:
    """End a card: it stands, or its point is set back to green; with a reason either way.

    Raises NotFound, WrongStage, Invalid.
    """
    row = found(act, card)
    act.require(
        outcome in (Outcome.UPHELD, Outcome.CLEARED),
        Invalid("outcome", "请选择结论 / choose an outcome"),
    )
    act.require(
        order_of(act.session, row.id) is None,
        WrongStage("请先办结督办单 / end the order first", field="card"),
    )
    handling.ended(act, row, outcome, remark)
    if outcome is Outcome.CLEARED:
        clear(act, row.point, row.remark or "")
    _tell(act, row, outcome=outcome.value, reason=row.remark or "")


@action("card.annotate", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def annotate(act: Act, *, card: UUID, text: str) -> UUID:
    """Write something beside a card; return the note's id. Raises NotFound, Invalid."""
    row = found(act, card)
    note = Annotation(
        id=new_id(act.now), project=row.project, card=row.id,
        text=worded("text", text, MAX_TEXT), written_at=act.now,
    )  # fmt: skip
    act.session.add(note)
    act.note(subject=str(note.id), card=str(row.id), text=note.text)
    return note.id


def cards_for(session: Session, actor: Actor, projects: Iterable[UUID]) -> list[Card]:
    """Return the cards that this actor may read of some trades: open, red, old first.

    The departments of a trade and discipline read all of it, everybody else what addresses them.
    projects: those that the actor watches; a department's are those that it stands in.
    """
    query = (
        select(Card)
        .where(Card.project.in_(list(projects)))
        .order_by(Card.closed_at.is_not(None), Card.result.desc(), Card.opened_at, Card.id)
    )
    if actor.role not in (Role.DEPARTMENT, Role.DISCIPLINE):
        query = query.where(Card.addressee == actor.org, Card.addressee_role == actor.role.value)
    return list(session.scalars(query))


def notes_beside(session: Session, cards: Iterable[Card]) -> dict[UUID, list[Annotation]]:
    """Return the notes beside each of these cards, oldest first."""
    wanted = [card.id for card in cards]
    rows = session.scalars(
        select(Annotation).where(Annotation.card.in_(wanted)).order_by(Annotation.id)
    )
    kept: dict[UUID, list[Annotation]] = {}
    for row in rows:
        kept.setdefault(row.card, []).append(row)
    return kept


def _tell(act: Act, card: Card, **facts: str | bool) -> None:
    """Name the addressee, once there is one: it may read what concerns it."""
    act.note(subject=str(card.id), card=str(card.id), point=card.point, **facts)
    if card.addressee is not None:
        act.note(addressee=str(card.addressee), addressee_role=card.addressee_role or "")
