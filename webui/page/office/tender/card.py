"""The cards of a tenderer's page: which of them are there, and what the last act did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.record.look import done_by
from trading.money import format_yuan
from webui.page.answer.look import record_told
from webui.page.language import known, text
from webui.page.office.tender.stand import Stand
from webui.page.view import source
from webui.page.wearer import Wearer

SHARE, PERIOD = 93, "180"


def cards(stand: Stand, now: datetime) -> dict[str, str]:
    """Return where on the page the card of each step is, by the step's name."""
    joined = stand.proven and stand.own is not None and stand.own.joined
    paid = stand.own is not None and stand.own.deposit is not None
    there = {
        "key": not stand.proven and stand.terms is not None,
        "join": stand.proven and not joined and not stand.closed,
        "documents": stand.proven and stand.terms is not None,
        "deposit": bool(stand.section.deposit_fen) and (joined or (stand.closed and paid)),
        "seal": joined and not stand.closed and now <= stand.entry.deadline,
        "opening": stand.closed,
    }
    places = {name: f"#{'hall' if name == 'opening' else name}" for name in there if there[name]}
    if stand.closed and "deposit" in places:
        places["refund"] = places["deposit"]
    return places


def did(who: Wearer, stand: Stand) -> str:
    """Say what the act was that the address names as done just before."""
    record = record_told()
    action = ""
    if record is not None:
        with source().platform.read() as session:
            action = done_by(session, record, frozenset({stand.mask, str(who.actor.person)}))
    key = f"bid.did.{action.replace('.', '_')}"
    return text(key) if action and known(key) else text("bid.recorded")


def suggestion(stand: Stand) -> dict[str, Any]:
    """Return a price and a period that fit this section: offered in a demo alone."""
    if not source().demo:
        return {}
    fen = stand.section.ceiling_fen
    price = format_yuan(fen * SHARE // 100 // 100 * 100) if fen else "1000000.00"
    return {"price": price, "days": PERIOD}
