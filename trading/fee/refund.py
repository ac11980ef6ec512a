"""Refunds: straight back to whoever withdrew in time; after CLOSE by order, four eyes and bank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.workday import local_date
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.fee.block import block_of
from trading.fee.deposit import Deposit, State, found_deposit, require_state
from trading.fee.entry import write
from trading.ledger import Head, Posting, interest, move
from trading.notice.moment import (
    ENDED,
    done_at,
    require_closed,
    require_open,
    required_project,
)


class Refund(Recorded):
    """Money that goes back, in fen; `instruction` is the record that told the bank, its key."""

    __tablename__ = "refund"
    __table_args__ = (
        UniqueConstraint("deposit"),
        UniqueConstraint("reference"),
        CheckConstraint("approved_by <> ordered_by", name="four_eyes"),
        CheckConstraint(
            "early OR (instruction IS NULL) = (approved_by IS NULL)", name="instructed"
        ),
        CheckConstraint("reference IS NULL OR instruction IS NOT NULL", name="confirmed"),
        CheckConstraint("principal_fen > 0 AND interest_fen >= 0", name="sums"),
    )
    project: Mapped[UUID]
    deposit: Mapped[UUID] = mapped_column(ForeignKey("deposit.id"))
    early: Mapped[bool]
    principal_fen: Mapped[int]
    interest_fen: Mapped[int]
    ordered_by: Mapped[UUID]
    ordered_at: Mapped[datetime]
    approved_by: Mapped[UUID | None]
    instruction: Mapped[UUID | None]
    reference: Mapped[str | None]


@action("deposit.return_early", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def return_early(act: Act, *, deposit: UUID) -> UUID:
    """Send the deposit of a bid withdrawn before the deadline straight back (条例 35).

    So go those of a trade that its owner has ended before CLOSE, with their interest (条例 31).
    Nobody orders or approves: before CLOSE no person may know that it was paid. Returns the
    refund's id; its instruction is this record. Raises NotFound, WrongStage.
    """
    project = required_project(act.project)
    require_open(act.session, project)
    found = found_deposit(act, deposit)
    require_state(found, State.RECEIVED)
    ended = done_at(act.session, project, ENDED) is not None
    refund = _ordered(act, found, gain=_gain(act, project, found) if ended else 0)
    refund.early, refund.instruction = True, act.record_id
    found.state = State.RETURNING.value
    act.note(subject=str(refund.id), deposit=str(found.id), principal=str(refund.principal_fen))
    return refund.id


@action("deposit.order_refund", by=(Role.FINANCE,), visibility=Visibility.SECRET)
def order_refund(act: Act, *, deposit: UUID) -> UUID:
    """Order the refund of a deposit with interest to today, after CLOSE; return the refund's id.

    Principal and bank interest to the fen (条例 57). Raises WrongStage, NotFound.
    """
    project = required_project(act.project)
    require_closed(act.session, project)
    found = found_deposit(act, deposit)
    require_state(found, State.RECEIVED)
    refund = _ordered(act, found, gain=_gain(act, project, found))
    found.state = State.ORDERED.value
    act.note(
        subject=str(refund.id),
        deposit=str(found.id),
        principal=str(refund.principal_fen),
        interest=str(refund.interest_fen),
    )
    return refund.id


@action("deposit.approve_refund", by=(Role.FINANCE,), visibility=Visibility.SECRET)
def approve_refund(act: Act, *, refund: UUID) -> UUID:
    """Sign a refund as the second person; return the instruction, the bank's idempotency key.

    Raises NotAllowed for the person who ordered it: the database itself refuses that.
    """
    require_closed(act.session, required_project(act.project))
    found, deposit = _found(act, refund)
    require_state(deposit, State.ORDERED)
    act.on_conflict(
        "refund_four_eyes_check",
        lambda _: NotAllowed(
            "复核人不得为经办人 / another person than the one who ordered", field="refund"
        ),
    )
    found.approved_by, found.instruction = act.actor.person, act.record_id
    deposit.state = State.APPROVED.value
    act.note(subject=str(found.id), deposit=str(deposit.id))
    return act.record_id


@action("deposit.confirm_refund", by=(Role.SYSTEM, Role.FINANCE), visibility=Visibility.SECRET)
def confirm_refund(act: Act, *, refund: UUID, reference: str) -> None:
    """Write down that the bank has paid, and book it. Raises WrongStage, Invalid, Conflict."""
    if act.actor.role is Role.FINANCE:
        require_closed(act.session, required_project(act.project))
    found, deposit = _found(act, refund)
    require_state(deposit, State.APPROVED, State.RETURNING)
    act.require(reference.strip(), Invalid("reference", "缺少银行流水号 / no bank reference"))
    act.on_conflict(
        "refund_reference_key",
        lambda _: Conflict("该流水已入账 / this payment is booked already", field="reference"),
    )
    found.reference = reference.strip()
    deposit.state = State.RETURNED.value
    _book(act, deposit, found)
    act.note(
        subject=str(found.id),
        deposit=str(deposit.id),
        reference=found.reference,
        concerns=[f"deposit:{deposit.id}"],
    )


def refund_of(session: Session, refund: UUID) -> Refund:
    """Return the refund; raises NotFound."""
    found = session.get(Refund, refund)
    if found is None:
        raise NotFound("没有此退款 / no such refund", field="refund")
    return found


@dataclass(frozen=True, slots=True)
class Instruction:
    """What the bank is told: its key, the transfer to answer, and how much in fen."""

    key: UUID
    origin: str
    fen: int


def instructed(session: Session, refund: UUID) -> Instruction | None:
    """Return what the bank is to be told of a refund; None when it has confirmed it already."""
    found = refund_of(session, refund)
    origin = session.get_one(Deposit, found.deposit).reference
    if found.reference is not None or found.instruction is None or origin is None:
        return None
    return Instruction(found.instruction, origin, found.principal_fen + found.interest_fen)


def _ordered(act: Act, deposit: Deposit, *, gain: int) -> Refund:
    refund = Refund(
        id=secret_id(),
        project=deposit.project,
        deposit=deposit.id,
        early=False,
        principal_fen=deposit.amount_fen,
        interest_fen=gain,
        ordered_by=act.actor.person,
        ordered_at=act.now,
    )
    act.session.add(refund)
    return refund


def _gain(act: Act, project: UUID, deposit: Deposit) -> int:
    if deposit.amount_fen is None or deposit.received_at is None:
        return 0
    block = block_of(act.session, project, deposit.section)
    return interest(
        deposit.amount_fen, block.rate, local_date(deposit.received_at), local_date(act.now)
    )


def _found(act: Act, refund: UUID) -> tuple[Refund, Deposit]:
    found = act.session.get(Refund, refund, with_for_update=True)
    if found is None:
        raise NotFound("没有这笔退付 / no such refund", field="refund")
    return found, found_deposit(act, found.deposit)


def _book(act: Act, deposit: Deposit, refund: Refund) -> None:
    owed, gain = deposit.sub_account(Head.DEPOSIT), deposit.sub_account(Head.INTEREST)
    back = [Posting(owed, refund.principal_fen)]
    if refund.interest_fen:
        write(
            act, "结息 / interest credited", *move(deposit.bank_account, gain, refund.interest_fen)
        )
        back.append(Posting(gain, refund.interest_fen))
    total = refund.principal_fen + refund.interest_fen
    write(act, "退付保证金 / deposit refunded", *back, Posting(deposit.bank_account, -total))
