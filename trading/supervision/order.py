"""Supervision orders (督办单): the competent department asks, an addressee answers by a limit.

What is still being written is not here: until it is issued an order is on nobody's record. Issued,
it is its addressee's, the department's and discipline's to read; the centre reads one addressed to
another when the case ends, the public never does.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.clock import time_text
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotFound, WrongStage
from monitor.role import Actor, Role
from trading.notice.moment import required_project
from trading.registration.party import Organisation
from trading.registration.project import found_project
from trading.supervision.addressee import ADDRESSEES, require_part
from trading.supervision.card import handling
from trading.supervision.card.handling import Card, Outcome
from trading.supervision.card.judging import clear
from trading.supervision.wording import digest_of, worded

MAX_TITLE, MAX_TEXT, MAX_ARTICLE = 100, 5_000, 100


class State(StrEnum):
    """Where an order stands."""

    ISSUED = "issued"
    ANSWERED = "answered"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Finding(StrEnum):
    """What the department says of the answer."""

    SETTLED = "settled"
    UNSETTLED = "unsettled"


class SupervisionOrder(Recorded):
    """One order, its one answer, and how it ended."""

    __tablename__ = "supervision_order"
    __table_args__ = (
        CheckConstraint("state IN ('issued','answered','closed','withdrawn')", name="state"),
        CheckConstraint("finding IN ('settled','unsettled')", name="finding"),
        CheckConstraint("limit_at > issued_at", name="limit"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answer"),
        CheckConstraint("(state IN ('closed','withdrawn')) = (ended_at IS NOT NULL)", name="ended"),
        CheckConstraint("(state = 'closed') = (finding IS NOT NULL)", name="closed"),
        CheckConstraint("state NOT IN ('answered','closed') OR answer IS NOT NULL", name="first"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    org: Mapped[UUID]
    """The department that issued it."""
    addressee: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    addressee_role: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    article: Mapped[str]
    state: Mapped[str]
    issued_at: Mapped[datetime]
    limit_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    finding: Mapped[str | None]
    remark: Mapped[str | None]
    """What the department says at the end: of the answer, or why it withdraws."""
    ended_at: Mapped[datetime | None]
    card: Mapped[UUID | None]
    """The monitoring card that it handles, if any."""

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether the answer is late: still missing, or given after the limit."""
        if self.answered_at is not None:
            return self.answered_at > self.limit_at
        return self.state == State.ISSUED and now > self.limit_at


