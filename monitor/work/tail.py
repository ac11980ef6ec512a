"""Which chains have moved: new records, and records that have been cosigned since.

Nothing is asked of the whole book: new records wait in `pending` or lie at the log's end.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

WAITING = text("SELECT p.record_id, r.chain FROM pending p JOIN record r ON r.id = p.record_id")
PLACED = text("""
SELECT DISTINCT r.chain FROM leaf l JOIN record r ON r.id = l.record_id
WHERE l.idx >= :start AND l.idx < :end
""")
ENDS = text("""
SELECT coalesce((SELECT max(idx) + 1 FROM leaf), 0) AS placed,
       coalesce((SELECT max(size) FROM cosignature), 0) AS cosigned
""")
COSIGNED = text("""
SELECT EXISTS (SELECT 1 FROM leaf l JOIN cosignature c ON c.size > l.idx WHERE l.record_id = :id)
""")


def is_cosigned(session: Session, record: UUID) -> bool:
    """Tell whether a record lies in a tree that a witness has cosigned."""
    return bool(session.scalar(COSIGNED, {"id": record}))


class Tail:
    """Follows the end of the book; use it with sessions that see one moment each."""

    def __init__(self, session: Session) -> None:
        ends = session.execute(ENDS).one()
        self._placed: int = ends.placed
        self._cosigned: int = ends.cosigned
        self._waiting = {row.record_id for row in session.execute(WAITING)}

    def moved(self, session: Session) -> set[UUID]:
        """Return the chains with records that were written or cosigned since the last call."""
        waiting = {row.record_id: row.chain for row in session.execute(WAITING)}
        found = {chain for record, chain in waiting.items() if record not in self._waiting}
        ends = session.execute(ENDS).one()
        found |= self._between(session, self._placed, ends.placed)
        found |= self._between(session, self._cosigned, ends.cosigned)
        self._waiting, self._placed, self._cosigned = set(waiting), ends.placed, ends.cosigned
        return found

    def _between(self, session: Session, start: int, end: int) -> set[UUID]:
        if end <= start:
            return set()
        return set(session.scalars(PLACED, {"start": start, "end": end}))
