"""The VRF key of an inspector's agent in escrow: dealt on record by the agent itself.

The centre's is dealt to nobody: nothing here goes on with it, and whoever holds both keys knows a
panel before its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Text, cast, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.header import Draw, DrawStep, Kind, checked
from experts.ceremony.mail.machine.machine import DEPUTY, Machine, machine_behind, machine_of
from experts.draw.encoding import require
from experts.draw.header import INSPECTOR
from experts.escrow.holder import holders_for
from experts.escrow.key import VERSION, Deal, read_deal
from experts.escrow.running import runs
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotAllowed, WrongStage
from monitor.role import Role

_RULE = "batong-draw/1 §2.2"


class KeyDeal(Recorded):
    """The pieces of a machine's VRF key, each sealed to its holder; the newest counts."""

    __tablename__ = "key_deal"
    machine: Mapped[UUID] = mapped_column(ForeignKey("draw_machine.id"), index=True)
    document: Mapped[dict[str, Any]]
    dealt_at: Mapped[datetime]


_OPENS = KeyDeal.document["v"].astext == VERSION


@action("draw.deal_key", by=(Role.DEPARTMENT,), standing=False)
def deal_key(act: Act, *, deal: Mapping[str, Any]) -> UUID:
    """Put the pieces of one's own VRF key on record, sealed to the named holders; return the id.

    Raises NotAllowed for whoever is no inspector's agent, WrongStage where nobody was named
    or the key is asked for as lost, Invalid for a deal of another key, or to others.
    """
    machine = machine_behind(act.session, act.actor)
    if machine is None or machine.role != INSPECTOR:
        raise NotAllowed("仅限登记的监督端 / only an inspector's agent", rule=_RULE)
    named = holders_for(act.session, machine.role, machine.org)
    act.require(named, WrongStage("尚未登记持有人 / no holders are named", rule=_RULE))
    act.require(
        not is_asked_for(act.session, machine.id),
        WrongStage("该密钥正在恢复，不得另行分发 / this key is asked for: nothing new is dealt",
                   field="deal", rule=_RULE),
    )  # fmt: skip
    with checked():
        told = read_deal(deal, machine.sign)
        own = (told.role, told.vrf) == (machine.role, machine.vrf)
        require(own, "key", "is not the key on record / 不是登记的密钥")
        require(
            told.heir == heir_of(act.session, machine), "key", "names another deputy / 备用端不符"
        )
    act.require(
        list(told.escrow.holders) == named,
        Invalid("deal", "须分给登记的三位持有人 / must be sealed to the three named", rule=_RULE),
    )
    made = KeyDeal(id=new_id(act.now), machine=machine.id, document=dict(deal), dealt_at=act.now)
    act.session.add(made)
    act.note(
        subject=str(machine.id), role=machine.role, vrf=told.vrf.hex(), slope=told.slope.hex(),
        heir=told.heir.hex(), holders=[one.value() for one in named],
    )  # fmt: skip
    return made.id


def deals_of(session: Session, machine: UUID) -> list[KeyDeal]:
    """Return the deals of a machine's key, the newest first; none of a format of before.

    The letters of version 1 named neither the dealer nor the deputy: no holder opens one any more.
    """
    found = select(KeyDeal).where(KeyDeal.machine == machine, _OPENS)
    return list(session.scalars(found.order_by(KeyDeal.id.desc())))


def newest_deals(session: Session) -> list[tuple[KeyDeal, bytes]]:
    """Return the newest deal of each machine that serves, and its signing key."""
    found = (
        select(KeyDeal, Machine.sign)
        .join(Machine, Machine.id == KeyDeal.machine)
        .where(Machine.until.is_(None), _OPENS)
        .ext(distinct_on(KeyDeal.machine))
        .order_by(KeyDeal.machine, KeyDeal.id.desc())
    )
    return [(row, sign) for row, sign in session.execute(found)]


def deal_of(session: Session, machine: UUID) -> KeyDeal | None:
    """Return the newest deal of a machine's key, if there is one."""
    return next(iter(deals_of(session, machine)), None)


def is_asked_for(session: Session, machine: UUID) -> bool:
    """Tell whether a machine's key is asked for in a draw that is not over yet."""
    asked = (
        select(Draw.id)
        .join(DrawStep, DrawStep.draw == Draw.id)
        .join(KeyDeal, cast(KeyDeal.id, Text) == DrawStep.document["deal"].astext)
        .where(DrawStep.kind == Kind.KEY_ASKED.value, KeyDeal.machine == machine, runs())
    )
    return session.scalar(asked.limit(1)) is not None


def dealt(session: Session, row: KeyDeal) -> tuple[Machine, Deal]:
    """Return whose key a deal is of, and the deal as read; raises Invalid."""
    machine = session.get_one(Machine, row.machine)
    with checked():
        return machine, read_deal(row.document, machine.sign)


def heir_of(session: Session, machine: Machine) -> bytes:
    """Return the key of the deputy that may succeed: b"" for none."""
    deputy = machine_of(session, DEPUTY, machine.org)
    return b"" if deputy is None else deputy.sign
