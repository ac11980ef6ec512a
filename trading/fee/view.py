"""What may be seen of a trade's deposits, by whom and when (招标投标法 22).

Before CLOSE the announced block alone, whoever has paid into it. From CLOSE on the finance office
sees a section's deposits; from the opening on its owner, the department and discipline do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from monitor.law.workday import local_date
from monitor.record.disclosure import Audience, Viewer
from monitor.record.moment import done
from monitor.refusal import NotFound
from trading.fee.block import DepositBlock, blocks
from trading.fee.deposit import Deposit
from trading.fee.forfeiture import Forfeiture
from trading.fee.guarantee import Guarantee, validity_end
from trading.fee.refund import Refund
from trading.ledger import Rate, interest
from trading.notice.participation import Participant
from trading.registration.party import Person
from trading.registration.project import sections

CLOSED = ("opening.close", "opening.fail")
REVEALED = ("opening.reveal", "opening.fail")
FROM = {
    Audience.FINANCE: CLOSED,
    Audience.OWNER: REVEALED,
    Audience.INSPECTOR: REVEALED,
    Audience.DISCIPLINE: REVEALED,
}
"""The acts of a section from which on each audience sees its deposits; nobody else ever does."""


@dataclass(frozen=True, slots=True)
class BlockLine:
    """A section's sub-accounts, as announced; money in fen."""

    section: UUID
    first: str
    last: str
    amount_fen: int
    size: int
    rate_ppm: int
    rate_days: int
    rate_source: str


@dataclass(frozen=True, slots=True)
class DepositLine:
    """One deposit of a closed section; money in fen, `interest_fen` as ordered.

    `ordered_by` is the person's id: nobody approves what they ordered.
    """

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
    payer_account: str | None
    payer_differs: bool | None
    refund: UUID | None
    interest_fen: int | None
    early: bool | None
    ordered_by: UUID | None
    ordered_name: str | None
    ordered_at: datetime | None
    approved_name: str | None
    refund_reference: str | None
    forfeiture: UUID | None
    ground: str | None
    reason: str | None
    forfeit_reference: str | None


@dataclass(frozen=True, slots=True)
class GuaranteeLine:
    """One e-guarantee of a closed section; `ends_early` where bids bind longer than it lasts."""

    guarantee: UUID
    section: UUID
    number: str
    issuer: str
    amount_fen: int
    valid_until: datetime
    bidder: str | None
    ends_early: bool
    is_short: bool


@dataclass(frozen=True, slots=True)
class FinanceView:
    """The blocks; of the sections that this viewer may look into, deposits and guarantees."""

    blocks: tuple[BlockLine, ...]
    deposits: tuple[DepositLine, ...]
    guarantees: tuple[GuaranteeLine, ...] = ()
    open_sections: frozenset[UUID] = frozenset()


def finance_view(session: Session, project: UUID, viewer: Viewer) -> FinanceView:
    """Return what this viewer may see of a project's deposits now."""
    announced = blocks(session, project)
    lines = tuple(_block(block) for block in announced)
    acts = FROM.get(viewer.audience)
    if acts is None:
        return FinanceView(lines, ())
    seen = [row.id for row in sections(session, project) if done(session, project, row.id, *acts)]
    if not seen:
        return FinanceView(lines, ())
    return FinanceView(
        lines,
        _deposits(session, project, seen),
        _guarantees(session, project, seen, announced),
        frozenset(seen),
    )


def gain(line: DepositLine, block: BlockLine, now: datetime) -> int:
    """Return the interest in fen that a deposit has earned by now, or was ordered to be paid."""
    if line.interest_fen is not None:
        return line.interest_fen
    if line.amount_fen is None or line.received_at is None:
        return 0
    rate = Rate(block.rate_ppm, block.rate_days, block.rate_source)
    return interest(line.amount_fen, rate, local_date(line.received_at), local_date(now))


def _block(block: DepositBlock) -> BlockLine:
    return BlockLine(
        block.section, block.number(0), block.number(block.size - 1), block.amount_fen, block.size,
        block.rate_ppm, block.rate_days, block.rate_source,
    )  # fmt: skip


def _deposits(session: Session, project: UUID, seen: list[UUID]) -> tuple[DepositLine, ...]:
    ordering, approving = aliased(Person), aliased(Person)
    found = session.execute(
        select(
            Deposit.id.label("deposit"), Deposit.section, Deposit.number, Deposit.state,
            Deposit.amount_fen, Deposit.reference, Deposit.received_at, Participant.uscc,
            Participant.name.label("bidder"), Deposit.payer, Deposit.payer_account,
            Deposit.payer_differs, Refund.id.label("refund"), Refund.interest_fen, Refund.early,
            Refund.ordered_by, ordering.name.label("ordered_name"), Refund.ordered_at,
            approving.name.label("approved_name"), Refund.reference.label("refund_reference"),
            Forfeiture.id.label("forfeiture"), Forfeiture.ground, Forfeiture.reason,
            Forfeiture.reference.label("forfeit_reference"),
        )
        .outerjoin(
            Participant,
            and_(Participant.project == Deposit.project, Participant.mask == Deposit.mask),
        )
        .outerjoin(Refund, Refund.deposit == Deposit.id)
        .outerjoin(ordering, ordering.id == Refund.ordered_by)
        .outerjoin(approving, approving.id == Refund.approved_by)
        .outerjoin(Forfeiture, Forfeiture.deposit == Deposit.id)
        .where(Deposit.project == project, Deposit.section.in_(seen))
        .order_by(Deposit.number)
    )  # fmt: skip
    return tuple(DepositLine(**row) for row in found.mappings())


def _guarantees(
    session: Session, project: UUID, seen: list[UUID], announced: list[DepositBlock]
) -> tuple[GuaranteeLine, ...]:
    rows = session.execute(
        select(Guarantee, Participant.name)
        .outerjoin(
            Participant,
            and_(Participant.project == Guarantee.project, Participant.mask == Guarantee.mask),
        )
        .where(Guarantee.project == project, Guarantee.section.in_(seen))
        .order_by(Guarantee.issuer, Guarantee.number)
    )
    asked = {block.section: block.amount_fen for block in announced}
    try:
        end = validity_end(session, project)
    except NotFound:
        return ()
    return tuple(
        GuaranteeLine(
            row.id, row.section, row.number, row.issuer, row.amount_fen, row.valid_until, name,
            row.valid_until < end, row.amount_fen < asked.get(row.section, 0),
        )
        for row, name in rows
    )  # fmt: skip
