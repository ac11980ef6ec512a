"""Deeds of evaluation 评标: the method that the owner sets, and what a committee does by it."""

from __future__ import annotations

from webui.deed.book.evaluation import method, panel

DEEDS = (*method.DEEDS, *panel.DEEDS)
