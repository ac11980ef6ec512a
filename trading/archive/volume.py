"""The two bags of one trade from one manifest: custody (everything) and public."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from trading.archive.bag import make_bag
from trading.archive.canonical_zip import canonical_zip
from trading.archive.content import class_of, kept_until, retention
from trading.archive.evidence import Evidence
from trading.archive.offline import source
from trading.archive.page import index_page


@dataclass(frozen=True, slots=True)
class Document:
    """One document: its class (content.toml), its path under data/, title and bytes."""

    kind: str
    path: str
    title: str
    body: bytes

    @property
    def sha256(self) -> str:
        """Return the hex digest by which both bags list it."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Volume:
    """All that the file of one trade holds; ended is the day that retention counts from.

    mark says on page and label that the file counts for nothing (a demo's); actions are the names
    that readers know for the records' actions.
    """

    code: str
    title: str
    category: str
    ended: date
    made: date
    documents: tuple[Document, ...]
    evidence: Evidence
    draw_verifier: bytes
    mark: str = ""
    actions: Mapping[str, str] = field(default_factory=dict)

    def custody_zip(self) -> bytes:
        """Return archive.zip: every document and every opening that exists."""
        members = {document.path: document.body for document in self.documents}
        held = frozenset(members)
        return self._zip(members, self.evidence.custody(), held, "custody")

    def public_zip(self) -> bytes:
        """Return public.zip: a document that is not public is its class, size and digest."""
        members, held = {}, set()
        for number, document in enumerate(self.documents, 1):
            if self._is_public(document):
                members[document.path] = document.body
                held.add(document.path)
            else:
                members[f"withheld/{number:04d}.json"] = _json(_row(document))
        return self._zip(members, self.evidence.public(), frozenset(held), "public")

    def _zip(
        self,
        members: Mapping[str, bytes],
        evidence: Mapping[str, bytes],
        held: frozenset[str],
        kind: str,
    ) -> bytes:
        own = {
            "manifest.json": self.manifest(),
            "index.html": index_page(self, held, evidence["records/openings.jsonl"]),
            "verify.py": source(),
            "draw_verify.py": self.draw_verifier,
        }
        return canonical_zip(make_bag({**members, **evidence, **own}, self._info(kind)))

    def _is_public(self, document: Document) -> bool:
        return self.category in class_of(document.kind).public

    def manifest(self) -> bytes:
        """Return manifest.json, the list of contents: the same bytes in both bags."""
        rows = []
        for document in self.documents:
            public = self._is_public(document)
            place = {"path": document.path, "title": document.title} if public else {}
            rows.append({**_row(document), **place, "public": public})
        return _json(rows)

    def _info(self, kind: str) -> dict[str, str]:
        rule = retention(self.category)
        mark = {"Mark": " ".join(self.mark.split())} if self.mark else {}
        return mark | {
            "External-Identifier": " ".join(self.code.split()),
            "External-Description": " ".join(self.title.split()),
            "Bagging-Date": self.made.isoformat(),
            "Bag-Group-Identifier": kind,
            "Keep-Until": kept_until(self.category, self.ended).isoformat(),
            "Keep-Basis": rule.basis,
        }


def draw_bundle(name: str, bundle: bytes) -> Document:
    """Place a draw bundle where the verifier looks for it."""
    return Document("draw", f"draw/{name}", name, bundle)


def opening_record(record: bytes) -> Document:
    """Place the opening record."""
    return Document("opening", "opening/opening-record.json", "开标记录 / opening record", record)


def ledger_journal(journal: str) -> Document:
    """Place the Beancount journal."""
    return Document("ledger", "ledger/ledger.beancount", "账簿 / ledger", journal.encode())


def bid_file(bid: str, name: str, body: bytes) -> Document:
    """Place one file of a bid: manifest, sealed files, recovered identity, opened letter."""
    return Document("bid", f"bids/{bid}/{name}", name, body)


def filed(kind: str, name: str, title: str, body: bytes) -> Document:
    """Place any other document under its class; name is the file name inside it."""
    return Document(class_of(kind).code, f"documents/{kind}/{name}", title, body)


def _row(document: Document) -> dict[str, object]:
    return {"class": document.kind, "sha256": document.sha256, "size": len(document.body)}


def _json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False).encode() + b"\n"
