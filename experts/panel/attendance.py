"""Attendance: experts prove their seat, owners send delegates; each seat is bound to its member.

A seat is proven by the opening of its leaf and then bound to the person by a secret that only the
member holds: the row keeps a hash that neither names anybody nor can be tried out.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.ceremony.departure import leaves
from experts.ceremony.header import checked
from experts.ceremony.seat import Seat, State, found_seat, seated
from experts.draw.pool import mask_of, read_opening
from experts.pool.expert import expert_of
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import Role
from trading.notice.moment import required_project

SECRET_BYTES = 32
_DOMAIN = b"batong-seat/1\0"


@action("panel.delegate", by=(Role.TENDEREE,), visibility=Visibility.SECRET)
def delegate(
    act: Act, *, section: UUID, token_hash: bytes, sealed_identity: bytes, mandate: bytes
) -> str:
    """Seat an owner's delegate under a pseudonym; return the mask.

    token_hash: sha256 of 32 random bytes that the delegate is given; mandate: sha256 of the
    written mandate. Raises Invalid, Conflict.
    """
    project = required_project(act.project)
    for field, value in {"token_hash": token_hash, "mandate": mandate}.items():
        act.require(len(value) == SECRET_BYTES, Invalid(field, "应为32字节 / 32 bytes"))
    act.on_conflict("seat_section_mask_key", lambda _: Conflict("该代表已登记 / seated already"))
    place = len(seated(act.session, project, section))
    seat = Seat(
        id=secret_id(), project=project, section=section, draw=None, mask=mask_of(token_hash),
        round=0, place=place, stratum=0, state=State.CONFIRMED.value, proof=token_hash,
        sealed_identity=sealed_identity, contact=None, binding=None, name=None,
    )  # fmt: skip
    act.session.add(seat)
    act.note(subject=seat.mask, section=str(section), mandate=mandate.hex())
    return seat.mask


@action("panel.check_in", by=(Role.EXPERT,), visibility=Visibility.SECRET)
def check_in(act: Act, *, section: UUID, opening: Mapping[str, Any], secret: bytes) -> None:
    """Prove by the leaf's opening that this seat is one's own, and bind it to `secret`.

    secret: 32 random bytes that the member keeps and shows with every later act. Raises
    NotAllowed for another's seat, WrongStage for one that is not confirmed, Invalid.
    """
    with checked():
        shown = read_opening(opening, "opening")
    uid = expert_of(act.session, act.actor.person).uid
    act.require(
        shown.values.get("u") == uid and act.actor.mask == mask_of(shown.leaf),
        NotAllowed("席位不属于本人 / this seat is another's", field="opening"),
    )
    _bind(act, section, shown.leaf, secret)


@action("panel.attend", by=(Role.TENDEREE,), visibility=Visibility.SECRET)
def attend(act: Act, *, section: UUID, token: bytes, secret: bytes) -> None:
    """Take a delegate's seat by its token, and bind it to `secret`; raises as check_in."""
    proof = hashlib.sha256(token).digest()
    act.require(
        act.actor.mask == mask_of(proof),
        NotAllowed("席位不属于本人 / this seat is another's", field="token"),
    )
    _bind(act, section, proof, secret)


def own_seat(act: Act, section: UUID, secret: bytes) -> Seat:
    """Return the actor's own seat; raises NotAllowed for anybody who does not hold its secret."""
    mask = act.actor.mask or ""
    seat = found_seat(act, section, mask)
    bound = seat.binding or b""
    act.require(
        seat.state == State.CHECKED_IN.value
        and hmac.compare_digest(bound, _binding(mask, act.actor.person, secret)),
        NotAllowed("席位不属于本人 / this seat is another's", field="secret"),
    )
    return seat


def seat_held(
    session: Session, section: UUID, mask: str, person: UUID, secret: bytes
) -> Seat | None:
    """Return the seat if this person holds its secret; None for anybody else, and for no seat."""
    found = session.scalar(select(Seat).where(Seat.section == section, Seat.mask == mask))
    if found is None or found.state != State.CHECKED_IN.value:
        return None
    held = hmac.compare_digest(found.binding or b"", _binding(mask, person, secret))
    return found if held else None


def seat_waits(session: Session, section: UUID, mask: str) -> bool:
    """Tell whether a seat waits for its member to check in."""
    state = session.scalar(select(Seat.state).where(Seat.section == section, Seat.mask == mask))
    return state == State.CONFIRMED.value


def _bind(act: Act, section: UUID, proof: bytes, secret: bytes) -> None:
    act.require(len(secret) == SECRET_BYTES, Invalid("secret", "应为32字节 / 32 bytes"))
    seat = found_seat(act, section, mask_of(proof))
    act.require(
        seat.state == State.CONFIRMED.value
        and seat.proof == proof
        and not leaves(act.session, seat),
        WrongStage("席位不在待报到状态 / this seat awaits nobody", field="section"),
    )
    seat.state = State.CHECKED_IN.value
    seat.binding = _binding(seat.mask, act.actor.person, secret)
    act.note(subject=seat.mask, section=str(section))


def _binding(mask: str, person: UUID, secret: bytes) -> bytes:
    return hashlib.sha256(_DOMAIN + mask.encode() + person.bytes + secret).digest()
