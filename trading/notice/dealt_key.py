"""Keys of trustees that were dealt to their fellows 密钥分存, and the one set each may serve in.

A key dealt among one set of trustees can be rebuilt by a quorum of that set. In another set the
same key would let people of the first open what only a quorum of the second may: it serves in one.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session

from monitor.record.table import Recorded
from monitor.refusal import Conflict

RULE = "batong-bid/1 succession"
ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended('dealt_key', 9))")
"""One at a time over all trades: a key may not be dealt in one while another is issued with it."""


class DealtKey(Recorded):
    """A trustee's key in one trade: the seat, its recipient, the set's digest, the signed deal."""

    __tablename__ = "dealt_key"
    __table_args__ = (UniqueConstraint("project", "recipient"),)
    project: Mapped[UUID]
    seat: Mapped[int]
    recipient: Mapped[str]
    roster: Mapped[str]
    document: Mapped[bytes]


def require_one_set(session: Session, roster: str, recipients: Iterable[str]) -> None:
    """Raise Conflict where one of these keys was dealt among another set of trustees.

    roster: the digest of the set that is to use them.
    """
    session.execute(ALONE)
    taken = session.scalar(
        select(DealtKey.recipient)
        .where(DealtKey.recipient.in_(list(recipients)), DealtKey.roster != roster)
        .limit(1)
    )
    if taken is not None:
        raise Conflict(
            f"密钥 {taken[:16]}… 已在另一名册中分存，请该受托人另备密钥 / "
            "this key was dealt among another set of trustees: it needs another key here",
            field="trustees",
            rule=RULE,
        )
