"""Recovery: a database restored to an earlier day is brought up to what was let out of its log.

The entries that it lacks come back from published bundles, so the log goes on as the same log. What
they hid does not come back: the acts of that time are lost, which a record says for all to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.orm import Session

from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint
from monitor.log.note import split_note
from monitor.log.sequencer.batch import Leaf, add_leaves
from monitor.log.sequencer.halt import Halt
from monitor.log.sequencer.sequencer import ADD_COSIGNATURE, LAST_HEAD, LEAD
from monitor.log.tile import TileStore
from monitor.log.tree import EMPTY_ROOT, root_from
from monitor.log.verify.stretch import entries_between, require_stretch
from monitor.record.act import Act
from monitor.record.action import action
from monitor.role import Role

LOST = b""
"""The salt of a leaf that came back from a bundle: nobody here knows what it hides."""
WAITING = text("SELECT r.id, r.commitment FROM pending p JOIN record r ON r.id = p.record_id")
PLACED = text("DELETE FROM pending WHERE record_id = ANY(:ids)")
ADD_HEAD = text("INSERT INTO head (size, root, note, at) VALUES (:size, :root, :note, :at)")

UNSAID = text("""
WITH told AS (
    SELECT (b -> 'facts' ->> 'start')::bigint AS first, (b -> 'facts' ->> 'end')::bigint AS past
    FROM (SELECT convert_from(body, 'UTF8')::jsonb AS b FROM opening
          WHERE position('"action":"log.recover"'::bytea IN body) > 0) o
    WHERE b ->> 'action' = 'log.recover' AND b -> 'outcome' ? 'done'
), back AS (
    SELECT DISTINCT (SELECT coalesce(max(size), 0) FROM head WHERE size <= l.idx) AS first,
                    (SELECT min(size) FROM head WHERE size > l.idx) AS past
    FROM leaf l WHERE l.pad_salt = :lost
      AND NOT EXISTS (SELECT 1 FROM told t WHERE t.first <= l.idx AND l.idx < t.past)
)
SELECT b.first, b.past, h.root,
       (SELECT count(record_id) FROM leaf WHERE idx >= b.first AND idx < b.past) AS known
FROM back b JOIN head h ON h.size = b.past ORDER BY b.past
""")


class NothingLost(Exception):
    """The database holds all that the checkpoint fixes."""


class OtherTree(Halt):
    """The database is no earlier state of that log: it has forked, and nothing is imported."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """The leaves [start, head.size) came back; `known` of them hide records that are still here."""

    start: int
    head: Checkpoint
    known: int


def import_lost(
    sequencer_url: str, policy: Policy, note: str, bundles: TileStore, now: datetime
) -> Recovered:
    """Bring the leaves back that a signed checkpoint fixes; one transaction, under the lock.

    Raises NothingLost, OtherTree; BadProof, MissingTile, BadTile for bundles that are not the
    log's; NoteError for a checkpoint short of the policy. Then nothing is changed.
    """
    head = open_checkpoint(note, policy).checkpoint
    engine = create_engine(sequencer_url, hide_parameters=True)
    try:
        with engine.begin() as connection:
            connection.execute(LEAD)
            last = connection.execute(LAST_HEAD).one_or_none()
            start, root = (0, EMPTY_ROOT) if last is None else (last.size, last.root)
            if start >= head.size:
                raise NothingLost(f"{start} >= {head.size}")
            if start and root_from(bundles.hash_reader(head.size), start) != root:
                raise OtherTree(f"数据库不是此日志的早先状态 / is of another tree at {start}")
            entries = entries_between(bundles, start, head.size, head.size)
            require_stretch(bundles, start, entries, head)
            known = _place(connection, start, entries)
            _keep_head(connection, head, note, policy, now)
    finally:
        engine.dispose()
    return Recovered(start, head, known)


def unsaid(session: Session, origin: str) -> list[Recovered]:
    """Return what came back from bundles without a record that says so: a recovery was stopped."""
    return [
        Recovered(row.first, Checkpoint(origin, row.past, bytes(row.root)), row.known)
        for row in session.execute(UNSAID, {"lost": LOST})
    ]


@action("log.recover", by=(Role.SYSTEM,), standing=False)
def recover(act: Act, *, start: int, end: int, root: str) -> None:
    """Say that the leaves [start, end) came back from bundles, and what they hid did not."""
    act.note(subject=f"{start}-{end}", start=start, end=end, root=root)


def _place(connection: Connection, start: int, entries: Sequence[bytes]) -> int:
    """Give each entry its place; one that a waiting record committed to is that record's."""
    waiting = {row.commitment: row.id for row in connection.execute(WAITING)}
    leaves = [
        Leaf(entry, found, None if found else LOST)
        for entry in entries
        for found in [waiting.get(entry)]
    ]
    add_leaves(connection, start, leaves)
    placed = [leaf.record for leaf in leaves if leaf.record]
    connection.execute(PLACED, {"ids": placed})
    return len(placed)


def _keep_head(
    connection: Connection, head: Checkpoint, note: str, policy: Policy, now: datetime
) -> None:
    body, signatures = split_note(note)
    own = [each.line() for each in signatures if each.name == policy.log.name]
    names = {(key.name, key.key_id) for key in policy.witnesses}
    signed = f"{body}\n{''.join(own)}"
    connection.execute(ADD_HEAD, {"size": head.size, "root": head.root, "note": signed, "at": now})
    lines = [
        {"size": head.size, "witness": each.name, "line": each.line()}
        for each in signatures
        if (each.name, each.key_id) in names
    ]
    if lines:
        connection.execute(ADD_COSIGNATURE, lines)
