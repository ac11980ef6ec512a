"""What the finance office sees: before CLOSE the announced block, whoever has paid into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from monitor.record.disclosure import Audience, Viewer
from trading.fee.block import blocks
from trading.fee.deposit import Deposit
from trading.fee.refund import Refund
from trading.notice.moment import is_closed
from trading.notice.participation import Participant


@dataclass(frozen=True, slots=True)
class BlockLine:
    """A section's sub-accounts, as announced; money in fen."""

    section: UUID
    first: str
    last: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class DepositLine:
    """One deposit, after CLOSE; money in fen."""

    deposit: UUID
    section: UUID
    number: str
    state: str
    amount_fen: int | None
    reference: str | None
    received_at: datetime | None
    uscc: str | None
    bidder: str | None
    payer: str | None
    payer_differs: bool | None
    refund: UUID | None
    interest_fen: int | None


@dataclass(frozen=True, slots=True)
class FinanceView:
    """The blocks, and after CLOSE the deposits."""

    blocks: tuple[BlockLine, ...]
    deposits: tuple[DepositLine, ...]


def finance_view(session: Session, project: UUID, viewer: Viewer) -> FinanceView:
    """Return what this viewer may see of a project's deposits now (招标投标法 22)."""
    announced = tuple(
        BlockLine(
            block.section,
            block.number(0),
            block.number(block.size - 1),
            block.amount_fen,
        )
        for block in blocks(session, project)
    )
    if viewer.audience is not Audience.FINANCE or not is_closed(session, project):
        return FinanceView(announced, ())
    return FinanceView(announced, _lines(session, project))


def _lines(session: Session, project: UUID) -> tuple[DepositLine, ...]:
    found = session.execute(
        select(
            Deposit.id.label("deposit"),
            Deposit.section,
            Deposit.number,
            Deposit.state,
            Deposit.amount_fen,
            Deposit.reference,
            Deposit.received_at,
            Participant.uscc,
            Participant.name.label("bidder"),
            Deposit.payer,
            Deposit.payer_differs,
            Refund.id.label("refund"),
            Refund.interest_fen,
        )
        .outerjoin(
            Participant,
            and_(Participant.project == Deposit.project, Participant.mask == Deposit.mask),
        )
        .outerjoin(Refund, Refund.deposit == Deposit.id)
        .where(Deposit.project == project)
        .order_by(Deposit.number)
    )
    return tuple(DepositLine(**row) for row in found.mappings())
