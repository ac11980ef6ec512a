"""Electronic guarantees (电子保函) in place of a deposit in cash."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, Session

from monitor.clock import time_text
from monitor.law.workday import local_date, midnight
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.role import Role
from trading.fee.block import block_of
from trading.notice.document import document_of
from trading.notice.moment import require_open, required_project
from trading.notice.participation import joined, masked


class Guarantee(Recorded):
    """A guarantee of a pseudonym for a section."""

    __tablename__ = "guarantee"
    __table_args__ = (
        UniqueConstraint("issuer", "number"),
        UniqueConstraint("project", "section", "mask"),
        CheckConstraint("amount_fen > 0", name="amount"),
    )
    project: Mapped[UUID]
    section: Mapped[UUID]
    mask: Mapped[str]
    number: Mapped[str]
    issuer: Mapped[str]
    amount_fen: Mapped[int]
    valid_until: Mapped[datetime]


@action("deposit.guarantee", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def guarantee(
    act: Act, *, section: UUID, number: str, issuer: str, amount_fen: int, valid_until: datetime
) -> UUID:
    """Hand in an e-guarantee under a pseudonym, before CLOSE; return its id.

    Raises Invalid when it ends before the bid validity (招标投标法实施条例 26), Conflict when it
    has served already. A sum below the one announced is noted, for the committee to judge.
    """
    project, mask = required_project(act.project), masked(act)
    joined(act.session, project, mask)
    require_open(act.session, project)
    block = block_of(act.session, project, section)
    act.require(
        number.strip() and issuer.strip() and amount_fen > 0,
        Invalid("number", "保函号、开立人、金额必填 / number, issuer and amount"),
    )
    act.require(
        valid_until >= validity_end(act.session, project),
        Invalid(
            "valid_until",
            "保函有效期应与投标有效期一致 / it must last as long as the bid is valid",
            rule="招标投标法实施条例 26",
        ),
    )
    for constraint in ("guarantee_issuer_number_key", "guarantee_project_section_mask_key"):
        act.on_conflict(
            constraint, lambda _: Conflict("保函已提交 / handed in already", field="number")
        )
    made = Guarantee(
        id=secret_id(),
        project=project,
        section=section,
        mask=mask,
        number=number.strip(),
        issuer=issuer.strip(),
        amount_fen=amount_fen,
        valid_until=valid_until,
    )
    act.session.add(made)
    act.note(
        subject=str(made.id),
        section=str(section),
        number=made.number,
        issuer=made.issuer,
        amount=str(amount_fen),
        valid_until=time_text(valid_until),
        short=amount_fen < block.amount_fen,
    )
    return made.id


def validity_end(session: Session, project: UUID) -> datetime:
    """Return when bids stop binding: validity counts from the deadline that holds (条例 25).

    To the end of the last day in Shanghai. Raises NotFound while no documents are out.
    """
    document = document_of(session, project)
    if document is None:
        raise NotFound("招标文件尚未发出 / the documents are not out", field="project")
    days = timedelta(days=document.validity_days + 1)
    return midnight(local_date(document.deadline) + days)
