"""Proof: shows offline that an entry is in a log its witnesses saw (C2SP tlog-proof@v1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from monitor.log.checkpoint import (
    Policy,
    SignedCheckpoint,
    open_checkpoint,
    parse_decimal,
)
from monitor.log.note import MalformedNote, from_base64, to_base64
from monitor.log.tree import HASH_BYTES, HashReader, inclusion_path, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
MAX_PATH = 63


@dataclass(frozen=True, slots=True)
class LogProof:
    """An index, its inclusion path, the signed checkpoint; `extra` is authenticated by nobody."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None

    @classmethod
    def build(
        cls, reader: HashReader, index: int, size: int, checkpoint: str, extra: bytes | None = None
    ) -> Self:
        """Make the proof of a leaf in the tree of that signed checkpoint; raises BadTree."""
        return cls(index, tuple(inclusion_path(reader, index, size)), checkpoint, extra)

    def encode(self) -> str:
        """Return the text of a .tlog-proof file."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {to_base64(self.extra)}")
        lines += [f"index {self.index}", *(to_base64(item) for item in self.path)]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a .tlog-proof file in its one spelling, nothing verified; raises MalformedNote."""
        head, blank, checkpoint = text.partition("\n\n")
        lines = head.split("\n")
        if not blank or lines.pop(0) != HEADER:
            raise MalformedNote(f"proof: must begin with {HEADER}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = from_base64(lines.pop(0).removeprefix("extra "))
        if not lines or not lines[0].startswith("index "):
            raise MalformedNote("proof: the index line is missing")
        index = parse_decimal(lines.pop(0).removeprefix("index "))
        return cls(index, parse_hashes(lines), checkpoint, extra)

    def verify(self, entry: bytes, policy: Policy) -> SignedCheckpoint:
        """Check that `entry` is a leaf of the log, as policy demands it be signed and witnessed.

        Raises NoteError (MalformedNote, BadSignature, NoKnownSigner, NotWitnessed), BadTree or
        BadProof. For a record the entry is its commitment.
        """
        signed = open_checkpoint(self.checkpoint, policy)
        head = signed.checkpoint
        verify_inclusion(leaf_hash(entry), self.index, head.size, self.path, head.root)
        return signed


def parse_hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    """Read at most 63 base64 lines of 32 bytes each; raises MalformedNote."""
    hashes = tuple(from_base64(line) for line in lines)
    if len(hashes) > MAX_PATH or any(len(item) != HASH_BYTES for item in hashes):
        raise MalformedNote(f"path: must be at most {MAX_PATH} hashes of {HASH_BYTES} bytes")
    return hashes
