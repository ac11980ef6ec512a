"""Deeds of supervision 监督: cards, cases, chasing, orders, outages, promises, suspension."""

from __future__ import annotations

from webui.deed.book.supervision import card, case, chase, order, outage, promise, suspension

DEEDS = (
    *card.DEEDS, *case.DEEDS, *chase.DEEDS, *order.DEEDS, *outage.DEEDS, *promise.DEEDS,
    *suspension.DEEDS,
)  # fmt: skip
