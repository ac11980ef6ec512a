"""A paper that was taken in: its row, who holds it, and what it proposed and a person confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.table import Recorded
from monitor.refusal import NotFound, WrongStage
from monitor.role import Actor, Role
from trading.intake.paper.price import PriceTable

STAFF = (Role.TENDEREE, Role.AGENCY, Role.CENTRE)
PRICES = "prices"
"""What the table of prices is confirmed as, beside the fields."""
MOST = 50
"""Papers that are listed, the newest first."""


class TakenPaper(Recorded):
    """A paper that was read: what it proposed, and what a person confirmed of it; no file."""

    __tablename__ = "taken_paper"
    __table_args__ = (
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("pages > 0", name="pages"),
        CheckConstraint("(confirmed IS NULL) = (confirmed_at IS NULL)", name="confirmed"),
    )
    org: Mapped[UUID] = mapped_column(index=True)
    digest: Mapped[bytes]
    size: Mapped[int]
    pages: Mapped[int]
    title: Mapped[str]
    proposed: Mapped[dict[str, Any]]
    read_at: Mapped[datetime]
    confirmed: Mapped[dict[str, Any] | None]
    confirmed_at: Mapped[datetime | None]
    aside_at: Mapped[datetime | None]

    @property
    def table(self) -> PriceTable | None:
        """Return the table of prices that was confirmed."""
        told = (self.confirmed or {}).get(PRICES)
        return PriceTable.of(told) if told else None

    @property
    def read_table(self) -> PriceTable | None:
        """Return the table of prices as it was read; None where there was none."""
        told = self.proposed[PRICES]
        return PriceTable.of(told) if told["head"] else None


class PaperHandover(Recorded):
    """That a confirmed paper was given on to an organisation, which then holds it too."""

    __tablename__ = "paper_handover"
    __table_args__ = (UniqueConstraint("paper", "org"),)
    paper: Mapped[UUID] = mapped_column(ForeignKey("taken_paper.id"))
    org: Mapped[UUID] = mapped_column(index=True)
    given_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class HeldPaper:
    """A paper that an organisation holds; `given_at` where another gave it on to it."""

    row: TakenPaper
    given_at: datetime | None


def held_papers(session: Session, actor: Actor) -> list[HeldPaper]:
    """Return the papers that the actor's organisation took or was given, the newest first."""
    mine = PaperHandover.org == actor.org
    rows = session.execute(
        select(TakenPaper, PaperHandover.given_at)
        .outerjoin(PaperHandover, (PaperHandover.paper == TakenPaper.id) & mine)
        .where(or_(TakenPaper.org == actor.org, mine))
        .order_by(TakenPaper.id.desc())
        .limit(MOST)
    )
    return [HeldPaper(row, given) for row, given in rows]


def handovers(session: Session, paper: UUID) -> list[PaperHandover]:
    """Return to whom a paper was given on, in order of time."""
    found = select(PaperHandover).where(PaperHandover.paper == paper)
    return list(session.scalars(found.order_by(PaperHandover.id)))


def own_paper(session: Session, paper: UUID, actor: Actor) -> TakenPaper:
    """Return a paper that the actor's organisation took or was given; raises NotFound."""
    found = session.get(TakenPaper, paper)
    holders = {found.org, *(one.org for one in handovers(session, paper))} if found else set()
    if found is None or actor.org not in holders:
        raise NotFound("没有此文件 / no such paper", field="paper")
    return found


def open_paper(session: Session, paper: UUID, actor: Actor) -> TakenPaper:
    """Return one's own paper that is not put aside; raises NotFound, WrongStage."""
    row = own_paper(session, paper, actor)
    if row.aside_at is not None:
        message = "该文件已搁置，取回后再办 / the paper is put aside: take it up again first"
        raise WrongStage(message, field="paper", rule="paper.put_aside")
    return row


def proposed(row: TakenPaper, name: str) -> str:
    """Return what was read for a field, as text; "" for nothing."""
    return str(row.proposed["fields"].get(name, {}).get("value", ""))


def changed(row: TakenPaper) -> list[str]:
    """Return the fields, and the table, that a person confirmed otherwise than they were read."""
    values = row.confirmed or {}
    found = [name for name in values if name != PRICES and values[name] != proposed(row, name)]
    return [*found, PRICES] if PRICES in values and row.table != row.read_table else found
