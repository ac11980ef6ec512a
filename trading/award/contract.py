"""The contract: at the award's price, with no other terms (招标投标法 46, 采法 46)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from monitor.law.limit import demand
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role
from trading.award.award import award_of
from trading.award.limit import limits, obey
from trading.award.objection import require_running
from trading.notice.moment import required_project
from trading.paper.keeping import Stored, keep_beside


class Contract(Recorded):
    """The contract of a section: SHA-256 of its text, price and performance bond in fen."""

    __tablename__ = "contract"
    __table_args__ = (
        UniqueConstraint("award"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("price_fen > 0 AND bond_fen >= 0", name="sums"),
    )
    project: Mapped[UUID] = mapped_column(index=True)
    section: Mapped[UUID]
    award: Mapped[UUID] = mapped_column(ForeignKey("award.id"))
    digest: Mapped[bytes]
    price_fen: Mapped[int]
    bond_fen: Mapped[int]
    signed_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


@action("contract.sign", by=(Role.TENDEREE,))
def sign(
    act: Act,
    *,
    section: UUID,
    digest: bytes,
    price_fen: int,
    bond_fen: int = 0,
    paper: Stored | None = None,
) -> UUID:
    """Write down the signed contract of a section; return its id. `paper` is its text.

    The price is the award's, the bond at most 10 % (条例 58, 采条 48). Later than 30 days after
    the award it is still a contract: the watch shows the card. Raises Invalid, Conflict.
    """
    project = required_project(act.project)
    award = award_of(act.session, project, section)
    require_running(act, project)
    obey(act, "award.issue", award.issued_at, "contract.sign")
    act.require(len(digest) == 32, Invalid("digest", "应为 SHA-256 / must be a SHA-256"))
    act.require(
        price_fen == award.price_fen,
        Invalid("price", "合同价应为中标价 / the price is the award's", rule="招标投标法 46"),
    )
    act.require(bond_fen >= 0, Invalid("bond", "履约保证金有误 / a negative bond"))
    for rule in limits(act, "contract.sign", "contract.sign"):
        demand(rule, "bond", bond_fen, price_fen)
    act.on_conflict(
        "contract_award_key", lambda _: Conflict("合同已订立 / signed already", field="section")
    )
    contract = Contract(
        id=new_id(act.now),
        project=project,
        section=section,
        award=award.id,
        digest=digest,
        price_fen=price_fen,
        bond_fen=bond_fen,
        signed_at=act.now,
    )
    act.session.add(contract)
    keep_beside(act, paper)
    act.note(
        subject=str(contract.id),
        section=str(section),
        digest=digest.hex(),
        uscc=award.uscc,
        price=str(price_fen),
        bond=str(bond_fen),
    )
    return contract.id


@action("contract.publish", by=(Role.TENDEREE, Role.AGENCY))
def publish(act: Act, *, section: UUID) -> None:
    """Publish a section's contract (采条 50). Raises NotFound, Conflict the second time."""
    contract = act.session.scalar(
        select(Contract)
        .where(Contract.project == act.project, Contract.section == section)
        .with_for_update()
    )
    if contract is None:
        raise NotFound("尚未订立合同 / no contract yet", field="section")
    act.require(contract.published_at is None, Conflict("合同已公告 / published already"))
    obey(act, "contract.sign", contract.signed_at, "contract.publish")
    contract.published_at = act.now
    act.note(
        subject=str(contract.id),
        section=str(section),
        digest=contract.digest.hex(),
        price=str(contract.price_fen),
    )
