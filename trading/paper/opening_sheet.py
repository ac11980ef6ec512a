"""The opening record on paper: what was read out, in the order of opening."""

from dataclasses import dataclass
from datetime import datetime

from trading.money import format_yuan
from trading.paper.letter import Trade
from trading.paper.sheet import Proof, Sheet, beijing, set_sheet

_HEAD = ("序", "投标人 / bidder", "递交 / received", "状态 / state", "报价（元） / price", "备注")


@dataclass(frozen=True, slots=True)
class OpenedBid:
    """One line; price_fen is None where the bid is a rate or was not decrypted, then price says."""

    bidder: str
    bidder_code: str
    received: datetime
    state: str
    price_fen: int | None
    price: str
    period: str
    remark: str


@dataclass(frozen=True, slots=True)
class OpeningSheet:
    """The opening: time, place, host, lines, and the objections raised on the spot."""

    trade: Trade
    number: str
    opened: datetime
    place: str
    host: str
    bids: tuple[OpenedBid, ...]
    objections: tuple[str, ...]
    proof: Proof
    notes: tuple[str, ...] = ()
    mark: str = ""


def opening_record_pdf(opening: OpeningSheet) -> bytes:
    """Return 开标记录 as PDF/A-2b, not yet signed (招标投标法 36, 电子招标投标办法 32)."""
    lines = opening.objections or ("无异议 / no objections",)
    sheet = Sheet(
        title="开标记录",
        subtitle="Opening Record",
        number=opening.number,
        to="",
        text=(),
        facts=(
            *opening.trade.facts(),
            ("开标时间 / opened", beijing(opening.opened)),
            ("地点 / place", opening.place),
            ("主持 / host", opening.host),
            ("投标人数 / bidders", str(len(opening.bids))),
        ),
        closing=tuple(f"异议 / objection：{line}" for line in lines),
        author=opening.trade.tenderee,
        proof=opening.proof,
        head=_HEAD,
        rows=tuple(_row(place, bid) for place, bid in enumerate(opening.bids, 1)),
        notes=opening.notes,
        mark=opening.mark,
    )
    return set_sheet(sheet, opening.opened)


def _row(place: int, bid: OpenedBid) -> tuple[str, ...]:
    price = bid.price if bid.price_fen is None else format_yuan(bid.price_fen)
    remark = "；".join(text for text in (bid.period, bid.remark) if text)
    who = f"{bid.bidder} {bid.bidder_code}".strip()
    return (str(place), who, beijing(bid.received, "%m-%d %H:%M:%S"), bid.state, price, remark)
