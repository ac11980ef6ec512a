"""Corrected prices: the committee applies the law's order, the bidder confirms (87号令 59).

An unconfirmed correction holds the report up: the bidder's answer, or the committee's majority to
reject the bid, is what decides.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bidding.correction import Quote, correct
from bidding.evaluation.method import Evaluation, open_evaluation
from bidding.evaluation.sheet import MEMBERS, found_bid, member_of
from bidding.opened import OpenedBid
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import secret_id
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, WrongStage
from monitor.role import Role
from trading.registration.party import found_organisation


class PriceCorrection(Recorded):
    """A bid's price in fen as corrected, by which rules, and whether the bidder confirmed it."""

    __tablename__ = "price_correction"
    __table_args__ = (
        UniqueConstraint("evaluation", "bid"),
        CheckConstraint("price > 0", name="price"),
    )
    evaluation: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    bid: Mapped[UUID]
    quote: Mapped[dict[str, Any]]
    price: Mapped[int]
    rules: Mapped[list[Any]]
    confirmed: Mapped[bool]


@action("evaluation.correct_price", by=MEMBERS, visibility=Visibility.SECRET)
def correct_price(act: Act, *, section: UUID, bid: UUID, quote: Quote, secret: bytes) -> int:
    """Correct a bid's price from what its documents state; return the price in fen.

    Raises Invalid for a sheet that was not opened so or a quote without errors, Conflict,
    NotAllowed, NotFound, WrongStage.
    """
    evaluation, seat = member_of(act, section, secret)
    opened = found_bid(act, section, bid)
    act.require(
        quote.sheet.figures == opened.price,
        Invalid("sheet", "与开标一览表不符 / is not the price that was opened"),
    )
    found = correct(quote)
    act.require(found.rules, Invalid("quote", "报价没有错误 / there is no error to correct"))
    act.on_conflict(
        "price_correction_evaluation_bid_key", lambda _: Conflict("已修正 / corrected already")
    )
    row = PriceCorrection(
        id=secret_id(), evaluation=evaluation.id, bid=bid, quote=asdict(quote),
        price=found.price, rules=[rule.value for rule in found.rules], confirmed=False,
    )  # fmt: skip
    act.session.add(row)
    act.note(
        subject=str(evaluation.id), section=str(section), bid=str(bid), price=str(row.price),
        corrections=row.rules, member=seat.mask,
    )  # fmt: skip
    return row.price


@action("evaluation.confirm_price", by=(Role.TENDERER,), visibility=Visibility.SECRET)
def confirm_price(act: Act, *, section: UUID, bid: UUID, price: int) -> None:
    """Confirm, as the bidder, one's own corrected price (fen).

    Raises NotAllowed for another's bid, NotFound, Invalid for another price, WrongStage.
    """
    evaluation = open_evaluation(act, section)
    opened = found_bid(act, section, bid)
    act.require(
        found_organisation(act.session, act.actor.org).uscc == opened.uscc,
        NotAllowed("不是本单位的投标 / another's bid", field="bid"),
    )
    row = act.session.scalar(
        select(PriceCorrection)
        .where(PriceCorrection.evaluation == evaluation.id, PriceCorrection.bid == bid)
        .with_for_update()
    )
    if row is None:
        raise NotFound("没有待确认的修正 / nothing to confirm", field="bid")
    act.require(row.price == price, Invalid("price", "与修正价不符 / is not the corrected price"))
    row.confirmed = True
    act.note(subject=str(evaluation.id), section=str(section), bid=str(bid), price=str(price))


def prices_of(session: Session, evaluation: Evaluation, valid: list[OpenedBid]) -> dict[str, int]:
    """Return the prices in fen to score, by bid; raises WrongStage while one awaits its bidder.

    Figures and words that differ must have been corrected (87号令 59).
    """
    rows = session.scalars(
        select(PriceCorrection).where(PriceCorrection.evaluation == evaluation.id)
    )
    corrected = {row.bid: row for row in rows}
    for opened in valid:
        row = corrected.get(opened.bid)
        settled = opened.figures_match_words if row is None else row.confirmed
        if not settled:
            raise WrongStage(
                "报价差错尚未修正确认 / a price error is not corrected and confirmed",
                rule="87号令 59",
                field="price",
            )
    return {
        str(one.bid): corrected[one.bid].price if one.bid in corrected else one.price
        for one in valid
    }
