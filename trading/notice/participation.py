"""Participation: a tenderer joins under a pseudonym; who it is comes out after CLOSE.

At rest there is a mask, the public key it is made of, and an identity sealed to the trustees.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.notice.moment import require_closed, require_open, required_project
from trading.registration.credit_code import CreditCodeInvalid, checked

KEY_BYTES = 32
MAX_SEALED = 64 * 1024
_TWICE = "participation_project_mask_key"
_KNOWN = "participant_project_mask_key"


class Participation(Recorded):
    """A pseudonym in a project."""

    __tablename__ = "participation"
    __table_args__ = (
        UniqueConstraint("project", "mask"),
        CheckConstraint("octet_length(public_key) = 32", name="key"),
        CheckConstraint("octet_length(sealed_identity) BETWEEN 1 AND 65536", name="sealed"),
    )
    project: Mapped[UUID]
    mask: Mapped[str]
    public_key: Mapped[bytes]
    sealed_identity: Mapped[bytes]


class Participant(Recorded):
    """The organisation behind a pseudonym, as the trustees opened it."""

    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("project", "mask"),)
    project: Mapped[UUID]
    mask: Mapped[str]
    uscc: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]


def mask_of(public_key: bytes) -> str:
    """Return the pseudonym that a raw Ed25519 public key of 32 bytes makes."""
    return "p-" + hashlib.sha256(public_key).hexdigest()[:32]


def masked(act: Act) -> str:
    """Return the pseudonym of the acting tenderer; raises NotAllowed for one without."""
    if act.actor.mask is None:
        raise NotAllowed(
            "截止前只能以假名办理 / only under a pseudonym before CLOSE", rule="招标投标法 22"
        )
    return act.actor.mask


@action("participation.join", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def join(act: Act, *, public_key: bytes, sealed_identity: bytes) -> UUID:
    """Join the project under the pseudonym of this key, before CLOSE; return the id.

    Raises NotAllowed for another's mask, Invalid, Conflict the second time, WrongStage.
    """
    project, mask = required_project(act.project), masked(act)
    act.require(
        len(public_key) == KEY_BYTES,
        Invalid("public_key", "公钥应为32字节 / a public key of 32 bytes"),
    )
    act.require(
        mask == mask_of(public_key),
        NotAllowed("假名与公钥不符 / the pseudonym is not this key's", field="public_key"),
    )
    act.require(
        0 < len(sealed_identity) <= MAX_SEALED,
        Invalid("sealed_identity", "密封身份为1字节至64KiB / sealed identity of 1 byte to 64 KiB"),
    )
    require_open(act.session, project)
    act.on_conflict(_TWICE, lambda _: Conflict("该假名已参加 / this pseudonym has joined already"))
    participation = Participation(
        id=secret_id(),
        project=project,
        mask=mask,
        public_key=public_key,
        sealed_identity=sealed_identity,
    )
    act.session.add(participation)
    act.note(
        subject=str(participation.id),
        public_key=public_key.hex(),
        sealed_identity=hashlib.sha256(sealed_identity).hexdigest(),
    )
    return participation.id


@action("participation.identify", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def identify(act: Act, *, mask: str, uscc: str, name: str) -> UUID:
    """Write down whom the trustees found behind a pseudonym; return the participant's id.

    Raises WrongStage before CLOSE, NotFound, Invalid, Conflict the second time.
    """
    project = required_project(act.project)
    require_closed(act.session, project)
    joined(act.session, project, mask)
    act.require(name.strip(), Invalid("name", "名称为空 / an empty name"))
    act.on_conflict(_KNOWN, lambda _: Conflict("该假名已揭示 / this pseudonym is known already"))
    participant = Participant(
        id=secret_id(), project=project, mask=mask, uscc=_code(uscc), name=name.strip()
    )
    act.session.add(participant)
    act.note(subject=str(participant.id), mask=mask, uscc=participant.uscc, name=participant.name)
    return participant.id


def joined(session: Session, project: UUID, mask: str) -> Participation:
    """Return the participation of a pseudonym; raises NotFound."""
    found = session.scalar(
        select(Participation).where(Participation.project == project, Participation.mask == mask)
    )
    if found is None:
        raise NotFound("该假名未参加本项目 / this pseudonym has not joined", field="mask")
    return found


def participants(session: Session, project: UUID) -> list[Participant]:
    """Return who takes part, by credit code; nobody is there before CLOSE."""
    return list(
        session.scalars(
            select(Participant)
            .where(Participant.project == project)
            .order_by(Participant.uscc, Participant.mask)
        )
    )


def _code(uscc: str) -> str:
    try:
        return checked(uscc)
    except CreditCodeInvalid as fault:
        raise Invalid("uscc", f"统一社会信用代码有误 / {fault}", rule="GB 32100-2015") from fault
