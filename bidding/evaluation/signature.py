"""Signatures: each member signs the own sheets, dissents in writing, or is noted as refusing.

Who refuses to sign and states no dissent in writing is held to agree (招标投标法实施条例 53).
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from uuid import UUID

from bidding.evaluation.method import Evaluation, open_evaluation
from bidding.evaluation.sheet import (
    MEMBERS,
    EvaluationSignature,
    member_of,
    rejected_bids,
    sheets_of,
    signature_of,
)
from bidding.opened import opened_bids
from experts.ceremony.seat import State, found_seat
from monitor.log.canonical import JSON, canonical
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.refusal import Conflict, NotFound, WrongStage
from monitor.role import Role


class Stance(StrEnum):
    """How a member stands to the result."""

    SIGNED = "signed"
    DISSENTS = "dissents"
    REFUSED = "refused"  # without reason: held to agree


@action("evaluation.sign", by=MEMBERS, visibility=Visibility.SECRET)
def sign(act: Act, *, section: UUID, secret: bytes, dissent: str = "") -> str:
    """Sign one's sheets of every bid that stands, or dissent in writing; return the digest (hex).

    From here on nothing of them changes. Raises WrongStage while a sheet is missing, NotAllowed.
    """
    evaluation, seat = member_of(act, section, secret)
    stance = Stance.DISSENTS if dissent.strip() else Stance.SIGNED
    return _keep(act, evaluation, seat.mask, stance, dissent.strip())


@action("evaluation.note_refusal", by=(Role.CENTRE,), visibility=Visibility.SECRET)
def note_refusal(act: Act, *, section: UUID, mask: str) -> None:
    """Write down that a member, all of whose sheets are in, refuses to sign without a reason.

    Raises WrongStage, NotFound, Conflict for one who has signed.
    """
    evaluation = open_evaluation(act, section)
    seat = found_seat(act, section, mask)
    act.require(
        seat.state == State.CHECKED_IN.value,
        NotFound("该席位不是委员会成员 / not a member's seat", field="mask"),
    )
    act.require(
        signature_of(act.session, evaluation, mask) is None,
        Conflict("该成员已签名 / this member has signed", field="mask"),
    )
    _keep(act, evaluation, mask, Stance.REFUSED, "")


def _keep(act: Act, evaluation: Evaluation, mask: str, stance: Stance, dissent: str) -> str:
    sheets = sheets_of(act.session, evaluation, mask)
    opened = {row.bid for row in opened_bids(act.session, evaluation.project, evaluation.section)}
    missing = opened - rejected_bids(act.session, evaluation) - set(sheets)
    act.require(
        not missing,
        WrongStage(f"尚有{len(missing)}份投标未评分 / bids not scored yet", field="sheets"),
    )
    value: dict[str, JSON] = {str(bid): dict(points) for bid, points in sheets.items()}
    digest = hashlib.sha256(canonical(value)).digest()
    act.session.add(
        EvaluationSignature(
            id=secret_id(), evaluation=evaluation.id, mask=mask, stance=stance.value,
            dissent=dissent, digest=digest,
        )
    )  # fmt: skip
    act.note(
        subject=str(evaluation.id), section=str(evaluation.section), member=mask,
        stance=stance.value, dissent=dissent, sheets=digest.hex(),
    )  # fmt: skip
    return digest.hex()
