"""A small but complete outcome of one trade, as `batong demo --out` leaves it, made by pure makers."""

import hashlib
import io
import itertools
import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import experts.draw_verify
from bidding.envelope.bid.object import MANIFEST
from bidding.envelope.document import public_key
from bidding.envelope.receipt import Outcome, Receipt, sign_receipt
from monitor.log.canonical import canonical
from monitor.log.checkpoint import Checkpoint, Policy, cosign, sign_checkpoint
from monitor.log.commitment import Opening, commit, pad_commitment
from monitor.log.note import Kind, SigningKey, add_signatures
from monitor.log.proof import LogProof
from monitor.log.tile import TileStore
from monitor.log.tree import inclusion_path, leaf_hash, root
from tests.bidding.envelope.world import invite, make_bid, make_roster, make_trustees
from tests.experts.draw_world import a_whole_draw
from trading.archive.evidence import Evidence, Leaf
from trading.archive.volume import Document, Volume, bid_file, draw_bundle, filed, ledger_journal
from trading.archive.volume import opening_record as opening_document
from trading.ledger import Entry, Head, account, move, to_beancount
from trading.paper.authority import make_stand_in_authority
from trading.paper.sheet import Proof, Sheet, set_sheet
from trading.paper.signature import sign_pdf
from webui.artefact.keys import write_keys
from webui.artefact.kind.receipt import prove

NOW = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)
TIME = "2026-03-16T01:29:00.000000Z"
PROJECT, SECTION = "018f0000-0000-7000-8000-000000000000", "018f0000-0000-7000-8000-0000000000aa"
ORIGIN = "batong.example/log/2026"
BID, LEAF, CODE = "bid-1", "cd" * 32, "E3506010601100717001"


def _key(name: str, kind: Kind) -> SigningKey:
    return SigningKey(name, kind, hashlib.sha256(name.encode()).digest())


LOG = _key(ORIGIN, Kind.ED25519)
WITNESS = _key("witness.example", Kind.COSIGNATURE)
POLICY = Policy(LOG.verifier, (WITNESS.verifier,), 1)
DESK = Ed25519PrivateKey.from_private_bytes(bytes(32))


@dataclass(frozen=True)
class Made:
    """One record: its leaf, opening and number."""

    index: int
    salt: bytes
    raw: bytes
    body: dict[str, Any]

    @property
    def commitment(self) -> bytes:
        return commit(self.salt, self.raw)


def _record(number: int, action: str, **more: Any) -> dict[str, Any]:
    body = {
        "v": 1, "id": f"018f0000-0000-7000-8000-{number:012x}", "time": TIME, "project": PROJECT,
        "actor": {"id": "p-1", "role": "tenderer"}, "action": action, "outcome": {"done": True},
        "subject": "", "facts": {}, "changes": "", "rules": {},
    }  # fmt: skip
    return body | more


def _records(manifest: str, opening: bytes, draw: bytes, volume: Volume) -> list[Made]:
    """bid.submit, gathered by the reveal, which names the opening record; draw and closing."""
    facts = {
        "section": SECTION, "version": 1, "manifest": manifest, "leaf": LEAF, "arrived": TIME,
    }  # fmt: skip
    submit = _record(1, "bid.submit", subject=BID, facts=facts)
    first = Made(3, hashlib.sha256(b"1").digest(), canonical(submit), submit)
    gathers = {"count": 1, "root": root([leaf_hash(first.commitment)]).hex()}
    said = {"record": hashlib.sha256(opening).hexdigest()}
    listed = [document.kind for document in volume.documents]
    closed = {
        "manifest": hashlib.sha256(volume.manifest()).hexdigest(),
        "documents": len(listed), "classes": {kind: listed.count(kind) for kind in listed},
    }  # fmt: skip
    told: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("project.register", {"code": CODE, "name": "某某工程", "category": "works"}, {}),
        ("opening.reveal", said, {"gathers": gathers}),
        ("draw.publish_bundle", {"sha256": hashlib.sha256(draw).hexdigest()}, {}),
        ("archive.close", closed, {"gathers": gathers}),
    ]
    made = [first]
    for seq, (action, facts, more) in enumerate(told, 1):
        made.append(_public(made, seq, action, facts=facts, **more))
    return made


