"""Forfeits: the tenderee decides on a legal ground; the finance office pays over."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role
from trading.fee.deposit import State, found_deposit, require_state
from trading.fee.entry import write
from trading.ledger import Head, move
from trading.notice.moment import require_closed, required_project


class Ground(StrEnum):
    """Why a deposit need not go back; nothing else is a ground."""

    REVOKED = "revoked"  # 投标截止后撤销投标文件
    NO_CONTRACT = "no_contract"  # 无正当理由不与招标人订立合同
    NEW_TERMS = "new_terms"  # 签订合同时提出附加条件
    NO_BOND = "no_bond"  # 不按招标文件要求提交履约保证金


BASIS = {Ground.REVOKED: "招标投标法实施条例 35"}
"""The other grounds stand in article 74."""


class Forfeiture(Recorded):
    """The tenderee's decision and, once paid over, the bank's reference."""

    __tablename__ = "forfeiture"
    __table_args__ = (UniqueConstraint("deposit"), UniqueConstraint("reference"))
    project: Mapped[UUID]
    deposit: Mapped[UUID] = mapped_column(ForeignKey("deposit.id"))
    ground: Mapped[str]
    reason: Mapped[str]
    reference: Mapped[str | None]


@action("deposit.forfeit", by=(Role.TENDEREE,), visibility=Visibility.SECRET)
def forfeit(act: Act, *, deposit: UUID, ground: Ground, reason: str) -> UUID:
    """Decide that a deposit does not go back, after CLOSE; return the decision's id.

    Raises WrongStage, NotFound, Invalid without a reason (条例 35, 74).
    """
    project = required_project(act.project)
    require_closed(act.session, project)
    found = found_deposit(act, deposit)
    require_state(found, State.RECEIVED)
    basis = BASIS.get(Ground(ground), "招标投标法实施条例 74")
    act.require(reason.strip(), Invalid("reason", "须写明事实 / the facts, in words", rule=basis))
    made = Forfeiture(
        id=secret_id(), project=project, deposit=found.id, ground=ground.value, reason=reason
    )
    act.session.add(made)
    found.state = State.FORFEITED.value
    write(
        act,
        "不予退还 / forfeited",
        *move(
            found.sub_account(Head.DEPOSIT),
            found.sub_account(Head.FORFEIT),
            found.amount_fen or 0,
        ),
    )
    act.note(subject=str(made.id), deposit=str(found.id), ground=ground.value, basis=basis)
    return made.id


@action("deposit.pay_forfeit", by=(Role.FINANCE,), visibility=Visibility.SECRET)
def pay_forfeit(act: Act, *, forfeiture: UUID, reference: str) -> None:
    """Write down that the forfeit was paid to the tenderee, and book it.

    Raises WrongStage, NotFound, Invalid, Conflict for a reference seen before.
    """
    require_closed(act.session, required_project(act.project))
    made = act.session.get(Forfeiture, forfeiture, with_for_update=True)
    if made is None:
        raise NotFound("没有这个决定 / no such decision", field="forfeiture")
    found = found_deposit(act, made.deposit)
    require_state(found, State.FORFEITED)
    act.require(reference.strip(), Invalid("reference", "缺少银行流水号 / no bank reference"))
    act.on_conflict(
        "forfeiture_reference_key",
        lambda _: Conflict("该流水已入账 / this payment is booked already", field="reference"),
    )
    made.reference = reference.strip()
    found.state = State.PAID_OVER.value
    write(
        act,
        "上缴招标人 / paid over to the owner",
        *move(found.sub_account(Head.FORFEIT), found.bank_account, found.amount_fen or 0),
    )
    act.note(subject=str(made.id), deposit=str(found.id), reference=made.reference)
