"""The sequencer: gives every commitment its place in the one tree, after the commit.

One leader, by a lock that only the sequencer's login may take, held until its batch is published.
In one transaction it takes the pending records, pads the batch and appends leaves and head. Then,
each step taken up again from what is durable if it is stopped before or after: re-read and re-hash,
sign, move the latch, write tiles, ask the witnesses, publish with what they cosigned.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint, sign_checkpoint
from monitor.log.commitment import pad_commitment
from monitor.log.note import Signature, SigningKey, add_signatures
from monitor.log.proof import LogProof
from monitor.log.sequencer.latch import Latch
from monitor.log.tile import MissingTile, TileStore
from monitor.log.tree import Frontier, consistency_path, leaf_hash
from monitor.log.witness.wire import WitnessAway
from monitor.log.witness.witness import Stale, WitnessRefusal

SLOT = 16
BATCH = 5000
SALT = 32

LEAD = text("LOCK TABLE leader IN SHARE ROW EXCLUSIVE MODE NOWAIT")

TAKE = text("""
DELETE FROM pending WHERE record_id IN (
    SELECT record_id FROM pending ORDER BY record_id LIMIT :most) RETURNING record_id
""")
COMMITMENTS = text("SELECT id, commitment FROM record WHERE id = ANY(:ids) ORDER BY id")
LAST_HEAD = text("SELECT size, root, at FROM head ORDER BY size DESC LIMIT 1")
LEAVES = text("""
SELECT l.commitment, r.commitment AS recorded FROM leaf l LEFT JOIN record r ON r.id = l.record_id
WHERE l.idx >= :start AND l.idx < :end ORDER BY l.idx
""")
PUBLIC_WAITS = text("""
SELECT EXISTS (SELECT 1 FROM pending p JOIN record r ON r.id = p.record_id WHERE r.seq IS NOT NULL)
""")
PLACE = text("SELECT l.idx FROM leaf l WHERE l.record_id = :id")
ADD_LEAF = text(
    "INSERT INTO leaf (idx, record_id, pad_salt, commitment) "
    "VALUES (:idx, :record_id, :pad_salt, :commitment)"
)
ADD_HEAD = text("INSERT INTO head (size, root, note, at) VALUES (:size, :root, NULL, :at)")
SIGN_HEAD = text("UPDATE head SET note = :note WHERE size = :size AND note IS NULL")
ADD_COSIGNATURE = text(
    "INSERT INTO cosignature (size, witness, line) VALUES (:size, :witness, :line) "
    "ON CONFLICT DO NOTHING"
)


class BehindLatch(Exception):
    """The database is behind the checkpoint store (a restore?): refuse to start, never fork."""


class BatchDiffers(Exception):
    """What was read back is not what was written: stop and alarm."""


class NotLeader(Exception):
    """Another sequencer holds the lock."""


class Witnessing(Protocol):
    """Whoever cosigns, given the size it saw last, the proof, the signed checkpoint and now."""

    def add_checkpoint(
        self,
        old_size: int,
        consistency_proof: Sequence[bytes],
        signed_checkpoint: str,
        now: datetime,
        /,
    ) -> str:
        """Return the cosignature line; raises WitnessAway, a WitnessRefusal, Stale among them."""
        ...


def padded(count: int) -> int:
    """Return the size of a slot for that many records: powers of two from 16 up."""
    size = SLOT
    while size < count:
        size *= 2
    return size


@dataclass(frozen=True, slots=True)
class Head:
    """The tree after a batch: its size, its root, when."""

    size: int
    root: bytes
    at: datetime


@dataclass(slots=True)
class Sequencer:
    """One log: its database, its key, its tiles, its latch, its witnesses."""

    url: str
    key: SigningKey
    tiles: TileStore
    latch: Latch
    witnesses: dict[str, Witnessing]
    entropy: Callable[[int], bytes] = secrets.token_bytes
    absent: dict[str, str] = field(init=False, default_factory=dict)
    """Which witnesses did not cosign the last checkpoint, and why."""
    engine: Engine = field(init=False)
    _seen: dict[str, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = create_engine(self.url, pool_pre_ping=True, hide_parameters=True)

    def run_once(self, now: datetime) -> Checkpoint:
        """Take up what was left, sequence one padded batch, publish it; return its checkpoint.

        Raises NotLeader, BehindLatch, BatchDiffers, TileConflict; then nothing was signed. Raises
        LatchMoved when another led meanwhile; then nothing was published.
        """
        with self._leading():
            left = self._last_head()
            if left is not None:
                self._require_ahead(left)
                self._publish(left)
            return self._publish(self._sequence(now))

    def public_waits(self) -> bool:
        """Tell whether an act that is public at once has no place yet.

        Secret acts never hasten a batch: its moment would tell that there was one.
        """
        with self.engine.connect() as connection:
            return bool(connection.execute(PUBLIC_WAITS).scalar())

    def proof(self, record: UUID) -> LogProof | None:
        """Return the inclusion proof of a record in the published tree, or None before that."""
        with self.engine.connect() as connection:
            index = connection.execute(PLACE, {"id": record}).scalar()
        note = self.published()
        if index is None or note is None:
            return None
        size = self._opened(note).size
        if index >= size:
            return None
        return LogProof.build(self.tiles.hash_reader(size), index, size, note)

    def published(self) -> str | None:
        """Return the published checkpoint with its cosignatures, or None before the first."""
        try:
            return self.tiles.read_checkpoint().decode()
        except MissingTile:
            return None

    def close(self) -> None:
        """Close the connections."""
        self.engine.dispose()

    @contextmanager
    def _leading(self) -> Iterator[None]:
        """Hold the leader's lock until what was sequenced is published."""
        with self.engine.begin() as connection:
            try:
                connection.execute(LEAD)
            except OperationalError as held:
                if not isinstance(held.orig, LockNotAvailable):
                    raise
                raise NotLeader("另一定序器在运行 / another sequencer is running") from held
            yield

    def _last_head(self) -> Head | None:
        with self.engine.connect() as connection:
            row = connection.execute(LAST_HEAD).one_or_none()
        return None if row is None else Head(row.size, row.root, row.at)

    def _opened(self, note: str) -> Checkpoint:
        return open_checkpoint(note, Policy(self.key.verifier)).checkpoint

    def _require_ahead(self, head: Head) -> None:
        stored = self.latch.read()
        if stored is not None and self._opened(stored).size > head.size:
            raise BehindLatch(
                "数据库落后于检查点库，拒绝启动 / the database is behind the checkpoint store: "
                f"{head.size} < {self._opened(stored).size}"
            )

    def _sequence(self, now: datetime) -> Head:
        with self.engine.begin() as connection:
            last = connection.execute(LAST_HEAD).one_or_none()
            size = 0 if last is None else last.size
            if last is None and self.latch.read() is not None:
                raise BehindLatch("数据库无日志而检查点库有 / an empty log behind its checkpoint")
            entries = self._take(connection, size)
            frontier = self._frontier(size).extend(leaf_hash(entry) for entry in entries)
            head = Head(frontier.size, frontier.root(), now)
            connection.execute(ADD_HEAD, {"size": head.size, "root": head.root, "at": now})
        return head

    def _take(self, connection: Connection, size: int) -> list[bytes]:
        taken = connection.execute(TAKE, {"most": BATCH}).scalars().all()
        rows = connection.execute(COMMITMENTS, {"ids": list(taken)}).all()
        leaves: list[dict[str, object]] = [
            {"record_id": row.id, "pad_salt": None, "commitment": row.commitment} for row in rows
        ]
        for _ in range(padded(len(leaves)) - len(leaves)):
            salt = self.entropy(SALT)
            leaves.append({"record_id": None, "pad_salt": salt, "commitment": pad_commitment(salt)})
        # Shuffled: in order of commit, one's own place would count the hidden acts before it.
        leaves.sort(key=lambda _: self.entropy(SALT))
        numbered = [leaf | {"idx": size + offset} for offset, leaf in enumerate(leaves)]
        connection.execute(ADD_LEAF, numbered)
        return [row["commitment"] for row in numbered]  # type: ignore[misc]

    def _frontier(self, size: int) -> Frontier:
        """The right edge of the published tree; the head before a batch is always published."""
        reader, peaks, start = self.tiles.hash_reader(size), [], 0
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                peaks.append(reader(level, start >> level))
                start += 1 << level
        return Frontier(size, tuple(peaks))

    def _publish(self, head: Head) -> Checkpoint:
        note = self.published()
        if note is not None and self._opened(note).size == head.size:
            return self._opened(note)
        # Read first, moved last: whoever published in between makes the move fail.
        stored, start = self.latch.read(), 0 if note is None else self._opened(note).size
        entries = self._read_back(start, head)
        checkpoint = Checkpoint(self.key.name, head.size, head.root)
        signed = sign_checkpoint(checkpoint, self.key)
        with self.engine.begin() as connection:
            connection.execute(SIGN_HEAD, {"note": signed, "size": head.size})
        self.latch.swap(stored, signed)
        self.tiles.append(start, entries)
        if self.absent:  # nobody waits for one that was away the last time
            self.tiles.write_checkpoint(signed)
        self._witness(checkpoint, signed, head.at)
        return checkpoint

    def _read_back(self, start: int, head: Head) -> list[bytes]:
        with self.engine.connect() as connection:
            rows = connection.execute(LEAVES, {"start": start, "end": head.size}).all()
        entries: list[bytes] = [row.commitment for row in rows]
        frontier = self._frontier(start).extend(leaf_hash(entry) for entry in entries)
        altered = [row for row in rows if row.recorded not in (None, row.commitment)]
        if altered or (frontier.size, frontier.root()) != (head.size, head.root):
            raise BatchDiffers(
                f"读回与写入不符，停止签名 / read back otherwise than written: {start}-{head.size}"
            )
        return entries

    def _witness(self, checkpoint: Checkpoint, signed: str, now: datetime) -> None:
        lines = []
        for name, witness in self.witnesses.items():
            try:
                line = self._ask(name, witness, checkpoint.size, signed, now)
            except (WitnessAway, WitnessRefusal) as fault:
                self.absent[name] = str(fault)
                continue
            self.absent.pop(name, None)
            lines.append({"size": checkpoint.size, "witness": name, "line": line})
        if lines:
            with self.engine.begin() as connection:
                connection.execute(ADD_COSIGNATURE, lines)
        cosigned = add_signatures(signed, [Signature.parse(str(row["line"])) for row in lines])
        self.tiles.write_checkpoint(cosigned)
        self.latch.swap(signed, cosigned)

    def _ask(self, name: str, witness: Witnessing, size: int, signed: str, now: datetime) -> str:
        reader = self.tiles.hash_reader(size)
        try:
            line = witness.add_checkpoint(*self._since(name, reader, size), signed, now)
        except Stale as stale:
            if stale.size > size:  # no tree of ours: nothing can be proven to it
                raise
            self._seen[name] = stale.size
            line = witness.add_checkpoint(*self._since(name, reader, size), signed, now)
        self._seen[name] = size
        return line

    def _since(
        self, name: str, reader: Callable[[int, int], bytes], size: int
    ) -> tuple[int, Sequence[bytes]]:
        old = self._seen.get(name, 0)
        return old, consistency_path(reader, old, size) if old else []
