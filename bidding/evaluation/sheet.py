"""Score sheets and votes: each member alone, under a pseudonym, until the own signature.

Nobody sees another's sheet before the result. A bid is rejected by the majority of the committee,
on one of the grounds of the law (招标投标法实施条例 51).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bidding.evaluation.method import Evaluation, method_of, open_evaluation
from bidding.opened import OpenedBid
from experts.ceremony.seat import Seat
from experts.panel.attendance import own_seat
from experts.panel.promise import require_promised
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, WrongStage
from monitor.role import Role
from trading.notice.moment import required_project

MEMBERS = (Role.EXPERT, Role.TENDEREE)
"""Drawn experts, and the owner's delegates; `own_seat` lets nobody else in."""
MAX_REASON = 500


class Ground(StrEnum):
    """Why a bid is rejected (招标投标法实施条例 51)."""

    UNSIGNED = "unsigned"
    NO_CONSORTIUM_AGREEMENT = "no_consortium_agreement"
    UNQUALIFIED = "unqualified"
    TWO_OFFERS = "two_offers"
    PRICE = "price"  # below cost, or above the ceiling
    UNRESPONSIVE = "unresponsive"
    UNLAWFUL = "unlawful"  # collusion, fraud, bribery


class ScoreSheet(Recorded):
    """One member's points (criterion -> hundredths) for one bid, and the reasons beside them."""

    __tablename__ = "score_sheet"
    __table_args__ = (UniqueConstraint("evaluation", "mask", "bid"),)
    evaluation: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    mask: Mapped[str]
    bid: Mapped[UUID]
    points: Mapped[dict[str, Any]]
    reasons: Mapped[dict[str, Any] | None]


class RejectionVote(Recorded):
    """One member's vote to reject a bid."""

    __tablename__ = "rejection_vote"
    __table_args__ = (UniqueConstraint("evaluation", "mask", "bid"),)
    evaluation: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    mask: Mapped[str]
    bid: Mapped[UUID]
    ground: Mapped[str]
    reason: Mapped[str]


class EvaluationSignature(Recorded):
    """One member's signature under the own sheets: signed, dissenting, or refused."""

    __tablename__ = "evaluation_signature"
    __table_args__ = (UniqueConstraint("evaluation", "mask"),)
    evaluation: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    mask: Mapped[str]
    stance: Mapped[str]
    dissent: Mapped[str]
    digest: Mapped[bytes]


@action("evaluation.score", by=MEMBERS, visibility=Visibility.SECRET)
def score(
    act: Act,
    *,
    section: UUID,
    bid: UUID,
    points: Mapping[str, int],
    secret: bytes,
    reasons: Mapping[str, str] | None = None,
) -> None:
    """Score one bid on every criterion (hundredths of a point), or change that until signed.

    secret: what the member's seat was bound to; reasons: by criterion, for those that have one.
    Raises Invalid for points out of range or a criterion too many or too few, NotAllowed for
    another's seat, NotFound, WrongStage before the promise.
    """
    evaluation, seat = member_of(act, section, secret)
    found_bid(act, section, bid)
    method = method_of(act.session, required_project(act.project), section)
    act.require(
        set(points) == set(method.criteria),
        Invalid("points", "须逐项评分 / every criterion, and no other"),
    )
    for code, given in points.items():
        full = method.criteria[code]
        act.require(
            type(given) is int and 0 <= given <= full,
            Invalid(code, "分值超出评分范围 / beyond the criterion", rule="87号令 64"),
        )
    told = _reasons(act, reasons or {}, method.criteria)
    row = act.session.scalar(
        select(ScoreSheet).where(
            ScoreSheet.evaluation == evaluation.id,
            ScoreSheet.mask == seat.mask,
            ScoreSheet.bid == bid,
        )
    )
    if row is None:
        row = ScoreSheet(
            id=secret_id(), evaluation=evaluation.id, mask=seat.mask, bid=bid, points={},
            reasons=None,
        )  # fmt: skip
        act.session.add(row)
    row.points, row.reasons = dict(points), told
    act.note(
        subject=str(evaluation.id), section=str(section), bid=str(bid), points=dict(points),
        reasons=told,
    )  # fmt: skip


