"""Undecrypted: a bid that stays shut, on whose side that lies, and the two persons who confirm it.

The machine says the cause first, and never "void" (电子招标投标办法 31).
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotAllowed, NotFound
from monitor.role import Role
from trading.notice.moment import required_project

BOTH = "电子招标投标办法 31"


class Fault(StrEnum):
    """On whose side it lies that a bid stays shut (电子招标投标办法 31).

    By the bidder's own fault its bid counts as revoked 撤销, by nobody's or another's as withdrawn
    撤回, with a claim to damages.
    """

    BIDDER = "bidder"
    PLATFORM = "platform"
    TRUSTEES = "trustees"


class Undecrypted(Recorded):
    """A bid that stays shut: the machine's word on the cause, and who confirmed it."""

    __tablename__ = "undecrypted"
    __table_args__ = (UniqueConstraint("project", "section", "bid"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    bid: Mapped[str]
    cause: Mapped[str]
    code: Mapped[str | None]
    """Whose fault it is: the machine's word first, then that of who proposed another."""
    proposed_by: Mapped[UUID | None]
    confirmed_by: Mapped[UUID | None]


@action("opening.confirm_cause", by=(Role.TENDEREE, Role.CENTRE, Role.AGENCY))
def confirm_cause(act: Act, *, section: UUID, bid: str, code: Fault) -> None:
    """Confirm, as one of two persons, whose fault it is that a bid stays shut.

    The second must be another and name the same; who proposed may propose anew. Raises NotFound,
    NotAllowed for the same person twice (电子招标投标办法 31), Conflict where the two differ or
    once both have confirmed.
    """
    row = act.session.scalar(
        select(Undecrypted).where(
            Undecrypted.project == required_project(act.project),
            Undecrypted.section == section,
            Undecrypted.bid == bid,
        )
    )
    if row is None:
        raise NotFound("没有未解密的投标 / no such undecrypted bid")
    act.require(
        row.confirmed_by is None, Conflict("已由两人确认 / two persons have confirmed already")
    )
    _confirm(act, row, code)
    confirmed = row.confirmed_by is not None
    act.note(
        subject=bid, section=str(section), cause=row.cause, code=code.value, confirmed=confirmed
    )


def _confirm(act: Act, row: Undecrypted, code: Fault) -> None:
    mine, same = row.proposed_by == act.actor.person, row.code == code.value
    if row.proposed_by is None or (mine and not same):
        row.proposed_by, row.code = act.actor.person, code.value
        return
    act.require(
        not mine,
        NotAllowed("须由另一人确认 / another person must confirm", rule=BOTH),
    )
    act.require(
        same,
        Conflict("两人确认的原因不一致 / the two name different causes", rule=BOTH, field="code"),
    )
    row.confirmed_by = act.actor.person


def undecrypted(session: Session, project: UUID, section: UUID) -> list[Undecrypted]:
    """Return the bids of a section that stayed shut, in order of their ids."""
    return list(
        session.scalars(
            select(Undecrypted)
            .where(Undecrypted.project == project, Undecrypted.section == section)
            .order_by(Undecrypted.bid)
        )
    )
