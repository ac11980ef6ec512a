"""The receipt that a bidder gets for a bid, on paper, also of one that was refused."""

from dataclasses import dataclass
from datetime import datetime

from monitor.clock import time_text
from trading.paper.letter import Trade
from trading.paper.sheet import Proof, Sheet, beijing, set_sheet


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was received when: files are (name, bytes, sha256); log says where the record stands.

    `refused` is the rule by which it was not taken in, "" of what was.
    """

    trade: Trade
    number: str
    to: str
    received: datetime
    version: int
    manifest_sha256: str
    files: tuple[tuple[str, int, str], ...]
    log: str
    proof: Proof
    notes: tuple[str, ...] = ()
    mark: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    subtitle: str
    text: tuple[str, str]


TAKEN = _Words(
    "投标文件递交回执",
    "Receipt of a Sealed Bid",
    (
        "贵单位递交的加密投标文件已完整收到。开标前任何人不能解密。",
        "Your sealed bid has been received whole. Nobody can open it before the opening.",
    ),
)
REFUSED = _Words(
    "投标文件拒收回执",
    "Receipt of a Refused Bid",
    (
        "贵单位递交的投标文件未予接收，也未保存。不服的，可以依法提出异议、投诉。",
        "Your bid was not taken in, and nothing of it was kept. You may object, and complain.",
    ),
)


def receipt_pdf(receipt: Receipt) -> bytes:
    """Return 投标文件递交回执 as PDF/A-2b, not yet signed (电子招标投标办法 27)."""
    words = REFUSED if receipt.refused else TAKEN
    ground = (("拒收依据 / ground", receipt.refused),) if receipt.refused else ()
    sheet = Sheet(
        title=words.title,
        subtitle=words.subtitle,
        number=receipt.number,
        to=receipt.to,
        text=words.text,
        facts=(
            *receipt.trade.facts(),
            *ground,
            (
                "收到时间 / received",
                f"{beijing(receipt.received)}（{time_text(receipt.received)}）",
            ),
            ("版次 / version", str(receipt.version)),
            ("清单摘要 / manifest SHA-256", receipt.manifest_sha256),
            ("日志位置 / place in the log", receipt.log),
        ),
        closing=(),
        author=receipt.trade.agency or receipt.trade.tenderee,
        proof=receipt.proof,
        head=("文件 / file", "字节 / bytes", "SHA-256"),
        rows=tuple((name, f"{size:,}", digest) for name, size, digest in receipt.files),
        notes=receipt.notes,
        mark=receipt.mark,
    )
    return set_sheet(sheet, receipt.received)
