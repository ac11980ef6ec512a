"""The documents of a trade that records name by their SHA-256, and those that anybody may fetch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from trading.archive.content import class_of
from trading.archive.holding import trade_documents
from trading.archive.volume import Document
from trading.paper.keeping import Paper as Stored
from trading.paper.keeping import paper_with
from webui.page.view.trade import Row, Trade

DIGESTS = (
    ("notice.publish", "digest"),
    ("document.issue", "digest"),
    ("question.answer", "digest"),
    ("clarification.issue", "digest"),
    ("draw.publish_bundle", "sha256"),
    ("opening.reveal", "record"),
    ("evaluation.report", "sha256"),
    ("contract.sign", "digest"),
    ("archive.file", "public"),
)
"""Acts whose facts name a document by its SHA-256, and the fact that does."""

REWRITTEN = frozenset({"notice.publish", "question.answer", "clarification.issue"})
"""Acts whose document is written again from its row, byte for byte as its digest fixed it."""
KEPT = frozenset({"draw.publish_bundle", "archive.file"})
"""Acts whose public file lies in the store as it was made, if this platform made it."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A document by its digest, from the record that named it; `href` where it may be fetched."""

    action: str
    title: str
    row: Row
    sha256: str
    size: int | None
    href: str


def papers(trade: Trade, held: Collection[str] = ()) -> list[Paper]:
    """Return the documents by digest, in order of time; `held` are the digests of `holds`."""
    found = [_paper(action, row, key, held) for action, key in DIGESTS for row in trade.all(action)]
    return sorted(found, key=lambda paper: paper.row.body["time"])


def holds(session: Any, trade: Trade) -> dict[str, Stored]:
    """Return the public files that lie in the store, by digest: of records that are visible."""
    told = [each for each in papers(trade) if each.action in KEPT]
    found = {
        each.sha256: paper_with(session, trade.entry.project, bytes.fromhex(each.sha256))
        for each in told
        if trade.entry is not None
    }
    return {sha256: row for sha256, row in found.items() if row is not None}


def fetched(session: Any, trade: Trade, sha256: str) -> Document | None:
    """Return a document that a visible record names, of a class that is public in its category.

    Raises NotAsPublished when a row no longer has the digest that was published.
    """
    named = {paper.sha256 for paper in papers(trade) if paper.action in REWRITTEN}
    if trade.entry is None or sha256 not in named:
        return None
    for document in trade_documents(session, trade.entry.project):
        public = trade.entry.category in class_of(document.kind).public
        if public and document.sha256 == sha256:
            return document
    return None


def _paper(action: str, row: Row, key: str, held: Collection[str]) -> Paper:
    told = row.facts[key]
    sha256, size = told, row.facts.get("size")
    if isinstance(told, dict):
        sha256, size = told["sha256"], int(told["size"])
    href = ""
    if action in REWRITTEN or sha256 in held:
        href = f"/project/{row.body['project']}/document/{sha256}"
    elif action == "opening.reveal":
        href = f"/project/{row.body['project']}/opening-record/{row.facts['section']}"
    return Paper(action, row.facts.get("title", ""), row, sha256, size, href)
