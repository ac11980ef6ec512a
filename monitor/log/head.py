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
  AND (SELECT count(DISTINCT c.witness) FROM cosignature c
       WHERE c.size = h.size AND c.witness = ANY(:witnesses)) >= :needed
GROUP BY date_trunc('minute', h.at) ORDER BY last
""")
LAST_WITNESSED = text("""
SELECT h.at FROM head h JOIN (
    SELECT size FROM cosignature WHERE witness = ANY(:witnesses)
    GROUP BY size HAVING count(DISTINCT witness) >= :needed ORDER BY size DESC LIMIT 1
) c ON c.size = h.size
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


def witnessed_since(
    session: Session, since: datetime, witnesses: Sequence[str], needed: int
) -> Sequence[datetime]:
    """Return when, in each minute since, the last head came that enough of these cosigned."""
    told = {"since": since, "needed": needed, "most": MOST_HEADS, "witnesses": list(witnesses)}
    return list(session.scalars(WITNESSED, told))


def last_witnessed(session: Session, witnesses: Sequence[str], needed: int) -> datetime | None:
    """Return when the last head was made that enough of these cosigned, however long ago."""
    told = {"needed": needed, "witnesses": list(witnesses)}
    found: datetime | None = session.scalar(LAST_WITNESSED, told)
    return found