def _public(before: list[Made], seq: int, action: str, **more: Any) -> Made:
    """The next public act, which names the one before it."""
    prev = before[-1].commitment.hex() if seq > 1 else ""
    body = _record(0 if seq == 1 else seq, action, seq=seq, prev=prev, **more)
    index = 20 if action == "archive.file" else 4 + seq
    return Made(index, hashlib.sha256(b"act %d" % seq).digest(), canonical(body), body)


def _filed(before: list[Made], volume: Volume) -> Made:
    """archive.file, which names both bags and lies in no bag."""
    bags = {"custody": volume.custody_zip(), "public": volume.public_zip()}
    facts: dict[str, Any] = {
        name: {"sha256": hashlib.sha256(bag).hexdigest(), "size": str(len(bag))}
        for name, bag in bags.items()
    }
    return _public(before, 5, "archive.file", facts=facts, gathers=before[-1].body["gathers"])


def _log(tiles: TileStore, size: int, records: list[Made]) -> str:
    """Let the log grow to 16 or 24 leaves; return its checkpoint."""
    entries = [pad_commitment(hashlib.sha256(b"pad %d" % n).digest()) for n in range(size)]
    for made in records:
        entries[made.index] = made.commitment
    before = size - 16 and 16
    tiles.append(before, entries[before:])
    head = Checkpoint(ORIGIN, len(entries), root([leaf_hash(entry) for entry in entries]))
    note = add_signatures(sign_checkpoint(head, LOG), [cosign(head, WITNESS, NOW)])
    tiles.write_checkpoint(note)
    lines = [Opening(made.index, made.salt, made.raw).line() for made in records]
    (tiles.folder / "openings.jsonl").write_bytes(b"".join(lines))
    return note


def _opening(manifest: str) -> bytes:
    row: dict[str, Any] = {
        "bid": BID, "mask": "p-1", "name": "甲建设有限公司", "uscc": "91350100M000100Y43",
        "arrived": TIME, "manifest": manifest, "before_addendum": False, "price_fen": "1234567",
        "price_words": "壹万", "period_days": 180, "quality": "合格", "remarks": [],
    }  # fmt: skip
    whole = {"v": "batong-opening/1", "project": PROJECT, "section": SECTION, "time": TIME}
    return canonical({**whole, "bids": [row]})


def _journal() -> str:
    bank, owed = account(Head.BANK, "P1"), account(Head.DEPOSIT, "P1", "甲")
    day = date(2026, 3, 2)
    taken = Entry("e1", day, "收到保证金 / received", move(bank, owed, 2_872_000), "r1")
    back = Entry("e2", date(2026, 3, 9), "退还 / refunded", move(owed, bank, 2_872_000), "r2")
    return to_beancount([taken, back], "某某工程")


def _paper(folder: Path) -> tuple[bytes, bytes]:
    authority = make_stand_in_authority(folder, NOW)
    proof = Proof("https://x", "ab" * 32)
    sheet = Sheet("中标通知书", "", "1号", "甲公司", ("正文",), (), (), "招标人", proof)
    signed = sign_pdf(set_sheet(sheet, NOW), authority.issue("某某招标人", NOW), NOW)
    return signed, (folder / "root.pem").read_bytes()


def _documents(bid: Path, draw: bytes, opening: bytes, paper: bytes) -> tuple[Document, ...]:
    classes = ("notice", "tender", "award", "contract", "evaluation")
    return (
        *(filed(kind, f"{kind}.txt", kind, f"{kind} 正文".encode()) for kind in classes),
        filed("letter", "award-notice.pdf", "中标通知书", paper),
        *(bid_file(BID, path.name, path.read_bytes()) for path in sorted(bid.iterdir())),
        draw_bundle("panel.zip", draw),
        opening_document(opening),
        ledger_journal(_journal()),
    )


