"""A batch: the records that wait, padded to a public size, each given its place among the padding.

From what is taken nobody learns how much of it was a record: padding looks like any leaf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, text

from monitor.log.commitment import pad_commitment

SLOT = 16
BATCH = 5000
SALT = 32

TAKE = text("""
WITH taken AS (DELETE FROM pending WHERE record_id IN (
    SELECT record_id FROM pending ORDER BY record_id LIMIT :most) RETURNING record_id)
SELECT r.id, r.commitment FROM taken JOIN record r ON r.id = taken.record_id
""")
# In binary (%b): as text each byte would be escaped, which takes a hundred times as long.
ADD_LEAVES = """
INSERT INTO leaf (idx, record_id, pad_salt, commitment)
SELECT %(start)s + n - 1, record_id, pad_salt, commitment
FROM unnest(%(records)b::uuid[], %(salts)b::bytea[], %(commitments)b::bytea[])
    WITH ORDINALITY AS leaf (record_id, pad_salt, commitment, n)
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The tree after a batch: its size, its root, when."""

    size: int
    root: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Leaf:
    """A commitment that gets a place: a record's, or padding with the salt that made it."""

    commitment: bytes
    record: UUID | None = None
    salt: bytes | None = None


def padded(count: int) -> int:
    """Return the size of a slot for that many records: powers of two from 16 up."""
    size = SLOT
    while size < count:
        size *= 2
    return size


def take(connection: Connection, size: int, entropy: Callable[[int], bytes]) -> list[bytes]:
    """Move what waits into leaves from index `size` on; return their entries in order."""
    rows = connection.execute(TAKE, {"most": BATCH}).all()
    leaves = [Leaf(row.commitment, row.id) for row in rows]
    salts = [entropy(SALT) for _ in range(padded(len(rows)) - len(rows))]
    leaves += [Leaf(pad_commitment(salt), salt=salt) for salt in salts]
    # Shuffled: in order of commit, one's own place would count the hidden acts before it.
    leaves.sort(key=lambda _: entropy(SALT))
    add_leaves(connection, size, leaves)
    return [leaf.commitment for leaf in leaves]


def add_leaves(connection: Connection, start: int, leaves: Sequence[Leaf]) -> None:
    """Give the leaves their places from index `start` on, in one statement."""
    told = {
        "start": start,
        "records": [leaf.record for leaf in leaves],
        "salts": [leaf.salt for leaf in leaves],
        "commitments": [leaf.commitment for leaf in leaves],
    }
    connection.exec_driver_sql(ADD_LEAVES, told)
