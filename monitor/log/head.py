"""The last heads of the log, for people who watch it grow: sizes alone, nothing of what is in it.

A batch is padded: its size tells nothing of how many acts, secret ones among them, it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

LAST = text("""
SELECT h.size, h.root, h.at, h.note IS NOT NULL AS signed,
       coalesce(array_agg(DISTINCT c.witness) FILTER (WHERE c.witness IS NOT NULL), '{}') AS by
FROM (SELECT * FROM head ORDER BY size DESC LIMIT :most) h
LEFT JOIN cosignature c ON c.size = h.size
GROUP BY h.size, h.root, h.at, h.note ORDER BY h.size
""")


@dataclass(frozen=True, slots=True)
class LastHead:
    """A head: leaves, root, when; whether the log signed it, and which witnesses did."""

    size: int
    root: bytes
    at: datetime
    signed: bool
    witnesses: tuple[str, ...]


def last_heads(session: Session, most: int) -> Sequence[LastHead]:
    """Return the last heads, the oldest first."""
    rows = session.execute(LAST, {"most": most})
    return [LastHead(row.size, bytes(row.root), row.at, row.signed, tuple(row.by)) for row in rows]
