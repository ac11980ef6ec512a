"""What each holder found of the piece it was dealt, said on record before any loss.

A piece that fitted and is false later is its holder's fault, one that never did its dealer's. Only
a deal that two found to fit is an escrow: before, nobody knows that it opens.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.header import DrawStep, Kind
from experts.escrow.dealing import KeyDeal, dealt
from experts.escrow.holder import holder_behind
from experts.escrow.recovery import HOLDERS, NEEDED
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotAllowed, NotFound, WrongStage
from monitor.role import Role

_RULE = "batong-draw/1 §2.2"


class KeyCheck(Recorded):
    """What holder x found of its piece."""

    __tablename__ = "key_check"
    __table_args__ = (
        UniqueConstraint("deal", "x"),
        CheckConstraint("x BETWEEN 1 AND 3", name="x"),
    )
    deal: Mapped[UUID] = mapped_column(ForeignKey("key_deal.id"))
    x: Mapped[int]
    fits: Mapped[bool]


@action("draw.check_piece", by=(Role.TRUSTEE,), standing=False)
def check_piece(act: Act, *, deal: UUID, x: int, fits: bool) -> None:
    """Say of one's own piece whether it opens and fits the key; said once, before any loss.

    fits: the holder's own answer, kept as it is. Raises NotFound, NotAllowed for another's piece,
    WrongStage once the pieces of this deal were asked for, Conflict the second time.
    """
    found = act.session.get(KeyDeal, deal)
    if found is None:
        raise NotFound("没有此分片 / no such deal", field="deal")
    _, told = dealt(act.session, found)
    mine = 1 <= x <= len(told.escrow.holders) and holder_behind(
        act.session, act.actor.person, told.escrow.holders[x - 1].sign
    )
    act.require(mine, NotAllowed("仅限该分片的持有人 / only its own holder", rule=_RULE))
    act.require(
        not was_asked_for(act.session, deal),
        WrongStage("分片已申请交付，不得再作核对 / the pieces were asked for: too late to say so",
                   field="deal", rule=_RULE),
    )  # fmt: skip
    act.on_conflict("key_check_deal_x_key", lambda _: Conflict("已核对 / said already", field="x"))
    act.session.add(KeyCheck(id=new_id(act.now), deal=deal, x=x, fits=fits))
    act.note(subject=str(found.machine), x=x, fits=fits)


def is_sound(session: Session, deal: UUID) -> bool:
    """Tell whether as many holders found their pieces of a deal to fit as it takes to open it."""
    found = select(func.count(KeyCheck.id)).where(KeyCheck.deal == deal, KeyCheck.fits)
    return (session.scalar(found) or 0) >= NEEDED


def is_called_false(session: Session, deal: UUID) -> bool:
    """Tell whether a holder said of a deal that its piece does not fit."""
    found = select(KeyCheck.id).where(KeyCheck.deal == deal, ~KeyCheck.fits).limit(1)
    return session.scalar(found) is not None


def said_or_asked(session: Session, deals: Collection[UUID]) -> set[tuple[UUID, int]]:
    """Return of which pieces of these deals, by deal and x, nothing is to be said any more."""
    if not deals:
        return set()
    told = select(KeyCheck.deal, KeyCheck.x).where(KeyCheck.deal.in_(deals))
    named = DrawStep.document["deal"].astext
    asked = select(named).where(DrawStep.kind == Kind.KEY_ASKED.value, named.in_(map(str, deals)))
    over = {(UUID(deal), x) for deal in session.scalars(asked) for x in range(1, HOLDERS + 1)}
    return over | {(deal, x) for deal, x in session.execute(told)}


def was_asked_for(session: Session, deal: UUID) -> bool:
    """Tell whether the pieces of a deal were ever asked for.

    Whoever spoke of them only after that could lay his own fault at the dealer's door.
    """
    named = DrawStep.document["deal"].astext == str(deal)
    asked = select(DrawStep.id).where(DrawStep.kind == Kind.KEY_ASKED.value, named).limit(1)
    return session.scalar(asked) is not None
