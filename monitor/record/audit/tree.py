"""The tree: leaves, heads and cosignatures against the checkpoint and keys from outside."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint
from monitor.log.commitment import SALT_BYTES, pad_commitment
from monitor.log.note import NoteError, Signature
from monitor.log.sequencer.recovery import LOST
from monitor.log.tree import Frontier, leaf_hash
from monitor.record.audit.finding import Finding

LEAVES = """
SELECT l.idx, l.pad_salt, l.commitment, l.record_id IS NOT NULL AND r.id IS NULL AS lost
FROM public.leaf l LEFT JOIN public.record r ON r.id = l.record_id ORDER BY l.idx
"""
RECOVERED = """
SELECT (b -> 'facts' ->> 'start')::bigint AS start, (b -> 'facts' ->> 'end')::bigint AS end
FROM (SELECT convert_from(body, 'UTF8')::jsonb AS b FROM public.opening
      WHERE position('"action":"log.recover"'::bytea IN body) > 0) o
WHERE b ->> 'action' = 'log.recover' AND b -> 'outcome' ? 'done'
"""
HEADS = "SELECT size, root, note FROM public.head ORDER BY size"
COSIGNATURES = """
SELECT c.size, c.witness, c.line, h.root FROM public.cosignature c
LEFT JOIN public.head h ON h.size = c.size ORDER BY c.size, c.witness
"""


def tree(session: Session, trusted: Checkpoint | None, policy: Policy) -> Iterator[Finding]:
    """Name each leaf that hides nothing, and each head that is not the tree's or is not signed."""
    heads = session.execute(text(HEADS)).all()
    kept = 0 if trusted is None else trusted.size
    roots: dict[int, bytes | None] = dict.fromkeys({kept, *(head.size for head in heads)})
    size = yield from _leaves(session, roots)
    if trusted is not None and kept:
        yield from _against(trusted, size, roots[kept])
    elif size:
        yield Finding("log", str(size), "no checkpoint from outside to compare with")
    for head in heads:
        for what in _head_faults(head, roots[head.size], kept, policy):
            yield Finding("head", str(head.size), what)
    for row in session.execute(text(COSIGNATURES)):
        if row.root is None or not _cosigned(row, policy):
            yield Finding("cosignature", f"{row.size} {row.witness}", "not by a witness's key")


def _leaves(session: Session, roots: dict[int, bytes | None]) -> Generator[Finding, None, int]:
    """Hash all leaves; fill in the root at each size asked for; return how many there are."""
    frontier = Frontier()
    back = [range(row.start, row.end) for row in session.execute(text(RECOVERED))]
    with session.execute(text(LEAVES).execution_options(yield_per=5000)) as rows:
        for row in rows:
            if row.idx != frontier.size:
                yield Finding("leaf", str(frontier.size), "leaf is missing")
                break
            faults = () if _came_back(row, back) else _leaf_faults(row)
            yield from (Finding("leaf", str(row.idx), what) for what in faults)
            frontier = frontier.append(leaf_hash(row.commitment))
            if frontier.size in roots:
                roots[frontier.size] = frontier.root()
    return frontier.size


def _head_faults(head: Any, root: bytes | None, kept: int, policy: Policy) -> Iterator[str]:
    if root != head.root:
        yield "root is not the tree's"
    if head.note is None:
        return
    if head.size > kept:
        yield f"signed beyond the checkpoint kept of {kept}"
    if not _signed(head, policy):
        yield "not signed by the log's key"


def _signed(head: Any, policy: Policy) -> bool:
    try:
        found = open_checkpoint(head.note, Policy(policy.log)).checkpoint
    except NoteError:
        return False
    return (found.size, found.root) == (head.size, head.root)


def _cosigned(row: Any, policy: Policy) -> bool:
    body = Checkpoint(policy.log.name, row.size, bytes(row.root)).body()
    try:
        signature = Signature.parse(row.line)
        for key in policy.witnesses:
            if (key.name, key.key_id) == (signature.name, signature.key_id):
                key.verify(body, signature.payload)
                return True
    except NoteError:
        return False
    return False


def _came_back(row: Any, recovered: Sequence[range]) -> bool:
    """Tell whether a leaf came back from a bundle: it opens to nothing, and a record says so."""
    return not row.lost and row.pad_salt == LOST and any(row.idx in each for each in recovered)


def _leaf_faults(row: Any) -> Iterator[str]:
    if row.lost:
        yield "its record is missing"
    if row.pad_salt is not None and not _is_padding(row.pad_salt, row.commitment):
        yield "padding does not open"


def _is_padding(salt: bytes, commitment: bytes) -> bool:
    return len(salt) == SALT_BYTES and pad_commitment(salt) == commitment


def _against(trusted: Checkpoint, size: int, reached: bytes | None) -> Iterator[Finding]:
    if reached is None:
        yield Finding("log", str(size), f"tree is shorter than the checkpoint of {trusted.size}")
    elif reached != trusted.root:
        yield Finding("log", str(trusted.size), "tree is not the one that the witnesses cosigned")