def _reasons(act: Act, reasons: Mapping[str, str], criteria: Mapping[str, int]) -> dict[str, str]:
    """Return the reasons that were given; raises Invalid for another criterion's, or a novel."""
    for code, reason in reasons.items():
        act.require(code in criteria, Invalid("reasons", "没有此评分项 / no such criterion"))
        act.require(
            len(reason) <= MAX_REASON, Invalid(code, f"理由不超过{MAX_REASON}字 / too long")
        )
    return {code: reason.strip() for code, reason in reasons.items() if reason.strip()}


@action("evaluation.reject", by=MEMBERS, visibility=Visibility.SECRET)
def reject(
    act: Act, *, section: UUID, bid: UUID, ground: Ground, reason: str, secret: bytes
) -> None:
    """Vote to reject a bid, with ground and reason; it falls by the majority of all members.

    Raises Invalid without a reason, Conflict the second time, NotAllowed, NotFound, WrongStage.
    """
    evaluation, seat = member_of(act, section, secret)
    found_bid(act, section, bid)
    act.require(reason.strip(), Invalid("reason", "须写明理由 / a reason is needed"))
    act.on_conflict(
        "rejection_vote_evaluation_mask_bid_key", lambda _: Conflict("已表决 / voted already")
    )
    vote = RejectionVote(
        id=secret_id(), evaluation=evaluation.id, mask=seat.mask, bid=bid,
        ground=Ground(ground).value, reason=reason.strip(),
    )  # fmt: skip
    act.session.add(vote)
    act.note(
        subject=str(evaluation.id), section=str(section), bid=str(bid), ground=vote.ground,
        reason=vote.reason,
    )  # fmt: skip


def member_of(act: Act, section: UUID, secret: bytes) -> tuple[Evaluation, Seat]:
    """Return evaluation and own seat of a member who has not signed yet.

    The seat's row is locked, so that signing and a late change cannot overlap.
    """
    seat = own_seat(act, section, secret)
    require_promised(act, section, seat.mask)
    evaluation = open_evaluation(act, section)
    act.require(
        signature_of(act.session, evaluation, seat.mask) is None,
        WrongStage("已签名，不得改变 / signed, nothing changes", rule="87号令 64"),
    )
    return evaluation, seat


def found_bid(act: Act, section: UUID, bid: UUID) -> OpenedBid:
    """Return an opened bid of the section by its bid id; raises NotFound."""
    found = act.session.scalar(
        select(OpenedBid).where(
            OpenedBid.project == act.project, OpenedBid.section == section, OpenedBid.bid == bid
        )
    )
    if found is None:
        raise NotFound("没有此投标 / no such opened bid", field="bid")
    return found


def signature_of(session: Session, evaluation: Evaluation, mask: str) -> EvaluationSignature | None:
    """Return a member's signature, or None."""
    return session.scalar(
        select(EvaluationSignature).where(
            EvaluationSignature.evaluation == evaluation.id, EvaluationSignature.mask == mask
        )
    )


def sheets_of(session: Session, evaluation: Evaluation, mask: str) -> dict[UUID, Mapping[str, int]]:
    """Return a member's sheets by bid."""
    rows = session.scalars(
        select(ScoreSheet).where(ScoreSheet.evaluation == evaluation.id, ScoreSheet.mask == mask)
    )
    return {row.bid: row.points for row in rows}


def rejected_bids(session: Session, evaluation: Evaluation) -> set[UUID]:
    """Return the bids that more than half of all members voted to reject."""
    votes = session.execute(
        select(RejectionVote.bid, func.count())
        .where(RejectionVote.evaluation == evaluation.id)
        .group_by(RejectionVote.bid)
    )
    return {bid for bid, number in votes if 2 * number > evaluation.members}
