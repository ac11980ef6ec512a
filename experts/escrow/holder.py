"""Holders: who has the pieces of a side's shares, named on record with their public keys.

Each side names three for itself, trustees of three bodies: none its own, none the centre's. So
neither the side, nor the centre, nor any one body opens a share alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, and_, or_, select, text
from sqlalchemy.orm import Mapped, Session

from experts.ceremony.mail.machine.machine import KEY_BYTES
from experts.draw.header import INSPECTOR, TENDEREE
from experts.escrow.recovery import HOLDERS, Holder
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.standing import Appointment
from monitor.record.table import Recorded
from monitor.refusal import Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.registration.party import Organisation, Person

NAMED_BY = {Role.DEPARTMENT: INSPECTOR, Role.TENDEREE: TENDEREE}
"""Whose share who names holders for; the inspector's hold its VRF key too, nobody the centre's."""
_CENTRES = (Role.CENTRE.value, Role.FINANCE.value, Role.ADMINISTRATOR.value)
_RULE = "batong-draw/1 §4"
RECIPIENT = re.compile("age1[02-9ac-hj-np-z]{58}")


class EscrowHolder(Recorded):
    """One who holds piece `x` of the shares of a side's organisation, while `until` is None."""

    __tablename__ = "escrow_holder"
    __table_args__ = (
        CheckConstraint("role IN ('C', 'I', 'T')", name="role"),
        CheckConstraint("x BETWEEN 1 AND 3", name="x"),
        CheckConstraint("octet_length(sign) = 32", name="sign"),
        Index(
            "escrow_holder_org_key", "role", "org", "x",
            unique=True, postgresql_where=text("until IS NULL"),
        ),
    )  # fmt: skip
    role: Mapped[str]
    org: Mapped[UUID]
    x: Mapped[int]
    person: Mapped[UUID]
    sign: Mapped[bytes]
    recipient: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]

    @property
    def keys(self) -> Holder:
        """Return the public keys, as a recovery copy names them."""
        return Holder(self.recipient, self.sign)


@dataclass(frozen=True, slots=True)
class Named:
    """Who is to hold a piece: a trustee's person and the public keys of its own device."""

    person: UUID
    sign: bytes
    recipient: str


@action("draw.name_holders", by=tuple(NAMED_BY), standing=False)
def name_holders(act: Act, *, holders: Sequence[Named]) -> list[UUID]:
    """Name the three who hold the pieces of one's own side's shares; return their rows' ids.

    Those before them end, for the draws to come. Raises Invalid unless they are three, of three
    bodies, with keys of their own; NotFound for no trustee, NotAllowed for one of one's own or of
    the centre.
    """
    three = Invalid("holders", f"须为{HOLDERS}人 / must be {HOLDERS}", rule=_RULE)
    act.require(len(holders) == HOLDERS, three)
    for one in holders:
        _require_keys(one)
    bodies = [_body(act, one.person) for one in holders]
    signing, sealing = {one.sign for one in holders}, {one.recipient for one in holders}
    act.require(
        {len(set(bodies)), len(signing), len(sealing)} == {HOLDERS},
        Invalid("holders", "三人须分属三家单位、各用各的密钥 / of three bodies, each its own keys",
                rule=_RULE),
    )  # fmt: skip
    role = NAMED_BY[act.actor.role]
    before = _serving(act.session, role, act.actor.org)
    for row in before:
        row.until = act.now
    act.session.flush()
    made = [
        EscrowHolder(
            id=new_id(act.now), role=role, org=act.actor.org, x=x, person=one.person,
            sign=one.sign, recipient=one.recipient, since=act.now, until=None,
        )
        for x, one in enumerate(holders, 1)
    ]  # fmt: skip
    act.session.add_all(made)
    act.note(
        role=role, org=str(act.actor.org),
        holders=[{"person": str(one.person), **one.keys.value()} for one in made],
    )  # fmt: skip
    return [one.id for one in made]


def holders_for(session: Session, role: str, org: UUID) -> list[Holder]:
    """Return who holds the pieces of a side's shares now, x = 1 first; [] for nobody named."""
    return [row.keys for row in _serving(session, role, org)]


def holder_behind(session: Session, person: UUID, sign: bytes) -> EscrowHolder | None:
    """Return the row of the person whom these keys were named for, though others follow now."""
    found = select(EscrowHolder).where(EscrowHolder.person == person, EscrowHolder.sign == sign)
    return session.scalar(found.order_by(EscrowHolder.id.desc()).limit(1))


def trustees(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Return every trustee that may be named, by person's id: body and name."""
    rows = session.execute(
        select(Person.id, Organisation.name, Person.name)
        .join(Appointment, Appointment.person == Person.id)
        .join(Organisation, Organisation.id == Appointment.org)
        .where(_serves(now), Appointment.role == Role.TRUSTEE.value)
        .order_by(Organisation.name, Person.id)
    )
    return [(str(number), f"{body} {name}") for number, body, name in rows]


def _serving(session: Session, role: str, org: UUID) -> list[EscrowHolder]:
    mine = (EscrowHolder.role == role, EscrowHolder.org == org, EscrowHolder.until.is_(None))
    return list(session.scalars(select(EscrowHolder).where(*mine).order_by(EscrowHolder.x)))


def _serves(now: datetime) -> ColumnElement[bool]:
    over = or_(Appointment.until.is_(None), Appointment.until > now)
    return and_(Appointment.since <= now, over)


def _body(act: Act, person: UUID) -> UUID:
    """Return the organisation that a trustee is of; raises NotFound, NotAllowed."""
    trustee = (Appointment.person == person, Appointment.role == Role.TRUSTEE.value)
    org = act.session.scalar(select(Appointment.org).where(_serves(act.now), *trustee).limit(1))
    if org is None:
        raise NotFound("没有此受托人 / no such trustee", field="holders")
    act.require(
        org != act.actor.org,
        NotAllowed("不得由本单位持有 / not one of your own body", field="holders", rule=_RULE),
    )
    centres = select(Appointment.id).where(_serves(act.now), Appointment.role.in_(_CENTRES))
    there = or_(Appointment.person == person, Appointment.org == org)
    act.require(
        act.session.scalar(centres.where(there).limit(1)) is None,
        NotAllowed(
            "中心人员不得持有 / nobody of the centre holds one", field="holders", rule=_RULE
        ),
    )
    return org


def _require_keys(one: Named) -> None:
    if len(one.sign) != KEY_BYTES:
        raise Invalid("sign", f"公钥应为{KEY_BYTES}字节 / a public key of {KEY_BYTES} bytes")
    if not RECIPIENT.fullmatch(one.recipient):
        raise Invalid("recipient", "应为 age1 开头的公钥 / a public key as age1…", rule="age")
