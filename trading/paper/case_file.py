"""The case file on paper: a card, how it was handled, each record that shows it, with proofs."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from trading.paper.sheet import Proof, Sheet, beijing, set_sheet

_HEAD = ("序", "行为 / act", "时间 / time", "叶 / leaf", "记录承诺 / commitment")
_HOW = (
    "核验：叶哈希 = SHA-256(00 ‖ 承诺)，逐级并入路径得树根，与检查点一致（RFC 6962 §2.1.1） / "
    "check: SHA-256(00 ‖ commitment), folded up the path, is the checkpoint's root"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A record of the file: its id, act and moment, its commitment, its leaf and inclusion path."""

    record: str
    act: str
    at: datetime
    commitment: bytes
    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """What a case file says; facts: (label, value); checkpoint: the signed note of the log."""

    number: str
    facts: tuple[tuple[str, str], ...]
    text: tuple[str, ...]
    records: tuple[Shown, ...]
    checkpoint: str
    author: str
    proof: Proof
    mark: str = ""


def case_file_pdf(told: CaseFile, made: datetime) -> bytes:
    """Return 监察案卷 as PDF/A-2b; each record's proof stands in the notes, in base64."""
    return set_sheet(
        Sheet(
            title="监察案卷",
            subtitle="Monitoring Case File",
            number=told.number,
            to="",
            text=told.text,
            facts=told.facts,
            closing=(),
            author=told.author,
            proof=told.proof,
            head=_HEAD,
            rows=tuple(_row(place, each) for place, each in enumerate(told.records, 1)),
            notes=(_HOW, *map(_path, told.records), f"检查点 / checkpoint：{told.checkpoint}"),
            mark=told.mark,
        ),
        made,
    )


def _row(place: int, record: Shown) -> tuple[str, ...]:
    commitment = record.commitment.hex()
    halves = f"{commitment[:32]} {commitment[32:]}"
    return (str(place), record.act, beijing(record.at), str(record.index), halves)


def _path(record: Shown) -> str:
    steps = " ".join(base64.b64encode(step).decode() for step in record.path)
    return f"叶 / leaf {record.index}（{record.record}）：{steps}"