def _evidence(tiles: TileStore, note: str, records: list[Made], keys: str) -> Evidence:
    reader = tiles.hash_reader(16)
    leaves = tuple(
        Leaf(
            made.index, made.body["id"], made.body.get("seq"), made.commitment,
            tuple(inclusion_path(reader, made.index, 16)), made.salt, made.raw, True,
        )
        for made in records
    )  # fmt: skip
    return Evidence(leaves, note.encode(), keys)


def _receipt(tiles: TileStore, note: str, made: Made, manifest: str) -> bytes:
    at = datetime(2026, 3, 16, 1, 29, tzinfo=UTC)
    receipt = Receipt(
        Outcome.ACCEPTED, at, PROJECT, SECTION, BID, 1, manifest, LEAF, made.body["id"]
    )
    proof = LogProof.build(tiles.hash_reader(16), made.index, 16, note)
    return prove(sign_receipt(receipt, DESK), proof, made.salt, made.raw)


def an_outcome(work: Path) -> Path:
    """Everything that DIR holds after `batong demo --out DIR`; its path."""
    out = work / "out"
    out.mkdir()
    roster = make_roster(make_trustees(work / "trustees"))
    bid = make_bid(work / "bids", invite(roster), BID)
    (out / "bid").mkdir()
    for path in bid.folder.iterdir():
        (out / "bid" / path.name).write_bytes(path.read_bytes())
    (out / "bid" / "identity.txt").write_text(f"# {BID}\n{bid.sealed.identity}\n")
    manifest = hashlib.sha256((out / "bid" / MANIFEST).read_bytes()).hexdigest()
    opening, journal = _opening(manifest), _journal()
    draw = a_whole_draw(work / "draw").finish()
    paper, roots = _paper(work / "authority")
    keys = write_keys(POLICY, public_key(DESK))
    listed = Volume(
        code=CODE, title="某某工程", category="works", ended=date(2026, 3, 16),
        made=date(2026, 3, 16), documents=_documents(out / "bid", draw, opening, paper),
        evidence=Evidence((), b"", ""),
        draw_verifier=Path(experts.draw_verify.__file__).read_bytes(),
    )  # fmt: skip
    records, tiles = _records(manifest, opening, draw, listed), TileStore(out / "log")
    note = _log(tiles, 16, records)
    volume = replace(listed, evidence=_evidence(tiles, note, records, keys))
    _log(tiles, 24, [*records, _filed(records, volume)])
    (out / "receipts").mkdir()
    files = {
        "archive.zip": volume.custody_zip(), "public.zip": volume.public_zip(), "draw.zip": draw,
        "award-notice.pdf": paper, "opening-record.json": opening,
        "ledger.beancount": journal.encode(), "log/keys.txt": keys.encode(),
        "log/roots.pem": roots,
        "receipts/1.json": _receipt(tiles, note, records[0], manifest),
    }  # fmt: skip
    for name, data in files.items():
        (out / name).write_bytes(data)
    return out


def member_at(zipped: bytes, offset: int) -> str:
    """The member of a stored zip whose header or bytes hold that offset, or "zip directory"."""
    import zipfile

    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
        start = archive.start_dir
    ends = [info.header_offset for info in infos[1:]] + [start]
    spans = zip(infos, ends, strict=True)
    return next((info.filename for info, end in spans if offset < end), "zip directory")


def offsets(label: str, size: int, count: int) -> list[tuple[int, int]]:
    """Repeatable places and differences (1 to 255) for one-byte changes."""
    seeds = (hashlib.sha256(f"{label} {n}".encode()).digest() for n in itertools.count())
    return [
        (int.from_bytes(seed[:8], "big") % size, seed[8] % 255 + 1)
        for seed in itertools.islice(seeds, count)
    ]


def told(output: str) -> dict[str, Any]:
    """The JSON of a verification."""
    value: dict[str, Any] = json.loads(output)
    return value
