"""What each holder found of the piece it was dealt, said on record before any loss.

A piece that fitted and is false later is its holder's fault, one that never did its dealer's.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from experts.escrow.dealing import KeyDeal, dealt
from experts.escrow.holder import holder_behind
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotAllowed, NotFound
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
    Conflict the second time.
    """
    found = act.session.get(KeyDeal, deal)
    if found is None:
        raise NotFound("没有此分片 / no such deal", field="deal")
    _, told = dealt(act.session, found)
    mine = 1 <= x <= len(told.escrow.holders) and holder_behind(
        act.session, act.actor.person, told.escrow.holders[x - 1].sign
    )
    act.require(mine, NotAllowed("仅限该分片的持有人 / only its own holder", rule=_RULE))
    act.on_conflict("key_check_deal_x_key", lambda _: Conflict("已核对 / said already", field="x"))
    act.session.add(KeyCheck(id=new_id(act.now), deal=deal, x=x, fits=fits))
    act.note(subject=str(found.machine), x=x, fits=fits)
