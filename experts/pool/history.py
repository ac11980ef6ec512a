"""What each snapshot held of each person: so that the excluded can be shown why, later.

A row is written where facts differ from those of the snapshot before; the register's own leaf hash
stands beside them, so that facts are proven against the root that a header names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Mapped, Session

from experts.dossier import Expert, fact_value
from experts.draw.encoding import H
from monitor.log import tree
from monitor.log.canonical import JSON, canonical
from monitor.record.act import Act
from monitor.record.identity import new_id
from monitor.record.table import Recorded


class PoolFact(Recorded):
    """One person's facts from this snapshot on; ids of snapshots ascend with time."""

    __tablename__ = "pool_fact"
    __table_args__ = (
        UniqueConstraint("uid", "snapshot"),
        CheckConstraint("octet_length(leaf) = 32", name="leaf"),
        Index("pool_fact_snapshot_idx", "snapshot"),
    )
    uid: Mapped[str]
    snapshot: Mapped[UUID]
    facts: Mapped[dict[str, Any]]
    leaf: Mapped[bytes]


@dataclass(frozen=True, slots=True)
class Held:
    """What a snapshot held of one person, with the way from it to the register's root."""

    facts: dict[str, Any]
    index: int
    size: int
    path: tuple[bytes, ...]


def keep_facts(act: Act, snapshot: UUID, people: Sequence[Expert]) -> None:
    """Keep the facts that differ from those kept last."""
    values = {one.uid: fact_value(one) for one in people}
    leaves = {uid: leaf_of(value) for uid, value in values.items()}
    before = _latest(act.session)
    rows = [
        {
            "id": new_id(act.now), "uid": uid, "snapshot": snapshot, "facts": values[uid],
            "leaf": leaf,
        }
        for uid, leaf in leaves.items()
        if before.get(uid) != leaf
    ]  # fmt: skip
    if rows:
        act.session.execute(insert(PoolFact), rows)


def leaf_of(value: JSON) -> bytes:
    """Return the leaf of one person's facts in the register's tree."""
    return H("registry", canonical(value))


def held(session: Session, snapshot: UUID, uid: str) -> Held | None:
    """Return what a snapshot held of a person, proven; None for whoever it did not hold."""
    leaves = _latest(session, snapshot)
    if uid not in leaves:
        return None
    ordered = sorted(leaves.values())
    at = ordered.index(leaves[uid])
    path = tree.inclusion_proof([tree.leaf_hash(each) for each in ordered], at, len(ordered))
    facts = session.scalar(
        select(PoolFact.facts)
        .where(PoolFact.uid == uid, PoolFact.snapshot <= snapshot)
        .order_by(PoolFact.snapshot.desc())
        .limit(1)
    )
    return Held(dict(facts or {}), at, len(ordered), tuple(path))


def _latest(session: Session, snapshot: UUID | None = None) -> dict[str, bytes]:
    """Return uid → leaf as of a snapshot; of the last one without."""
    query = (
        select(PoolFact.uid, PoolFact.leaf)
        .ext(distinct_on(PoolFact.uid))
        .order_by(PoolFact.uid, PoolFact.snapshot.desc())
    )
    if snapshot is not None:
        query = query.where(PoolFact.snapshot <= snapshot)
    return {row.uid: row.leaf for row in session.execute(query)}
