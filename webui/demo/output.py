"""What a demo leaves in its folder: artefacts that a stranger can check, and the public keys."""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from bidding.desk import Answer
from bidding.hall.ceremony import Result, stored_objects
from bidding.hall.reveal import opening_record_of
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from trading.archive.canonical_zip import read_canonical
from trading.money import format_yuan
from webui.artefact.keys import ROOTS
from webui.artefact.kind.receipt import prove
from webui.artefact.recognition import SAMPLES
from webui.cli.export import write_log
from webui.demo.cast import credit_code
from webui.demo.play import Bidder, Play

BIDDER = "演示试投有限公司"


def write(it: Play, out: Path) -> None:
    """Write everything."""
    out.mkdir(parents=True, exist_ok=True)
    write_log(it.stage.settings, it.stage.platform, out / "log", VISITOR)
    if it.authority is not None:
        (out / ROOTS).write_bytes(it.authority.public_bytes(Encoding.PEM))
    (out / "archive.zip").write_bytes(it.archive)
    (out / "public.zip").write_bytes(it.public)
    (out / "draw.zip").write_bytes(it.draw_bundle)
    (out / "award-notice.pdf").write_bytes(it.award_notice)
    with it.stage.platform.read() as session:
        document = opening_record_of(session, it.project, it.section)
    journal = read_canonical(it.archive)["data/ledger/ledger.beancount"]
    (out / "opening-record.json").write_bytes(document)
    (out / "ledger.beancount").write_bytes(journal)
    _receipts(it, out / "receipts")
    _bid(it, out / "bid")
    _samples(it, out / SAMPLES)


def _samples(it: Play, folder: Path) -> None:
    """What `batong seal` asks for, so that a reader can seal a bid for this trade."""
    (folder / "files").mkdir(parents=True)
    (folder / "invitation.json").write_bytes(it.invitation)
    (folder / "files" / "商务标.txt").write_text("商务标（演示样本） / a sample\n", "utf-8")
    (folder / "files" / "技术标.txt").write_text("技术标（演示样本） / a sample\n", "utf-8")
    draft = {
        "name": BIDDER,
        "uscc": credit_code(BIDDER),
        "price": format_yuan(it.plan.ceiling_fen * 95 // 100),
        "period_days": 180,
        "quality": "合格",
    }
    told = json.dumps(draft, ensure_ascii=False, indent=2)
    (folder / "draft.json").write_text(f"{told}\n", "utf-8")


def _receipts(it: Play, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for bidder in it.bidders:
        for number, answer in enumerate(bidder.answers, 1):
            (folder / f"{bidder.mask}-{number}.json").write_bytes(_receipt(it, bidder, answer))


def _receipt(it: Play, bidder: Bidder, answer: Answer) -> bytes:
    """The signed receipt with its proof and the opening of its record, as its owner gets them."""
    viewer = Viewer(Audience.PUBLIC, masks=frozenset({bidder.mask}))
    with it.stage.platform.read() as session:
        record = next(
            one for one in timeline(session, it.project, viewer) if one.record_id == answer.record
        )
    return prove(answer.receipt, it.stage.proof(answer.record), record.salt, record.body)


def _bid(it: Play, folder: Path) -> None:
    """One sealed bid as it was received, with the identity that the trustees recovered."""
    folder.mkdir(exist_ok=True)
    chosen = _absent(it)
    for name, opener in stored_objects(chosen.noted, it.stage.store).items():
        with opener() as source:
            (folder / name).write_bytes(source.read())
    (folder / "identity.txt").write_text(f"{chosen.identity}\n", "utf-8")


def _absent(it: Play) -> Result:
    masks = {bidder.mask for bidder in it.bidders if bidder.rival.manner == "absent"}
    opened = [result for result in it.results if result.letter is not None]
    return next((r for r in opened if r.noted.bid.mask in masks), opened[0])
