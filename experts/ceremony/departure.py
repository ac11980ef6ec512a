"""Departures 离席: a member who cannot sit after all, by the own word or found absent.

Each is one act on record; the seat is filled by a linked round from a fresh seed, never by "the
next on a list" (招标投标法实施条例 48). What the centre says alone takes no seat back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.header import Draw, checked, found_draw
from experts.ceremony.header import State as DrawState
from experts.ceremony.mail.paper import departure_evidence
from experts.ceremony.mail.request import DrawRequest, made_of
from experts.ceremony.seat import Seat, State, found_seat, seats_of
from experts.draw.pool import mask_of, read_opening
from experts.draw.transcript import Left
from experts.pool.expert import expert_of
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotAllowed, NotFound, TooEarly, WrongStage
from monitor.role import Role

RULE = "招标投标法实施条例 48"


class Departure(Recorded):
    """One who leaves a seat of a draw: the pseudonym, why, and the record of the act."""

    __tablename__ = "departure"
    __table_args__ = (
        UniqueConstraint("draw", "mask"),
        CheckConstraint("why IN ('NO_SHOW', 'WITHDRAWN')", name="why"),
    )
    draw: Mapped[UUID] = mapped_column(ForeignKey("draw.id"))
    mask: Mapped[str]
    why: Mapped[str]
    act: Mapped[UUID]

    @property
    def evidence(self) -> str:
        """Return what the draw's bundle names of it (hex)."""
        return departure_evidence(self.mask, self.why, str(self.act))


@action("panel.step_back", by=(Role.EXPERT,), visibility=Visibility.SECRET)
def step_back(act: Act, *, section: UUID, opening: Mapping[str, Any]) -> None:
    """Give up one's own seat before checking in, proven by the opening of its leaf.

    Raises NotAllowed for another's seat, WrongStage once it is checked in or over, Invalid.
    """
    with checked():
        shown = read_opening(opening, "opening")
    uid = expert_of(act.session, act.actor.person).uid
    act.require(
        shown.values.get("u") == uid and act.actor.mask == mask_of(shown.leaf),
        NotAllowed("席位不属于本人 / this seat is another's", field="opening"),
    )
    _leave(act, found_seat(act, section, mask_of(shown.leaf)), Left.WITHDRAWN)


@action("panel.no_show", by=(Role.DEPARTMENT,), visibility=Visibility.SECRET)
def no_show(act: Act, *, draw: UUID, place: int) -> None:
    """Find, on the spot, that who accepted a place (from 0) is not there once the sitting began.

    Raises NotFound, TooEarly, WrongStage for who checked in, Conflict the second time.
    """
    found = found_draw(act, draw)
    asked = act.session.scalar(select(DrawRequest).join(Draw, made_of()).where(Draw.id == found.id))
    seat = next((one for one in seats_of(act.session, found) if one.place == place), None)
    if asked is None or seat is None:
        raise NotFound("没有此席位 / no such seat", field="place")
    act.require(
        act.now >= asked.starts,
        TooEarly("评标尚未开始 / before the sitting begins", field="place", rule=RULE),
    )
    _leave(act, seat, Left.NO_SHOW)


def departures_of(session: Session, draw: UUID) -> list[Departure]:
    """Return who left seats of a draw, by pseudonym."""
    query = select(Departure).where(Departure.draw == draw).order_by(Departure.mask)
    return list(session.scalars(query))


def leaves(session: Session, seat: Seat) -> bool:
    """Tell whether the seat's member left, though a successor is not drawn yet."""
    found = select(Departure.id).where(Departure.draw == seat.draw, Departure.mask == seat.mask)
    return session.scalar(found) is not None


def _leave(act: Act, seat: Seat, why: Left) -> None:
    drawn = act.session.get(Draw, seat.draw) if seat.draw else None
    act.require(
        drawn is not None and drawn.state == DrawState.OPEN.value,
        WrongStage("抽取已结束，请申请补充抽取 / the draw is over: ask for a supplementary one"),
    )
    act.require(
        seat.state == State.CONFIRMED.value,
        WrongStage("席位不在待报到状态 / this seat awaits nobody", field="place"),
    )
    act.on_conflict(
        "departure_draw_mask_key", lambda _: Conflict("已登记离席 / noted already", field="place")
    )
    row = Departure(
        id=secret_id(), draw=seat.draw, mask=seat.mask, why=why.value, act=act.record_id
    )
    act.session.add(row)
    act.note(
        subject=str(seat.draw), section=str(seat.section), mask=seat.mask, why=row.why,
        evidence=row.evidence,
    )  # fmt: skip
