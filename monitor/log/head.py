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
WITNESSED = text("""
SELECT max(h.at) AS last FROM (SELECT size, at FROM head ORDER BY size DESC LIMIT :most) h
WHERE h.at > :since
  AND (SELECT count(DISTINCT c.witness) FROM cosignature c WHERE c.size = h.size) >= :quorum
GROUP BY date_trunc('minute', h.at) ORDER BY last
""")
MOST_HEADS = 4000
"""Heads that are looked through for a span: one of ten seconds' beats has 360 an hour."""


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


def witnessed_since(session: Session, since: datetime, quorum: int) -> Sequence[datetime]:
    """Return when, in each minute since, the last head came that enough witnesses cosigned."""
    told = {"since": since, "quorum": quorum, "most": MOST_HEADS}
    return list(session.scalars(WITNESSED, told))
