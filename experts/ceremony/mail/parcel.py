"""Parcels: what the machines of a draw send each other and that is no step of its own.

The platform is their mailbox. What only the other machine may read is sealed to that machine's own
key of this one draw, so that neither the mailbox nor a key that lives longer opens it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experts.ceremony.mail.machine.machine import machine_behind
from experts.ceremony.mail.paper import MAY_POST, Step
from experts.ceremony.mail.request import DrawRequest, found_request
from experts.draw.encoding import VERSION
from monitor.log.canonical import NotCanonical, canonical
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role

MOST_BYTES = 2 * 1024 * 1024
"""Bytes of a parcel: what grows is whom a re-check bars, some 50 bytes each as it is sealed."""
MOST_PARCELS = 1000


class Parcel(Recorded):
    """One paper between machines; `k` counts rounds, places or troubles."""

    __tablename__ = "parcel"
    __table_args__ = (
        UniqueConstraint("request", "step", "role", "k"),
        CheckConstraint("role IN ('C', 'I', 'T')", name="role"),
    )
    request: Mapped[UUID] = mapped_column(ForeignKey("draw_request.id"))
    step: Mapped[str]
    role: Mapped[str]
    k: Mapped[int]
    document: Mapped[dict[str, Any]]


@action(
    "draw.post",
    by=(Role.CENTRE, Role.DEPARTMENT, Role.TENDEREE),
    visibility=Visibility.SECRET,
)
def post(act: Act, *, request: UUID, step: Step, k: int, document: Mapping[str, Any]) -> UUID:
    """Post a parcel as a machine of this very draw; return its id. A parcel never changes.

    Raises NotAllowed for everybody else and for another role's step, Conflict the second time.
    """
    act.attempt(subject=str(request), step=step.value, k=k)
    found = found_request(act.session, request)
    act.require(found.project == act.project, NotFound("没有此申请 / no such request"))
    role = role_in(act, found)
    act.require(
        step in MAY_POST[role],
        NotAllowed("该步骤不由此方提交 / not this side's step", field="step", rule=VERSION),
    )
    act.require(found.withdrawn_at is None, WrongStage("申请已撤回 / it was withdrawn"))
    act.require(0 <= k < MOST_PARCELS, Invalid("k", "序号有误 / no such number"))
    digest = _digest(document)
    act.on_conflict(
        "parcel_request_step_role_k_key",
        lambda _: Conflict("已提交，不可更改 / posted already, and never changed", field="step"),
    )
    made = Parcel(
        id=new_id(act.now), request=found.id, step=step.value, role=role, k=k,
        document=dict(document),
    )  # fmt: skip
    act.session.add(made)
    act.note(section=str(found.section), role=role, sha256=digest)
    return made.id


def role_in(act: Act, request: DrawRequest) -> str:
    """Return which side of this very draw the acting machine is; raises NotAllowed."""
    machine = machine_behind(act.session, act.actor)
    roles = {one: role for role, one in request.machines.items()}
    if machine is None or machine.id not in roles:
        raise NotAllowed(
            "仅限本次抽取登记的设备 / only a machine named for this draw", rule="draw.name_machine"
        )
    return roles[machine.id]


def parcels_of(session: Session, request: UUID) -> list[Parcel]:
    """Return a draw's parcels, oldest first."""
    return list(
        session.scalars(select(Parcel).where(Parcel.request == request).order_by(Parcel.id))
    )


def posted(session: Session, request: UUID, step: Step, role: str, k: int) -> Parcel | None:
    """Return what a role of a draw posted, or None."""
    of = (Parcel.request == request, Parcel.step == step.value)
    return session.scalar(select(Parcel).where(*of, Parcel.role == role, Parcel.k == k))


def _digest(document: Mapping[str, Any]) -> str:
    try:
        data = canonical(dict(document))
    except NotCanonical as fault:
        raise Invalid("document", f"不是规范 JSON / {fault}", rule="RFC 8785") from fault
    if len(data) > MOST_BYTES:
        raise Invalid("document", f"不超过{MOST_BYTES}字节 / at most {MOST_BYTES} bytes")
    return hashlib.sha256(data).hexdigest()
