"""Deeds of trustees at an opening 开标: their answers, made and signed on their own machines."""

from __future__ import annotations

from collections.abc import Iterable

from bidding.envelope.capsule import Kind
from bidding.hall.asked import request
from bidding.hall.unlock import take_batch
from webui.deed.brought import Blob
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Ident
from webui.page.language import text

LONGEST = 1024 * 1024


def _kinds(_: Case) -> Iterable[tuple[str, str]]:
    return [(kind.value, text(f"trustee.{kind.value}")) for kind in Kind]


def _taking(case: Case, values: Values) -> Values:
    """What was asked is worked out anew: the answer is judged by it, not by what it says."""
    section = values["section"]
    with case.source.platform.read() as session:
        asked = request(session, case.id, section, values["kind"], case.source.store)
    return {"section": section, "request": asked, "document": values["document"]}


def _back(_: Case, __: object) -> str:
    return "/trustee"


DEEDS = (
    Deed(
        take_batch,
        (
            Ident("section"),
            Choice("kind", options=_kinds, kind=Kind, words="请求 / asked"),
            Blob(
                "document",
                most=LONGEST,
                accept=".json",
                hint="trustee.document_hint",
                words="答复文件 / answer",
            ),
        ),
        _taking,
        after=_back,
    ),
)
