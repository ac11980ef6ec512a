"""Deeds of trustees: the answers to tests and at an opening 开标, signed on their own machines."""

from __future__ import annotations

from collections.abc import Iterable

from bidding.envelope.capsule import Kind
from bidding.hall.asked import request
from bidding.hall.failure.complaint import complain
from bidding.hall.preparation.readiness import prove
from bidding.hall.unlock import take_batch
from webui.deed.brought import Blob
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Ident
from webui.deed.fill.look import looking_after
from webui.page.language import text

LONGEST = 1024 * 1024


def _kinds(_: Case) -> Iterable[tuple[str, str]]:
    return [(kind.value, text(f"trustee.{kind.value}")) for kind in Kind]


def _taking(case: Case, values: Values) -> Values:
    """What was asked is worked out anew: the answer is judged by it, not by what it says."""
    section, here = values["section"], case.source
    with looking_after(here.platform, case.id, section), here.platform.read() as session:
        asked = request(session, case.id, section, values["kind"], here.store)
    return {"section": section, "request": asked, "document": values["document"]}


def _back(_: Case, __: object) -> str:
    return "/trustee"


def _file(hint: str, words: str) -> Blob:
    return Blob("document", most=LONGEST, accept=".json", hint=f"trustee.{hint}", words=words)


ANSWER = _file("document_hint", "答复文件 / answer")
COMPLAINT = _file("complaint_hint", "投诉文件 / complaint")
PROOF = _file("proof_hint", "应答文件 / answer")
ASKED = (Ident("section"), Choice("kind", options=_kinds, kind=Kind, words="请求 / asked"))
DEEDS = (
    Deed(take_batch, (*ASKED, ANSWER), _taking, after=_back),
    Deed(complain, (*ASKED, COMPLAINT), _taking, after=_back),
    Deed(prove, (Ident("test"), PROOF), after=_back),
)
