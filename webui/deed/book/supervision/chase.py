"""Deed of chasing 催办: by hand, of something still owed."""

from __future__ import annotations

from trading.supervision.chase import MAX_TEXT, send
from webui.deed.deed import Deed
from webui.deed.field import Ident, Long

DEEDS = (
    Deed(
        send,
        (Ident("duty", words="职责 / Duty"),
         Long("text", most=MAX_TEXT, words="催办内容 / What is said")),
        after=lambda _case, _: "/efficiency",
    ),
)  # fmt: skip
