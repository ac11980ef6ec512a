"""Deeds of notices and consultation 信息发布咨询, in a trade's order; then of papers read in."""

from __future__ import annotations

from webui.deed.book.notice import consultation, document, paper, publication

DEEDS = (*publication.DEEDS, *document.DEEDS, *consultation.DEEDS, *paper.DEEDS)
