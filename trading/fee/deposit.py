"""Deposits (投标保证金): one sub-account a bidder and section, one transfer a sub-account.

Until CLOSE the row knows a pseudonym, a sub-account, and a payer sealed to the trustees.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound, WrongStage
from monitor.role import Role
from trading.fee.block import block_of, free_number
from trading.fee.entry import write
from trading.ledger import Head, account, move
from trading.notice.moment import require_closed, require_open, required_project
from trading.notice.participation import Participant, joined, masked

MAX_SEALED = 64 * 1024


class State(StrEnum):
    """Where the money is."""

    OPENED = "opened"  # a sub-account, nothing in it
    RECEIVED = "received"
    RETURNING = "returning"  # withdrawn before the deadline: straight back
    ORDERED = "ordered"  # refund ordered, second signature missing
    APPROVED = "approved"  # refund approved, the bank has not confirmed
    RETURNED = "returned"
    FORFEITED = "forfeited"  # decided, not yet paid over to the tenderee
    PAID_OVER = "paid_over"


class Deposit(Recorded):
    """A sub-account of a pseudonym, and what came in."""

    __tablename__ = "deposit"
    __table_args__ = (
        UniqueConstraint("project", "section", "mask"),
        UniqueConstraint("number"),
        UniqueConstraint("reference"),
        CheckConstraint("(state = 'opened') = (amount_fen IS NULL)", name="received"),
        CheckConstraint("amount_fen > 0", name="amount"),
    )
    project: Mapped[UUID]
    section: Mapped[UUID]
    mask: Mapped[str] = mapped_column(index=True)
    number: Mapped[str]
    state: Mapped[str]
    amount_fen: Mapped[int | None]
    reference: Mapped[str | None]
    received_at: Mapped[datetime | None]
    sealed_payer: Mapped[bytes | None]
    payer: Mapped[str | None]
    payer_account: Mapped[str | None]
    payer_differs: Mapped[bool | None]

    def sub_account(self, head: Head) -> str:
        """Name this deposit's sub-account of a ledger head."""
        return account(head, str(self.project), self.number)

    @property
    def bank_account(self) -> str:
        """Name the ledger account of the bank's deposit account for the project."""
        return account(Head.BANK, str(self.project))


@action("deposit.open", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def open_account(act: Act, *, section: UUID) -> str:
    """Open a sub-account for this pseudonym, before CLOSE; return its number.

    Raises NotAllowed, NotFound for one who has not joined, Conflict, WrongStage.
    """
    project, mask = required_project(act.project), masked(act)
    joined(act.session, project, mask)
    require_open(act.session, project)
    block = block_of(act.session, project, section)
    act.on_conflict(
        "deposit_project_section_mask_key",
        lambda _: Conflict("已有子账户 / there is a sub-account already", field="section"),
    )
    taken = set(
        act.session.scalars(select(Deposit.number).where(Deposit.number.startswith(block.prefix)))
    )
    deposit = Deposit(
        id=secret_id(),
        project=project,
        section=section,
        mask=mask,
        number=free_number(block, taken),
        state=State.OPENED.value,
    )
    act.session.add(deposit)
    act.note(subject=str(deposit.id), section=str(section), number=deposit.number)
    return deposit.number


@action("deposit.receive", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def receive(
    act: Act,
    *,
    number: str,
    amount_fen: int,
    reference: str,
    received_at: datetime,
    sealed_payer: bytes,
) -> UUID:
    """Book a transfer that the bank reports; return the deposit's id.

    Raises NotFound or Conflict for money that the bank then sends back: a sub-account nobody
    opened, a second transfer, a reference seen before.
    """
    act.require(amount_fen > 0, Invalid("amount", "金额应大于零 / an amount above zero"))
    act.require(
        0 < len(sealed_payer) <= MAX_SEALED and reference.strip(),
        Invalid("payer", "缺少付款人或流水号 / no payer or reference"),
    )
    deposit = _by_number(act, number)
    act.require(
        deposit.state == State.OPENED,
        Conflict("子账户只收一笔 / one transfer a sub-account", field="number"),
    )
    act.on_conflict(
        "deposit_reference_key",
        lambda _: Conflict("该流水已入账 / this transfer is booked already", field="reference"),
    )
    deposit.state, deposit.amount_fen = State.RECEIVED.value, amount_fen
    deposit.reference, deposit.received_at = reference.strip(), received_at
    deposit.sealed_payer = sealed_payer
    write(
        act,
        "收到投标保证金 / deposit received",
        *move(deposit.bank_account, deposit.sub_account(Head.DEPOSIT), amount_fen),
    )
    act.note(
        subject=str(deposit.id),
        number=number,
        amount=str(amount_fen),
        reference=deposit.reference,
        payer=hashlib.sha256(sealed_payer).hexdigest(),
    )
    return deposit.id


@action("deposit.identify", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def identify(act: Act, *, deposit: UUID, payer: str, payer_account: str) -> bool:
    """Write down the opened payer, after CLOSE; return whether it is not the bidder itself.

    A payer that is not the bidder is flagged for people to judge, not refused (条例 26).
    """
    project = required_project(act.project)
    require_closed(act.session, project)
    found = found_deposit(act, deposit)
    bidder = act.session.scalar(
        select(Participant.name).where(
            Participant.project == project, Participant.mask == found.mask
        )
    )
    act.require(bidder, NotFound("投标人尚未揭示 / the bidder is not known yet", field="deposit"))
    act.require(
        found.sealed_payer and found.payer is None,
        WrongStage("没有待揭示的付款人 / no payer to open"),
    )
    found.payer, found.payer_account = payer.strip(), payer_account.strip()
    found.payer_differs = found.payer != bidder
    act.note(subject=str(found.id), payer=found.payer, payer_differs=found.payer_differs)
    return found.payer_differs


def found_deposit(act: Act, deposit: UUID) -> Deposit:
    """Return the project's deposit, locked until the act ends; raises NotFound."""
    found = act.session.get(Deposit, deposit, with_for_update=True)
    if found is None or found.project != act.project:
        raise NotFound("没有这笔保证金 / no such deposit", field="deposit")
    return found


def require_state(deposit: Deposit, *states: State) -> None:
    """Raises WrongStage unless the deposit is in one of the states."""
    if deposit.state not in states:
        raise WrongStage(f"保证金状态为 {deposit.state} / the deposit is {deposit.state}")


def _by_number(act: Act, number: str) -> Deposit:
    found = act.session.scalar(
        select(Deposit)
        .where(Deposit.number == number, Deposit.project == act.project)
        .with_for_update()
    )
    if found is None:
        raise NotFound("子账户未启用 / nobody opened this sub-account", field="number")
    return found
