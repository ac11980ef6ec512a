"""Opened bids: what REVEAL published of each, as evaluation reads it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.table import Recorded


class OpenedBid(Recorded):
    """One opened bid; price in fen; `letter` holds the other items that were read out."""

    __tablename__ = "opened_bid"
    __table_args__ = (UniqueConstraint("project", "section", "mask"),)
    project: Mapped[UUID]
    section: Mapped[UUID]
    bid: Mapped[UUID]
    mask: Mapped[str]
    uscc: Mapped[str]
    name: Mapped[str]
    price: Mapped[int]
    figures_match_words: Mapped[bool]
    letter: Mapped[dict[str, Any]]


def opened_bids(session: Session, project: UUID, section: UUID) -> list[OpenedBid]:
    """Return the opened bids of a section, by credit code."""
    return list(
        session.scalars(
            select(OpenedBid)
            .where(OpenedBid.project == project, OpenedBid.section == section)
            .order_by(OpenedBid.uscc)
        )
    )
