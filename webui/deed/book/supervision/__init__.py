"""Deeds of supervision 监督: cards, cases, complaints, chasing, orders, outages, promises, …"""

from __future__ import annotations

from webui.deed.book.supervision import (
    card,
    case,
    chase,
    complaint,
    order,
    outage,
    promise,
    suspension,
    termination,
)

DEEDS = (
    *card.DEEDS, *case.DEEDS, *chase.DEEDS, *complaint.DEEDS, *order.DEEDS,
    *outage.DEEDS, *promise.DEEDS, *suspension.DEEDS,
    *termination.DEEDS,
)  # fmt: skip
