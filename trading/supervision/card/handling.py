"""Cards 黄牌、红牌: what an inspector has to handle, and how a card goes from hand to hand.

To do → warned → answered → read → closed. A card comes of a monitoring point that turned yellow or
red; the point's own result stands apart (judging.py). Acts of people are in card.py and order.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.point import Result
from monitor.record.act import Act
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotFound, WrongStage
from monitor.role import Role
from trading.notice.moment import required_project
from trading.supervision.wording import worded

MAX_TEXT = 5_000


class Handling(StrEnum):
    """How far a card has come."""

    TODO = "todo"
    WARNED = "warned"
    ANSWERED = "answered"
    READ = "read"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What a card ended with: it stands; it was set back to green; it turned green by itself."""

    UPHELD = "upheld"
    CLEARED = "cleared"
    RESOLVED = "resolved"


class Card(Recorded):
    """One card; `evidence` are the records that showed the breach when it was last judged."""

    __tablename__ = "card"
    __table_args__ = (
        CheckConstraint("result IN (2, 3)", name="result"),
        CheckConstraint(
            "handling IN ('todo','warned','answered','read','closed')", name="handling"
        ),
        CheckConstraint("outcome IN ('upheld','cleared','resolved')", name="outcome"),
        CheckConstraint("(handling = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        CheckConstraint("(handling = 'closed') = (outcome IS NOT NULL)", name="ended"),
        CheckConstraint("(warned_at IS NULL) = (addressee IS NULL)", name="warned"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered"),
    )
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    point: Mapped[str]
    result: Mapped[int]
    evidence: Mapped[list[Any]]
    opened_at: Mapped[datetime]
    handling: Mapped[str]
    addressee: Mapped[UUID | None]
    addressee_role: Mapped[str | None]
    warning: Mapped[str | None]
    warned_at: Mapped[datetime | None]
    limit_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    remark: Mapped[str | None]
    closed_at: Mapped[datetime | None]

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether an answer is owed and late."""
        waits = self.handling == Handling.WARNED and self.limit_at is not None
        return bool(waits and self.limit_at and now > self.limit_at)


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what of a card, to answer by when."""

    addressee: UUID
    role: Role
    text: str
    limit: datetime


def shown(act: Act, point: str, result: Result, evidence: list[str]) -> Card:
    """Show a card for a point, or the open one anew with what is now found; return it."""
    row = _open(act.session, required_project(act.project), point)
    if row is None:
        row = Card(
            id=new_id(act.now), project=act.project, point=point, result=int(result),
            evidence=evidence, opened_at=act.now, handling=Handling.TODO.value,
        )  # fmt: skip
        act.session.add(row)
    row.result, row.evidence = max(row.result, int(result)), evidence
    return row


def settled(act: Act, point: str, reason: str) -> None:
    """End the open card of a point that a person found green, with the reason.

    Raises WrongStage for one that somebody was told of: it ends where it is handled.
    """
    row = _open(act.session, required_project(act.project), point)
    if row is None:
        return
    act.require(
        row.handling == Handling.TODO,
        WrongStage(
            "已预警或督办，请在监察卡或督办单上办结 / somebody was told: end the card or its order",
            field="point",
        ),
    )
    ended(act, row, Outcome.CLEARED, reason)


def resolved(act: Act, point: str) -> None:
    """End a yellow card that nobody has handled: the facts have turned green by themselves."""
    row = _open(act.session, required_project(act.project), point)
    if row is not None and row.handling == Handling.TODO and row.result == Result.YELLOW:
        row.handling, row.outcome = Handling.CLOSED.value, Outcome.RESOLVED.value
        row.closed_at = act.now


def _open(session: Session, project: UUID, point: str) -> Card | None:
    return session.scalar(
        select(Card)
        .where(Card.project == project, Card.point == point, Card.closed_at.is_(None))
        .with_for_update()
    )


def found(act: Act, card: UUID) -> Card:
    """Return a card of the act's trade, locked; raises NotFound."""
    project = required_project(act.project)
    row = act.session.get(Card, card, with_for_update=True)
    if row is None or row.project != project:
        raise NotFound("没有此监察卡 / no such card", field="card")
    return row


def told(act: Act, card: Card, what: Told) -> None:
    """Write down who was warned or ordered; raises WrongStage, Invalid for a limit in the past."""
    _require(act, card, Handling.TODO)
    act.require(
        what.limit > act.now, Invalid("limit", "答复期限须在将来 / the limit must be in the future")
    )
    card.addressee, card.addressee_role = what.addressee, what.role.value
    card.warning = worded("text", what.text, MAX_TEXT)
    card.warned_at, card.limit_at = act.now, what.limit
    card.handling = Handling.WARNED.value


def replied(act: Act, card: Card, text: str) -> None:
    """Write down the answer; raises WrongStage."""
    _require(act, card, Handling.WARNED)
    card.answer, card.answered_at = worded("text", text, MAX_TEXT), act.now
    card.handling = Handling.ANSWERED.value


def taken(act: Act, card: Card) -> None:
    """Write down that the answer was read; raises WrongStage."""
    _require(act, card, Handling.ANSWERED)
    card.read_at, card.handling = act.now, Handling.READ.value


def ended(act: Act, card: Card, outcome: Outcome, remark: str) -> None:
    """End a card with what the department says of it; raises WrongStage for one that has ended."""
    act.require(
        card.handling != Handling.CLOSED, WrongStage("监察卡已办结 / the card has ended already")
    )
    card.read_at = card.read_at or (act.now if card.answer else None)
    card.outcome, card.remark = outcome.value, worded("remark", remark, MAX_TEXT)
    card.closed_at, card.handling = act.now, Handling.CLOSED.value


def reopened(card: Card) -> None:
    """Take a card back to where nobody was told; one that has ended stays so."""
    if card.handling != Handling.CLOSED:
        card.handling = Handling.TODO.value
        card.addressee = card.addressee_role = card.warning = card.warned_at = None
        card.limit_at = card.answer = card.answered_at = card.read_at = None


def _require(act: Act, card: Card, state: Handling) -> None:
    act.require(
        card.handling == state,
        WrongStage(f"监察卡现为 {card.handling} / the card is {card.handling}", field="card"),
    )
