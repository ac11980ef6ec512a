"""Machines: the programs that take part in draws, whose they are, and their public keys.

The public log of keys (batong-draw/1 §2.2): each side names its own machine before any draw, so
that nobody can put another key into a header, and no clerk can read what only a machine may.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, or_, select, text
from sqlalchemy.orm import Mapped, Session

from experts.draw.curve.vrf import VrfError, validate_key
from experts.draw.header import CENTRE, INSPECTOR, TENDEREE
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.standing import Appointment
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Actor, Role

NAMED_BY = {Role.ADMINISTRATOR: CENTRE, Role.DEPARTMENT: INSPECTOR, Role.TENDEREE: TENDEREE}
"""Who names which machine: nobody another side's."""

DEPUTY = "D"
"""The machine that answers for the inspector's while that one is away (deputy.py)."""

ACTS_AS = {
    CENTRE: Role.CENTRE, INSPECTOR: Role.DEPARTMENT, DEPUTY: Role.DEPARTMENT,
    TENDEREE: Role.TENDEREE,
}  # fmt: skip
"""As what a machine's own account acts."""

KEY_BYTES = 32


class Machine(Recorded):
    """A program with keys; `until` is None while it is its organisation's machine."""

    __tablename__ = "draw_machine"
    __table_args__ = (
        UniqueConstraint("person"),
        CheckConstraint("role IN ('C', 'I', 'T', 'D')", name="role"),
        CheckConstraint("octet_length(sign) = 32", name="sign"),
        CheckConstraint("octet_length(vrf) = 32", name="vrf"),
        CheckConstraint("(role = 'T') = (vrf IS NULL)", name="keys"),
        Index(
            "draw_machine_org_key",
            "org",
            "role",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
    )
    role: Mapped[str]
    person: Mapped[UUID]
    org: Mapped[UUID]
    sign: Mapped[bytes]
    vrf: Mapped[bytes | None]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    lost_at: Mapped[datetime | None]
    """When its VRF key was handed on by those who hold it: the key enters no header after that."""

    @property
    def side(self) -> str:
        """Return whose part it takes in a draw: C, I or T."""
        return INSPECTOR if self.role == DEPUTY else self.role

    @property
    def keys(self) -> dict[str, str]:
        """Return the public keys as a header lists them."""
        vrf = {} if self.vrf is None else {"vrf": self.vrf.hex()}
        return {"sign": self.sign.hex(), **vrf}


@action("draw.name_machine", by=tuple(NAMED_BY), standing=False)
def name_machine(act: Act, *, person: UUID, sign: bytes, vrf: bytes | None = None) -> UUID:
    """Name the account and the keys of one's own organisation's machine; return its id.

    The one before it ends. Raises NotAllowed for oneself, NotFound for nobody of one's own,
    Invalid for keys that are none, Conflict for an account that was named before.
    """
    return _named(act, NAMED_BY[act.actor.role], person, sign, vrf)


@action("draw.name_deputy", by=(Role.DEPARTMENT,), standing=False)
def name_deputy(act: Act, *, person: UUID, sign: bytes, vrf: bytes) -> UUID:
    """Name the machine that answers for one's agent while it is away; return its id.

    Its account and keys are its own. Raises as name_machine does, and Conflict for another's key.
    """
    shared = select(Machine.id).where(or_(Machine.sign == sign, Machine.vrf == vrf)).limit(1)
    act.require(
        act.session.scalar(shared) is None,
        Conflict("备用端须用自己的密钥 / a deputy has keys of its own", field="sign"),
    )
    return _named(act, DEPUTY, person, sign, vrf)


def _named(act: Act, role: str, person: UUID, sign: bytes, vrf: bytes | None) -> UUID:
    act.require(
        person != act.actor.person,
        NotAllowed("不得登记自己 / nobody names himself", field="person", rule="四眼 / four eyes"),
    )
    act.require(
        _serves(act, person, ACTS_AS[role]),
        NotFound("本单位无此设备账号 / no such account of your organisation", field="person"),
    )
    _require_keys(role, sign, vrf)
    act.require(
        not is_lost(act.session, sign, vrf),
        Conflict("该密钥已被恢复，须换新密钥 / this key was recovered: name a fresh one",
                 field="vrf", rule="batong-draw/1 §2.2"),
    )  # fmt: skip
    act.on_conflict(
        "draw_machine_person_key",
        lambda _: Conflict("该账号已登记 / this account was named before", field="person"),
    )
    before = machine_of(act.session, role, act.actor.org)
    if before is not None:
        before.until = act.now
        act.session.flush()
    made = Machine(
        id=new_id(act.now), role=role, person=person, org=act.actor.org, sign=sign, vrf=vrf,
        since=act.now, until=None, lost_at=None,
    )  # fmt: skip
    act.session.add(made)
    act.note(
        subject=str(made.id), role=role, person=str(person), org=str(made.org), keys=made.keys,
        replaces="" if before is None else str(before.id),
    )  # fmt: skip
    return made.id


def is_lost(session: Session, sign: bytes, vrf: bytes | None) -> bool:
    """Tell whether a machine with either of these keys was lost, and its key put together again."""
    same = or_(Machine.sign == sign, Machine.vrf == vrf)
    lost = select(Machine.id).where(same, Machine.lost_at.is_not(None)).limit(1)
    return session.scalar(lost) is not None


def machine_of(session: Session, role: str, org: UUID) -> Machine | None:
    """Return an organisation's machine for a role of draws, if it has named one."""
    return session.scalar(
        select(Machine).where(Machine.role == role, Machine.org == org, Machine.until.is_(None))
    )


def centre_machine(session: Session) -> Machine | None:
    """Return the centre's machine, if it has named one."""
    serving = select(Machine).where(Machine.role == CENTRE, Machine.until.is_(None))
    return session.scalar(serving.order_by(Machine.id.desc()).limit(1))


def machine_behind(session: Session, actor: Actor) -> Machine | None:
    """Return the machine that this account is, if it is one that serves now."""
    found = session.scalar(
        select(Machine).where(
            Machine.person == actor.person, Machine.org == actor.org, Machine.until.is_(None)
        )
    )
    return found if found is not None and ACTS_AS[found.role] is actor.role else None


def _serves(act: Act, person: UUID, role: Role) -> bool:
    found = act.session.scalar(
        select(Appointment.id)
        .where(Appointment.person == person, Appointment.org == act.actor.org)
        .where(Appointment.role == role.value, Appointment.since <= act.now)
        .where((Appointment.until.is_(None)) | (Appointment.until > act.now))
        .limit(1)
    )
    return found is not None


def _require_keys(role: str, sign: bytes, vrf: bytes | None) -> None:
    for field, key in {"sign": sign, "vrf": vrf}.items():
        if key is not None and len(key) != KEY_BYTES:
            raise Invalid(field, f"公钥应为{KEY_BYTES}字节 / a public key of {KEY_BYTES} bytes")
    if (role == TENDEREE) != (vrf is None):
        raise Invalid("vrf", "中心与监督各须一把VRF公钥 / centre and supervisor have a VRF key")
    try:
        if vrf is not None:
            validate_key(vrf)
    except VrfError as fault:
        raise Invalid("vrf", f"不是有效公钥 / {fault}", rule="RFC 9381 §5.4.5") from fault
