"""Which log and whose cosignatures a hall relies on: named once, in the record, for all to see.

A cosignature line in the database proves nothing by standing there: it counts when it verifies
with a key that was named before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Mapped, Session

from monitor.log.checkpoint import Policy, open_checkpoint
from monitor.log.note import NoteError
from monitor.record.act import Act
from monitor.record.action import action
from monitor.record.identity import new_id
from monitor.record.platform import Platform
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, WrongStage
from monitor.role import SYSTEM, Role

COSIGNED = text("""
SELECT h.size, h.root, h.note || string_agg(c.line, '' ORDER BY c.witness) AS note
FROM leaf l JOIN record r ON r.id = l.record_id AND r.commitment = l.commitment
JOIN head h ON h.size > l.idx JOIN cosignature c ON c.size = h.size
WHERE l.record_id = :record AND h.note IS NOT NULL GROUP BY h.size ORDER BY h.size LIMIT 8
""")
LAST = text("""
SELECT h.size, h.root, h.note || string_agg(c.line, '' ORDER BY c.witness) AS note
FROM head h JOIN cosignature c ON c.size = h.size
WHERE h.note IS NOT NULL GROUP BY h.size ORDER BY h.size DESC LIMIT 8
""")


class LogPolicy(Recorded):
    """One log, its witnesses, and how many of them must have cosigned."""

    __tablename__ = "log_policy"
    log: Mapped[str]
    witnesses: Mapped[list[Any]]
    quorum: Mapped[int]
    since: Mapped[datetime]


@action("log.trust", by=(Role.SYSTEM,), standing=False)
def trust(act: Act, *, log: str, witnesses: list[str], quorum: int) -> UUID:
    """Name a log's key and its witnesses' keys (vkeys); return the policy's id.

    Raises Invalid for what is no key or asks for no witness, Conflict for what is named already.
    """
    try:
        policy = Policy.of(log, witnesses, quorum)
    except NoteError as fault:
        raise Invalid("witnesses", f"公钥有误 / {fault}", rule="batong-log/1") from fault
    act.require(
        quorum >= 1,
        Invalid("quorum", "至少须一名见证人 / at least one witness", rule="batong-log/1"),
    )
    act.require(
        policy not in policies(act.session),
        Conflict("该日志已经登记 / this log is named already", rule="batong-log/1"),
    )
    row = LogPolicy(
        id=new_id(act.now), log=log, witnesses=list(witnesses), quorum=quorum, since=act.now
    )
    act.session.add(row)
    act.note(subject=str(row.id), log=log, witnesses=list(witnesses), quorum=quorum)
    return row.id


def name_log(platform: Platform, policy: Policy) -> None:
    """Put that log and its witnesses in the record, unless they are there."""
    with platform.read() as session:
        if policy in policies(session):
            return
    witnesses = [str(key) for key in policy.witnesses]
    platform.perform(
        trust, SYSTEM, None, log=str(policy.log), witnesses=witnesses, quorum=policy.quorum
    )


def policies(session: Session) -> list[Policy]:
    """Return all policies named so far, oldest first."""
    rows = session.scalars(select(LogPolicy).order_by(LogPolicy.since))
    return [Policy.of(row.log, row.witnesses, row.quorum) for row in rows]


def require_cosigned(session: Session, record: UUID, what: str) -> None:
    """Raise WrongStage unless that record is in a tree that the named witnesses have cosigned."""
    known = policies(session)
    for head in session.execute(COSIGNED, {"record": record}):
        if any(_holds(head.note, head.size, head.root, policy) for policy in known):
            return
    raise WrongStage(
        f"{what} 尚未由日志见证 / is not yet in a cosigned checkpoint", rule="batong-bid/1"
    )


def is_cosigned(session: Session, record: UUID) -> bool:
    """Tell whether a record is in a tree that the named witnesses have cosigned."""
    try:
        require_cosigned(session, record, "")
    except WrongStage:
        return False
    return True


def last_cosigned(session: Session) -> str | None:
    """Return the last checkpoint that the named witnesses have cosigned; None before the first."""
    known = policies(session)
    for head in session.execute(LAST):
        if any(_holds(head.note, head.size, head.root, policy) for policy in known):
            return str(head.note)
    return None


def _holds(note: str, size: int, root: bytes, policy: Policy) -> bool:
    try:
        found = open_checkpoint(note, policy).checkpoint
    except NoteError:
        return False
    return (found.size, found.root) == (size, root)