@action("order.issue", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def issue(
    act: Act,
    *,
    addressee: UUID,
    role: Role,
    title: str,
    text: str,
    article: str,
    limit: datetime,
) -> UUID:
    """Order an organisation to answer, in the role it has here, by a moment; return the id.

    article: what the order rests on. Raises Invalid, NotFound, NotAllowed for one who has no such
    part in the trade.
    """
    project = found_project(act.session, act.project)
    require_part(act, project.id, addressee, Role(role))
    act.require(
        limit > act.now, Invalid("limit", "答复期限须在将来 / the limit must be in the future")
    )
    row = SupervisionOrder(
        id=new_id(act.now), project=project.id, org=act.actor.org, addressee=addressee,
        addressee_role=Role(role).value, title=worded("title", title, MAX_TITLE),
        text=worded("text", text, MAX_TEXT), article=worded("article", article, MAX_ARTICLE),
        state=State.ISSUED.value, issued_at=act.now, limit_at=limit, answer=None,
        answered_at=None, finding=None, remark=None, ended_at=None, card=None,
    )  # fmt: skip
    act.session.add(row)
    _tell(act, row, text=digest_of(row.text), article=row.article, limit=time_text(limit))
    return row.id


@action("order.answer", by=ADDRESSEES, visibility=Visibility.SECRET)
def answer(act: Act, *, order: UUID, text: str) -> None:
    """Answer an order as its addressee, once; a late answer is taken and said to be late.

    Raises NotFound for another's order, WrongStage, Invalid.
    """
    row = _found(act, order)
    act.require(_is_addressed(act.actor, row), _no_such())
    act.require(
        row.state == State.ISSUED, WrongStage(f"督办单状态为 {row.state} / it is {row.state}")
    )
    row.answer, row.answered_at = worded("text", text, MAX_TEXT), act.now
    row.state = State.ANSWERED.value
    if row.card is not None:
        handling.replied(act, handling.found(act, row.card), row.answer)
    _tell(act, row, text=digest_of(row.answer), late=act.now > row.limit_at)


@action("order.close", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def close(
    act: Act,
    *,
    order: UUID,
    finding: Finding,
    remark: str,
    outcome: Outcome = Outcome.UPHELD,
) -> None:
    """End an answered order with what the department finds, and the card that it handles, if any.

    outcome: whether that card stands, or its point is set back to green for the reason `remark`.
    Raises NotFound, WrongStage, Invalid for an outcome that nothing here can have.
    """
    row = _own(act, order)
    _require_outcome(act, row, outcome)
    act.require(
        row.state == State.ANSWERED,
        WrongStage("尚未答复，或已办结 / not answered yet, or ended already", field="order"),
    )
    row.finding = Finding(finding).value
    _end(act, row, State.CLOSED, remark)
    if row.card is not None:
        _end_card(act, handling.found(act, row.card), outcome, remark)
    _tell(act, row, finding=row.finding, remark=digest_of(row.remark or ""))


@action("order.withdraw", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def withdraw(act: Act, *, order: UUID, remark: str) -> None:
    """Take an order back that was not ended, with the reason. Raises NotFound, WrongStage."""
    row = _own(act, order)
    act.require(
        row.state in (State.ISSUED, State.ANSWERED),
        WrongStage("督办单已办结 / it has ended already", field="order"),
    )
    _end(act, row, State.WITHDRAWN, remark)
    if row.card is not None:
        handling.reopened(handling.found(act, row.card))
    _tell(act, row, remark=digest_of(row.remark or ""))


def orders_for(
    session: Session, actor: Actor, projects: list[UUID] | None = None
) -> list[SupervisionOrder]:
    """Return the orders that this actor may read, of all trades or some; the unanswered first.

    Departments read their own, discipline all, everybody else what is addressed to them.
    """
    query = select(SupervisionOrder).order_by(
        SupervisionOrder.ended_at.is_not(None), SupervisionOrder.answered_at.is_not(None),
        SupervisionOrder.limit_at, SupervisionOrder.id,
    )  # fmt: skip
    if projects is not None:
        query = query.where(SupervisionOrder.project.in_(projects))
    if actor.role is Role.DISCIPLINE:
        return list(session.scalars(query))
    addressed = (SupervisionOrder.addressee == actor.org) & (
        SupervisionOrder.addressee_role == actor.role.value
    )
    own = SupervisionOrder.org == actor.org if actor.role is Role.DEPARTMENT else None
    return list(session.scalars(query.where(addressed if own is None else or_(addressed, own))))


def order_of(session: Session, card: UUID) -> SupervisionOrder | None:
    """Return the order by which a card is handled now, if any."""
    return session.scalar(
        select(SupervisionOrder)
        .where(SupervisionOrder.card == card)
        .where(SupervisionOrder.state.in_([State.ISSUED.value, State.ANSWERED.value]))
    )


def names_of(session: Session, orders: list[SupervisionOrder]) -> dict[UUID, str]:
    """Return the names of the departments and addressees of these orders."""
    wanted = {one for row in orders for one in (row.org, row.addressee)}
    rows = session.scalars(select(Organisation).where(Organisation.id.in_(wanted)))
    return {row.id: row.name for row in rows}


def _is_addressed(actor: Actor, row: SupervisionOrder) -> bool:
    return (actor.org, actor.role.value) == (row.addressee, row.addressee_role)


def _found(act: Act, order: UUID) -> SupervisionOrder:
    project = required_project(act.project)
    row = act.session.get(SupervisionOrder, order, with_for_update=True)
    if row is None or row.project != project:
        raise _no_such()
    return row


def _own(act: Act, order: UUID) -> SupervisionOrder:
    row = _found(act, order)
    act.require(row.org == act.actor.org, _no_such())
    return row


def _no_such() -> NotFound:
    return NotFound("没有此督办单 / no such order", field="order")


def _end(act: Act, row: SupervisionOrder, state: State, remark: str) -> None:
    row.remark, row.ended_at = worded("remark", remark, MAX_TEXT), act.now
    row.state = state.value


def _require_outcome(act: Act, row: SupervisionOrder, outcome: Outcome) -> None:
    offered = (Outcome.UPHELD, Outcome.CLEARED) if row.card else (Outcome.UPHELD,)
    act.require(outcome in offered, Invalid("outcome", "请选择结论 / choose an outcome"))


def _end_card(act: Act, card: Card, outcome: Outcome, remark: str) -> None:
    handling.ended(act, card, outcome, remark)
    act.note(card=str(card.id), point=card.point, outcome=outcome.value)
    if outcome is Outcome.CLEARED:
        clear(act, card.point, card.remark or "")
        act.note(reason=card.remark)


def _tell(act: Act, row: SupervisionOrder, **facts: str | bool) -> None:
    """Name the addressee in every record of an order: it may read them all."""
    act.note(
        subject=str(row.id), order=str(row.id), addressee=str(row.addressee),
        addressee_role=row.addressee_role, title=row.title, **facts,
    )  # fmt: skip
