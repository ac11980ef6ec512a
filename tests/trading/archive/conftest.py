"""One small trade with a real log, real signatures and every kind of member."""

import hashlib
import itertools
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from monitor.log.canonical import canonical
from monitor.log.checkpoint import Checkpoint, Policy, cosign, sign_checkpoint
from monitor.log.commitment import commit, pad_commitment
from monitor.log.note import Kind, SigningKey, add_signatures
from monitor.log.tree import inclusion_proof, leaf_hash, root
from trading.archive.canonical_zip import canonical_zip
from trading.archive.evidence import Evidence, Leaf, keys_of
from trading.archive.volume import (
    Document,
    Volume,
    bid_file,
    draw_bundle,
    filed,
    ledger_journal,
    opening_record,
)

NOW = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)
PROJECT = "018f0000-0000-7000-8000-000000000000"
ORIGIN = "batong.example/log/2026"
ENTROPY = (hashlib.sha256(b"test %d" % n).digest() for n in itertools.count())
LOG = SigningKey.generate(ORIGIN, Kind.ED25519, lambda _: next(ENTROPY))
WITNESSES = tuple(
    SigningKey.generate(f"witness{n}.example", Kind.COSIGNATURE, lambda _: next(ENTROPY))
    for n in (1, 2, 3)
)
POLICY = Policy(LOG.verifier, tuple(key.verifier for key in WITNESSES), 2)
CODE, TITLE = "E3506010601100717001", "某某体育公园 <工程>"
NUMBERED = (1, 3, 6, 8, 9)
ACTIONS = {1: "project.register", 9: "archive.close"}
SECRET_NAME = "张某某评标专家"


def documents() -> tuple[Document, ...]:
    """Every class that works must hold, and bids, a draw, the ledger."""
    classes = ("notice", "tender", "award", "contract", "letter", "evaluation")
    return (
        *(
            filed(kind, f"{kind}.txt", f"《{kind}》<b>", f"{kind} 正文".encode())
            for kind in classes
        ),
        filed("evaluation", f"{SECRET_NAME}.txt", SECRET_NAME, SECRET_NAME.encode()),
        bid_file("b1", "letter.age", b"age-encryption.org/v1 sealed"),
        bid_file("b1", "identity.txt", b"AGE-SECRET-KEY-1TEST"),
        draw_bundle("panel.zip", canonical_zip({"header.json": b"{}"})),
        opening_record(b'{"bidders":3}'),
        ledger_journal('option "title" "x"\n'),
    )


def act(number: int, action: str, seq: int | None, **more: object) -> dict[str, object]:
    """One record body in the shape that perform writes."""
    body: dict[str, object] = {
        "v": 1,
        "id": f"018f0000-0000-7000-8000-{number:012x}",
        "time": f"2026-03-16T01:{number:02d}:00.000000Z",
        "project": PROJECT,
        "actor": {"id": "a", "org": "o", "role": "agency"},
        "action": action,
        "outcome": {"done": True},
        "subject": f"<script>alert({number})</script>",
        "facts": {},
    }
    return body | ({} if seq is None else {"seq": seq}) | more


def _leaves() -> tuple[list[tuple[bytes, bytes, dict[str, object]]], list[bytes]]:
    """Five public acts, the third gathers three secret ones, the last closes the file."""
    rows: list[tuple[bytes, bytes, dict[str, object]]] = []
    secret: list[bytes] = []
    before = ""
    for number in range(1, 10):
        salt = hashlib.sha256(b"salt %d" % number).digest()
        if number in NUMBERED:
            seq = NUMBERED.index(number) + 1
            more: dict[str, object] = {"prev": before}
            if number in (6, 9):
                inside = root([leaf_hash(c) for c in sorted(secret)]).hex()
                more["gathers"] = {"count": len(secret), "root": inside}
            if number == 8:
                more["facts"] = {"award": documents()[2].sha256}
            if number == 1:
                more["facts"] = {"code": CODE, "name": TITLE, "category": "works"}
            if number == 9:
                more["facts"] = closing_facts()
            body = act(number, ACTIONS.get(number, "notice.publish"), seq, **more)
            before = commit(salt, canonical(body)).hex()  # type: ignore[arg-type]
        else:
            body = act(number, "bid.upload", None, subject="秘密投标人")
            secret.append(commit(salt, canonical(body)))  # type: ignore[arg-type]
        rows.append((salt, canonical(body), body))  # type: ignore[arg-type]
    pads = [pad_commitment(hashlib.sha256(b"pad %d" % n).digest()) for n in range(11)]
    return rows, pads


def evidence() -> Evidence:
    """Scatter the records among padding leaves and sign the tree."""
    rows, pads = _leaves()
    own = [commit(salt, raw) for salt, raw, _ in rows]
    leaves = [c for pair in itertools.zip_longest(pads, own) for c in pair if c is not None]
    hashes = [leaf_hash(c) for c in leaves]
    head = Checkpoint(ORIGIN, len(hashes), root(hashes))
    note = add_signatures(
        sign_checkpoint(head, LOG), [cosign(head, key, NOW) for key in WITNESSES[:2]]
    )
    made = []
    for (salt, raw, body), commitment in zip(rows, own, strict=True):
        index, seq = leaves.index(commitment), body.get("seq")
        path = tuple(inclusion_proof(hashes, index, len(hashes)))
        number = seq if isinstance(seq, int) else None
        made.append(
            Leaf(index, str(body["id"]), number, commitment, path, salt, raw, seq is not None)
        )
    return Evidence(tuple(made), note.encode(), keys_of(POLICY))


def a_volume(evidence: Evidence, documents: tuple[Document, ...]) -> Volume:
    """Pack these; the trade ended and was filed on the day of its records."""
    return Volume(
        code=CODE,
        title=TITLE,
        category="works",
        ended=date(2026, 3, 16),
        made=date(2026, 3, 16),
        documents=documents,
        evidence=evidence,
        draw_verifier=b"print('draw')\n",
    )


def closing_facts() -> dict[str, object]:
    """What archive.close notes of the list of contents."""
    listed = a_volume(Evidence((), b"", ""), documents())
    classes = Counter(document.kind for document in listed.documents)
    digest = hashlib.sha256(listed.manifest()).hexdigest()
    return {"manifest": digest, "documents": len(listed.documents), "classes": dict(classes)}


@pytest.fixture(scope="session")
def volume() -> Volume:
    """The trade, before it is packed."""
    return a_volume(evidence(), documents())


@pytest.fixture(scope="session")
def custody(volume: Volume) -> bytes:
    """archive.zip"""
    return volume.custody_zip()


@pytest.fixture(scope="session")
def public(volume: Volume) -> bytes:
    """public.zip"""
    return volume.public_zip()
