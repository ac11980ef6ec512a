"""What a member of a committee sees: the bids, the method, the own sheets and nobody else's.

How far the others are is known by number alone; totals and ranking come with the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bidding.attachment import BidAttachment, attachments
from bidding.evaluation.method import Evaluation, Method, State, method_of
from bidding.evaluation.price import PriceCorrection
from bidding.evaluation.sheet import (
    EvaluationSignature,
    RejectionVote,
    ScoreSheet,
    rejected_bids,
    signature_of,
)
from bidding.hall.failure.shortage import shortage
from bidding.opened import OpenedBid, opened_bids
from bidding.scoring import price_points
from experts.panel.committee import Panel
from experts.panel.promise import promised
from monitor.refusal import NotFound
from trading.award.ranking import ranking
from trading.registration.section import found_section


@dataclass(frozen=True, slots=True)
class BidView:
    """One bid before a member; money in fen, points in hundredths.

    `price_points` by the formula over the bids that stand now; `sheet`, `reasons`, `vote` are the
    member's own.
    """

    bid: UUID
    name: str
    price: int
    letter: Mapping[str, Any]
    figures_match_words: bool
    corrected: int | None
    confirmed: bool
    is_rejected: bool
    over_ceiling: bool
    price_points: int | None
    sheet: Mapping[str, int] | None
    reasons: Mapping[str, str]
    vote: tuple[str, str] | None
    files: tuple[BidAttachment, ...] = ()

    @property
    def is_judged(self) -> bool:
        """Tell whether this member has done with it."""
        return self.is_rejected or self.sheet is not None


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One place of the report: points in hundredths in all, price in fen."""

    rank: int | None
    name: str
    price: int | None
    score: str
    reason: str


@dataclass(frozen=True, slots=True)
class PanelView:
    """An evaluation as one member sees it; `state` is waiting, open or reported."""

    state: str
    mask: str
    promised: bool
    signed: str
    members: int
    signatures: int
    method: Method | None
    ceiling: int | None
    bids: tuple[BidView, ...]
    ranking: tuple[PlaceView, ...]
    digest: str
    few: int | None = None
    """How many bids were opened, where they are fewer than the rule asks for."""

    @property
    def is_complete(self) -> bool:
        """Tell whether this member has judged every bid that stands."""
        return bool(self.bids) and all(each.is_judged for each in self.bids)


def panel_view(session: Session, project: UUID, section: UUID, mask: str) -> PanelView:
    """Return the section's evaluation as the member of that seat sees it; raises NotFound."""
    row = session.scalar(
        select(Evaluation).where(Evaluation.project == project, Evaluation.section == section)
    )
    own = found_section(session, project, section)
    told = promised(session, section, mask)
    method = _method(session, project, section)
    short = shortage(session, project, section)
    few = short.opened if short else None
    if row is None:
        size = session.scalar(select(Panel.size).where(Panel.section == section)) or 0
        ceiling = own.ceiling_fen
        return PanelView("waiting", mask, told, "", size, 0, method, ceiling, (), (), "", few)
    signature = signature_of(session, row, mask)
    signed = select(func.count()).where(EvaluationSignature.evaluation == row.id)
    return PanelView(
        row.state, mask, told, signature.stance if signature else "", row.members,
        session.scalar(signed) or 0, method, own.ceiling_fen,
        _bids(session, row, mask, method, own.ceiling_fen),
        _places(session, row), row.digest.hex() if row.digest else "", few,
    )  # fmt: skip


def may_read_bids(session: Session, project: UUID, section: UUID, mask: str) -> bool:
    """Tell whether the member of that seat has promised, and the evaluation was started."""
    begun = select(Evaluation.id).where(
        Evaluation.project == project, Evaluation.section == section
    )
    return promised(session, section, mask) and session.scalar(begun) is not None


def _method(session: Session, project: UUID, section: UUID) -> Method | None:
    try:
        return method_of(session, project, section)
    except NotFound:
        return None


def _bids(
    session: Session, row: Evaluation, mask: str, method: Method | None, ceiling: int | None
) -> tuple[BidView, ...]:
    gone = rejected_bids(session, row)
    corrected = {
        each.bid: each
        for each in session.scalars(
            select(PriceCorrection).where(PriceCorrection.evaluation == row.id)
        )
    }
    sheets = {each.bid: each for each in session.scalars(_own(ScoreSheet, row, mask))}
    votes = {each.bid: each for each in session.scalars(_own(RejectionVote, row, mask))}
    opened = opened_bids(session, row.project, row.section)
    files = attachments(session, row.project, row.section)
    prices = {each.bid: _price(each, corrected.get(each.bid)) for each in opened}
    standing = {str(bid): price for bid, price in prices.items() if bid not in gone}
    points = price_points(method.price, standing) if method and standing else {}
    return tuple(
        BidView(
            each.bid, each.name, each.price, each.letter, each.figures_match_words,
            corrected[each.bid].price if each.bid in corrected else None,
            each.bid in corrected and corrected[each.bid].confirmed,
            each.bid in gone, ceiling is not None and prices[each.bid] > ceiling,
            points.get(str(each.bid)),
            sheets[each.bid].points if each.bid in sheets else None,
            (sheets[each.bid].reasons or {}) if each.bid in sheets else {},
            (votes[each.bid].ground, votes[each.bid].reason) if each.bid in votes else None,
            tuple(files.get(each.bid, ())),
        )
        for each in opened
    )  # fmt: skip


def _own(table: type[Any], row: Evaluation, mask: str) -> Any:
    return select(table).where(table.evaluation == row.id, table.mask == mask)


def _price(opened: OpenedBid, corrected: PriceCorrection | None) -> int:
    return corrected.price if corrected and corrected.confirmed else opened.price


def _places(session: Session, row: Evaluation) -> tuple[PlaceView, ...]:
    if row.state != State.REPORTED.value:
        return ()
    return tuple(
        PlaceView(each.rank, each.name, each.price_fen, each.score, each.reason)
        for each in ranking(session, row.project, row.section)
    )
