"""Deeds of tenderers 投标人: join unseen, obtain, ask, pay, withdraw, check, release, object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from bidding.envelope.bid.object import CAPSULE
from bidding.envelope.document import digest
from bidding.evaluation.price import confirm_price
from bidding.hall.ceremony import kept
from bidding.hall.failure.damage import DamagedHere, Lost, lost
from bidding.hall.preparation.attendance import check_in
from bidding.hall.question import LONGEST
from bidding.hall.question import ask as ask_host
from bidding.hall.seal import check_seal
from bidding.hall.stage import is_opening
from bidding.hall.unlock import release
from bidding.identity import bidder_of, seal_identity
from bidding.submission import standing_bid, withdraw
from bidding.terms import roster_of
from monitor.law.workday import ONE_DAY, local_date, midnight
from monitor.refusal import NotFound
from trading.award.filing import file as file_objection
from trading.award.objection import Kind
from trading.fee.deposit import open_account
from trading.fee.guarantee import guarantee, validity_end
from trading.notice.addendum import MAX_QUESTION, ask
from trading.notice.download import download
from trading.notice.moment import is_closed
from trading.notice.participation import join
from trading.notice.reading import read
from trading.registration.project import sections
from trading.registration.section import found_section
from webui.deed.brought import Blob
from webui.deed.choice import Choice
from webui.deed.deed import Case, Deed, Values
from webui.deed.field import Day, Ident, Long, Money, Text, Typed
from webui.deed.fill.look import looking_after
from webui.page.language import text

SECRET_KEY = "AGE-SECRET-KEY-1"  # noqa: S105 - what such a key begins with
BID_KEY = b"PRIVATE KEY-----"


class Hex(Text):
    """Bytes in hexadecimal; `size` of them."""

    size: int = 32

    def value(self, typed: Typed) -> Any:
        """Return the bytes."""
        told = self.text(typed, 4 * self.size)
        try:
            data = bytes.fromhex(told)
        except ValueError:
            data = b""
        if len(data) != self.size:
            raise self.wrong(f"应为{self.size}字节十六进制 / {self.size} bytes in hex")
        return data


class KeyFile(Blob):
    """identity.txt, as a file or as its own text: the one secret key that it holds."""

    shape: ClassVar[str] = "key"

    def value(self, typed: Typed) -> Any:
        """Return AGE-SECRET-KEY-1…"""
        plain = isinstance(typed, str) and SECRET_KEY in typed
        data = typed.encode() if plain else super().value(typed)
        if BID_KEY in data:
            raise self.wrong(
                "这是投标密钥（.pem），只应留在贵单位，平台没有保存；"
                "请选择开标密钥 sealed-….identity.txt / "
                "this is the bid key (.pem), which should stay with you; it was not kept: "
                "choose the opening key, sealed-….identity.txt"
            )
        lines = data.decode("utf-8", "replace").splitlines()
        key = next((line.strip() for line in lines if line.strip().startswith(SECRET_KEY)), "")
        if not key:
            raise self.wrong(
                f"文件中没有 {SECRET_KEY}…，请选择开标密钥 sealed-….identity.txt"
                " / no such key in this file: choose the opening key, sealed-….identity.txt"
            )
        return key


def _sections(case: Case) -> Iterable[tuple[str, str]]:
    with case.source.platform.read() as session:
        return [(str(each.id), f"{each.number} {each.name}") for each in sections(session, case.id)]


def _first(case: Case) -> str:
    found = list(_sections(case))
    return found[0][0] if len(found) == 1 else ""


def _ident(told: str) -> Any:
    return Ident("section").value(told)


SECTION = Choice("section", options=_sections, kind=_ident, start=_first)


def _joining(case: Case, values: Values) -> Values:
    """Seal who is signed in to the trustees' quorum, and forget it: nobody joins in another's name.

    An identity that a tenderer sealed itself could name a rival, and nobody could tell who did it.
    """
    section, mask = values["section"], case.actor.mask or ""
    with case.source.platform.read() as session:
        found_section(session, case.id, section)
        roster = roster_of(session, case.id)
        bidder = bidder_of(session, case.id, case.actor.org, mask)
    sealed = seal_identity(bidder, roster, case.id, section, mask)
    return {"public_key": values["public_key"], "sealed_identity": sealed}


def _guaranteed(_: Case, values: Values) -> Values:
    """Valid through the whole of the day that was typed."""
    return {**values, "valid_until": midnight(values["valid_until"] + ONE_DAY)}


def _validity(case: Case) -> Any:
    with case.source.platform.read() as session:
        try:
            return local_date(validity_end(session, case.id) - ONE_DAY)
        except NotFound:
            return ""


def _deposit(case: Case) -> str:
    with case.source.platform.read() as session:
        asked = [each.deposit_fen for each in sections(session, case.id)]
    return f"{asked[0] / 100:.2f}" if len(asked) == 1 and asked[0] else ""


def _releasing(case: Case, values: Values) -> Values:
    """The capsule is the one that came with the bid; whether it may be opened, the act says."""
    section, here = values["section"], case.source
    with looking_after(here.platform, case.id, section), here.platform.read() as session:
        try:
            bid = standing_bid(session, case.id, section, case.actor.mask or "")
        except NotFound:
            return {**values, "capsule": b""}
        capsule = kept(here.store, UUID(bid.blobs[CAPSULE]))
        if digest(capsule) != bid.capsule and is_opening(session, case.id, section):
            # What the platform has damaged is no fault of the key.
            raise Lost if bid.bid in lost(session, case.id, section, CAPSULE) else DamagedHere
    return {**values, "capsule": capsule}


def _kinds(_: Case) -> Iterable[tuple[str, str]]:
    return [(kind.value, text(f"objection.{kind.value}")) for kind in Kind]


def _kind(case: Case) -> str:
    with case.source.platform.read() as session:
        return Kind.OPENING.value if is_closed(session, case.id) else Kind.DOCUMENTS.value


def _back(case: Case, _: Any) -> str:
    return f"/bid/{case.project}"


def _deed(action: Any, *fields: Any, inputs: Any = None) -> Deed:
    return Deed(action, fields, inputs or (lambda _, values: values), after=_back)


DEEDS = (
    _deed(
        join,
        SECTION,
        Hex("public_key", words="公钥 / public key", hint="bid.key_hint"),
        inputs=_joining,
    ),
    _deed(download),
    _deed(read, Hex("notice", words="招标文件摘要 / digest of the tender", hint="bid.notice_hint")),
    _deed(
        ask, Long("text", most=MAX_QUESTION, words="问题 / question", hint="bid.ask_hint"),
    ),
    _deed(open_account, SECTION),
    _deed(
        guarantee,
        SECTION,
        Text("number", most=80, words="保函编号 / guarantee number"),
        Text("issuer", most=120, words="开立人 / issuer"),
        Money("amount_fen", words="保函金额 / amount of the guarantee", start=_deposit),
        Day("valid_until", words="有效期至 / valid through", start=_validity,
            hint="bid.valid_hint"),
        inputs=_guaranteed,
    ),
    _deed(
        withdraw,
        SECTION,
        Text("signature", words="撤回声明的签名 / signature of the statement",
             hint="bid.withdraw_hint"),
    ),
    _deed(check_in, SECTION),
    _deed(check_seal, SECTION),
    _deed(ask_host, SECTION, Long("text", words="提问 / question", most=LONGEST)),
    _deed(
        release,
        SECTION,
        KeyFile("identity", words="开标密钥文件 / opening key", accept=".txt",
                hint="bid.release_hint"),
        inputs=_releasing,
    ),
    _deed(confirm_price, SECTION, Ident("bid"), Money("price", words="修正价 / corrected price")),
    _deed(
        file_objection,
        Choice("kind", options=_kinds, kind=Kind, start=_kind, words="对什么的异议 / about"),
        Choice("section", options=_sections, kind=_ident, required=False, start=_first),
        Long("text", words="理由 / reasons", hint="bid.objection_hint"),
    ),
)  # fmt: skip
"""What tenderers do; `bid.submit` has a counter of its own (webui/deed/handing.py)."""
