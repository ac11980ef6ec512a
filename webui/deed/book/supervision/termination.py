"""The deed of ending a trade 终止: by its owner, for good."""

from __future__ import annotations

from trading.supervision.standstill.suspension import MAX_ARTICLE, MAX_REASON
from trading.supervision.standstill.termination import RULE, terminate
from webui.deed.deed import Deed
from webui.deed.field import Long, Text

DEEDS = (
    Deed(
        terminate,
        (
            Text("article", most=MAX_ARTICLE, words="依据 / Legal basis", start=lambda _: RULE),
            Long("reason", most=MAX_REASON, words="终止原因，公开 / Why, in public"),
        ),
    ),
)
