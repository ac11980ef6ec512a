"""The block: as many sub-accounts as announced with the documents, whoever will pay into them.

Before CLOSE the block is all that the finance office sees, and it is the same whether anybody
pays or not (招标投标法 22).
"""

from __future__ import annotations

import re
import secrets
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role
from trading.ledger import Rate
from trading.notice.moment import require_open, required_project
from trading.registration.section import found_section

SMALLEST, LARGEST = 100, 100_000
FIRST_PREFIX = "880101"
PREFIX = re.compile(r"[0-9]{4,24}")


class DepositBlock(Recorded):
    """A section's sub-accounts: prefix + index; the sum of the documents in fen; the rate."""

    __tablename__ = "deposit_block"
    __table_args__ = (
        UniqueConstraint("project", "section"),
        UniqueConstraint("prefix"),
        CheckConstraint("amount_fen > 0 AND rate_ppm >= 0 AND rate_days > 0", name="sums"),
    )
    project: Mapped[UUID]
    section: Mapped[UUID]
    prefix: Mapped[str]
    size: Mapped[int]
    amount_fen: Mapped[int]
    rate_ppm: Mapped[int]
    rate_days: Mapped[int]
    rate_source: Mapped[str]

    @property
    def rate(self) -> Rate:
        """The annual interest rate that the bank pays on the account."""
        return Rate(self.rate_ppm, self.rate_days, self.rate_source)

    def number(self, index: int) -> str:
        """Return the sub-account number of an index below `size`."""
        return f"{self.prefix}{index:0{len(str(self.size - 1))}d}"


@action("deposit.announce", by=(Role.FINANCE, Role.CENTRE))
def announce(act: Act, *, section: UUID, prefix: str, size: int, rate: Rate) -> UUID:
    """Announce the sub-accounts for the deposit that the issued documents ask; return the id.

    Before CLOSE. Raises Invalid, Conflict, WrongStage, NotFound where no deposit is asked for.
    """
    project = required_project(act.project)
    require_open(act.session, project)
    asked = found_section(act.session, project, section).deposit_fen
    if not asked:
        raise NotFound("本标段不收保证金 / no deposit is asked for here", field="section")
    _require_sound(prefix, size)
    for constraint in ("deposit_block_project_section_key", "deposit_block_prefix_key"):
        act.on_conflict(
            constraint, lambda _: Conflict("该标段或号段已公布 / announced already", field="prefix")
        )
    block = DepositBlock(
        id=new_id(act.now),
        project=project,
        section=section,
        prefix=prefix,
        size=size,
        amount_fen=asked,
        rate_ppm=rate.ppm,
        rate_days=rate.year_days,
        rate_source=rate.source,
    )
    act.session.add(block)
    act.note(
        subject=str(block.id),
        section=str(section),
        first=block.number(0),
        last=block.number(size - 1),
        amount=str(asked),
        rate={"ppm": rate.ppm, "days": rate.year_days, "source": rate.source},
    )
    return block.id


def blocks(session: Session, project: UUID) -> list[DepositBlock]:
    """Return a project's blocks, by number."""
    return list(
        session.scalars(
            select(DepositBlock)
            .where(DepositBlock.project == project)
            .order_by(DepositBlock.prefix)
        )
    )


def next_prefix(session: Session) -> str:
    """Return a prefix that no block has: one above the highest, or the first of all."""
    used = session.scalars(select(DepositBlock.prefix)).all()
    width = max((len(prefix) for prefix in used), default=len(FIRST_PREFIX))
    highest = max((int(prefix) for prefix in used if len(prefix) == width), default=None)
    return FIRST_PREFIX if highest is None else str(highest + 1).zfill(width)


def block_of(session: Session, project: UUID, section: UUID) -> DepositBlock:
    """Return a section's block, locked until the act ends; raises NotFound."""
    found = session.scalar(
        select(DepositBlock)
        .where(DepositBlock.project == project, DepositBlock.section == section)
        .with_for_update()
    )
    if found is None:
        raise NotFound("本标段不收保证金 / no deposit is asked for here", field="section")
    return found


def free_number(block: DepositBlock, taken: set[str]) -> str:
    """Return any unused sub-account number; its place in the block tells no order."""
    free = [number for number in map(block.number, range(block.size)) if number not in taken]
    if not free:
        raise Conflict("子账户已用完 / no sub-account is left", field="section")
    return secrets.choice(free)


def _require_sound(prefix: str, size: int) -> None:
    if not PREFIX.fullmatch(prefix):
        raise Invalid("prefix", "号段应为4至24位数字 / 4 to 24 figures")
    if not SMALLEST <= size <= LARGEST:
        raise Invalid("size", f"号段应有{SMALLEST}至{LARGEST}个子账户 / too few or too many")
