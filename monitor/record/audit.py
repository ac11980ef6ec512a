"""`batong audit`: row → last change line → record → commitment → tree → last cosigned checkpoint.

It names what differs, what is missing and what was never recorded. It trusts nothing inside the
database: the checkpoint to compare with comes from outside (the checkpoint store, a witness).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from monitor.log.checkpoint import Checkpoint
from monitor.log.commitment import SALT_BYTES, commit, pad_commitment
from monitor.log.tree import Frontier, leaf_hash


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the record says: where, which, and what is wrong."""

    place: str
    key: str
    what: str

    def __str__(self) -> str:
        return f"{self.place} {self.key}: {self.what}"


ROWS = """
SELECT t.id, c.op, c.record_id, c.digest = batong_digest(t, c.salt) AS same
FROM "{table}" t LEFT JOIN LATERAL (
    SELECT op, salt, digest, record_id FROM change
    WHERE tbl = :table AND key = t.id ORDER BY n DESC LIMIT 1) c ON true
WHERE c.op IS NULL OR c.op = 'DELETE' OR c.digest <> batong_digest(t, c.salt)
"""
MISSING = """
SELECT last.key, last.record_id FROM (
    SELECT DISTINCT ON (key) key, op, record_id FROM change WHERE tbl = :table
    ORDER BY key, n DESC) last
WHERE last.op <> 'DELETE' AND NOT EXISTS (SELECT 1 FROM "{table}" t WHERE t.id = last.key)
"""
RECORDS = """
SELECT r.id, r.chain, r.seq, r.prev, r.commitment, o.salt, o.body, batong_changes(r.id) AS changes,
       l.commitment AS leaf, p.record_id IS NOT NULL AS waiting
FROM record r LEFT JOIN opening o ON o.record_id = r.id LEFT JOIN leaf l ON l.record_id = r.id
LEFT JOIN pending p ON p.record_id = r.id ORDER BY r.chain, r.seq NULLS LAST, r.id
"""
ORPHANS = """
SELECT c.tbl, c.key, c.record_id FROM change c
WHERE NOT EXISTS (SELECT 1 FROM record r WHERE r.id = c.record_id)
"""
LEAVES = """
SELECT l.idx, l.pad_salt, l.commitment, l.record_id IS NOT NULL AND r.id IS NULL AS lost
FROM leaf l LEFT JOIN record r ON r.id = l.record_id ORDER BY l.idx
"""
BUSINESS = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public' ORDER BY c.relname
"""
OPERATIONAL = frozenset(
    {"record", "opening", "change", "pending", "leaf", "head", "cosignature", "alembic_version"}
)
"""Tables without the change trigger: the book itself and the log's own working rows."""


def audit(session: Session, trusted: Checkpoint | None) -> list[Finding]:
    """Walk everything; return what is not as the record says (an empty list is a clean house).

    `trusted` is the last cosigned checkpoint, obtained outside this database; None on a log that
    has none yet.
    """
    found = [finding for table in tables(session) for finding in _rows(session, table)]
    found += [
        Finding(
            row.tbl, str(row.key), f"change line of a record that is not there: {row.record_id}"
        )
        for row in session.execute(text(ORPHANS))
    ]
    found += _records(session)
    found += _leaves(session, trusted)
    return found


def tables(session: Session) -> list[str]:
    """Return the names of all tables that must stand under the change trigger."""
    return [name for name in session.scalars(text(BUSINESS)) if name not in OPERATIONAL]


def _rows(session: Session, table: str) -> Iterator[Finding]:
    bound = {"table": table}
    for row in session.execute(text(ROWS.format(table=table)), bound):
        if row.op is None:
            yield Finding(table, str(row.id), "row was never recorded")
        elif row.op == "DELETE":
            yield Finding(
                table, str(row.id), f"row came back after record {row.record_id} deleted it"
            )
        else:
            yield Finding(table, str(row.id), f"row differs from what record {row.record_id} wrote")
    for row in session.execute(text(MISSING.format(table=table)), bound):
        yield Finding(table, str(row.key), f"row that record {row.record_id} wrote is missing")


def _records(session: Session) -> Iterator[Finding]:
    chain, seq, prev = None, 0, b""
    for row in session.execute(text(RECORDS)):
        if row.chain != chain:
            chain, seq, prev = row.chain, 0, b""
        yield from (Finding("record", str(row.id), what) for what in _record_faults(row))
        if row.seq is None:
            continue
        if (row.seq, row.prev or b"") != (seq + 1, prev):
            yield Finding("record", str(row.id), f"chain is broken at number {row.seq}")
        seq, prev = row.seq, row.commitment


def _record_faults(row: Any) -> Iterator[str]:
    body, salt, commitment = row.body, row.salt, row.commitment
    if body is None:
        yield "opening is missing"
        return
    if commit(salt, body) != commitment:
        yield "opening is not what the commitment hides"
    said = _read(body)
    if said is None:
        yield "opening is no record's body"
    elif said.get("changes") != row.changes:
        yield "change lines are not those that the record hashed"
    if row.leaf is None and not row.waiting:
        yield "record is in no leaf and waits for none"
    if row.leaf is not None and row.leaf != commitment:
        yield "commitment is not the one in the log"


def _read(body: bytes) -> dict[str, Any] | None:
    """The body as a dictionary; None for what an owner wrote there that is none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _leaves(session: Session, trusted: Checkpoint | None) -> Iterator[Finding]:
    frontier, reached = Frontier(), None
    with session.execute(text(LEAVES).execution_options(yield_per=5000)) as rows:
        for row in rows:
            if row.idx != frontier.size:
                yield Finding("leaf", str(frontier.size), "leaf is missing")
                break
            yield from (Finding("leaf", str(row.idx), what) for what in _leaf_faults(row))
            frontier = frontier.append(leaf_hash(row.commitment))
            if trusted is not None and frontier.size == trusted.size:
                reached = frontier.root()
    if trusted is not None and trusted.size:
        yield from _against(trusted, frontier.size, reached)


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
