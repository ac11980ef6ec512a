"""Deeds of evaluation 评标: the method that the owner sets, and what a committee does by it."""

from __future__ import annotations

from webui.deed.book.evaluation import lot, market, method, panel, pool

DEEDS = (*lot.DEEDS, *method.DEEDS, *panel.DEEDS, *pool.DEEDS, *market.DEEDS)
