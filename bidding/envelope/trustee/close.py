"""CLOSE: which bids and notes were in at the deadline, as counts and blind roots.

Each bidder checks its own leaf against the root before anything is unlocked (招标投标法 36).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bidding.envelope.bid.manifest import bid_leaf, read_manifest
from bidding.envelope.capsule import Kind
from bidding.envelope.document import EnvelopeError, Fields, digest, read, time_text, write
from bidding.envelope.sealed_note import note_leaf, read_note
from monitor.log.tree import inclusion_proof, leaf_hash, root, verify_inclusion


class CloseError(EnvelopeError):
    """A batch is not the one that CLOSE fixed."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A closed set: how many, and the RFC 6962 root over the sorted leaves, in hexadecimal."""

    count: int
    root: str


@dataclass(frozen=True, slots=True)
class Close:
    """The statement that the log carries; `closed_at` is aware UTC."""

    tender: str
    lot: str
    closed_at: datetime
    bids: Accepted
    notes: Accepted

    def to_bytes(self) -> bytes:
        """Return the canonical document."""
        return write(
            "close",
            tender=self.tender,
            lot=self.lot,
            closed_at=time_text(self.closed_at),
            bids={"count": self.bids.count, "root": self.bids.root},
            notes={"count": self.notes.count, "root": self.notes.root},
        )

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the document in hexadecimal."""
        return digest(self.to_bytes())

    def accepted(self, kind: Kind) -> Accepted:
        """Return the closed set of bids or of notes."""
        return self.bids if kind is Kind.BID else self.notes


@dataclass(frozen=True, slots=True)
class Locked:
    """One thing to unlock: its id, its leaf under CLOSE, and its capsule, b"" if lost."""

    subject: str
    leaf: bytes
    capsule: bytes


def read_close(data: bytes) -> Close:
    """Read a CLOSE document; raises Malformed."""
    document = read("close", data, "tender lot closed_at bids notes")
    return Close(
        document.text("tender"),
        document.text("lot"),
        document.time("closed_at"),
        _read_accepted(document.one("bids", "count root")),
        _read_accepted(document.one("notes", "count root")),
    )


def lock_bid(manifest: bytes, capsule: bytes) -> Locked:
    """Return what trustees get of a bid: its signed manifest leads from the leaf to the capsule."""
    read = read_manifest(manifest)
    if read.capsule != digest(capsule):
        raise CloseError(f"bid {read.bid}: 封装件不是清单里的 / not the capsule of the manifest")
    return Locked(read.bid, bid_leaf(manifest), capsule)


def lose_bid(manifest: bytes) -> Locked:
    """Return what trustees get of a bid whose capsule the platform has lost: its place alone."""
    return Locked(read_manifest(manifest).bid, bid_leaf(manifest), b"")


def lock_note(note: bytes) -> Locked:
    """Return what trustees get of a sealed note; raises Malformed."""
    read = read_note(note)
    return Locked(read.capsule.context.subject, note_leaf(note), read.capsule_document)


def accept_set(leaves: Sequence[bytes]) -> Accepted:
    """Return the closed set of 32-byte leaves; their order of arrival is not told."""
    return Accepted(len(leaves), root(_hashes(leaves)).hex())


def prove_accepted(leaves: Sequence[bytes], leaf: bytes) -> tuple[int, list[bytes]]:
    """Return index and path that show `leaf` under the root, for the bidder who holds it."""
    index = sorted(leaves).index(leaf)
    return index, inclusion_proof(_hashes(leaves), index, len(leaves))


def check_accepted(accepted: Accepted, leaf: bytes, index: int, path: Sequence[bytes]) -> None:
    """Check that a leaf is in a closed set; raises monitor.log.tree.BadTree or BadProof."""
    top = bytes.fromhex(accepted.root)
    verify_inclusion(leaf_hash(leaf), index, accepted.count, path, top)


def _hashes(leaves: Sequence[bytes]) -> list[bytes]:
    return [leaf_hash(leaf) for leaf in sorted(leaves)]


def _read_accepted(accepted: Fields) -> Accepted:
    return Accepted(accepted.number("count"), accepted.hexes("root"))
