"""Deeds of fees 费用收取退付: refunds by four eyes, forfeits and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from trading.fee.forfeiture import Ground, forfeit, pay_forfeit
from trading.fee.refund import approve_refund, confirm_refund, order_refund
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed
from webui.deed.field import Ident, Long, Text
from webui.page.language import text

REFERENCE = Text("reference", most=60, words="银行流水号 / Bank's reference")


def _grounds(_: Case) -> Iterable[tuple[str, str]]:
    return [(ground.value, text(f"finance.ground.{ground.value}")) for ground in Ground]


def _back(case: Case, _: Any) -> str:
    return f"/finance/{case.project}"


DEEDS = (
    Deed(order_refund, (Ident("deposit"),), after=_back),
    Deed(approve_refund, (Ident("refund"),), after=_back),
    Deed(confirm_refund, (Ident("refund"), REFERENCE), after=_back),
    Deed(
        forfeit,
        (
            Ident("deposit"),
            Choice("ground", options=_grounds, kind=Ground, words="理由 / Ground"),
            Long("reason", most=2000, words="事实 / The facts"),
        ),
        after=_back,
    ),
    Deed(pay_forfeit, (Ident("forfeiture"), REFERENCE), after=_back),
)
