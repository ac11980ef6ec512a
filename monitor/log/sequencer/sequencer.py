"""The sequencer: gives every commitment its place in the one tree, after the commit.

One leader, by a lock that only the sequencer's login may take, held until its batch is published.
In one transaction it takes the pending records, pads the batch and appends leaves and head. Then,
each step taken up again from what is durable if it is stopped before or after: re-read and re-hash,
sign, move the latch, write tiles, ask the witnesses, publish with what they cosigned.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint, sign_checkpoint
from monitor.log.note import Signature, SigningKey, add_signatures
from monitor.log.proof import LogProof
from monitor.log.sequencer.asking import Asking, Witnessing
from monitor.log.sequencer.batch import Head, take
from monitor.log.sequencer.halt import BatchDiffers, BehindLatch, BehindWitness, Halt
from monitor.log.sequencer.latch import Latch
from monitor.log.tile import BadTile, MissingTile, TileStore
from monitor.log.tree import Frontier, leaf_hash, root_from
from monitor.runtime.engine import engine_to

KEPT = 8  # notes
LEAD = text("LOCK TABLE leader IN SHARE ROW EXCLUSIVE MODE NOWAIT")
LAST_HEAD = text("SELECT size, root, at FROM head ORDER BY size DESC LIMIT 1")
ROOT_AT = text("SELECT root FROM head WHERE size = :size")
LEAVES = text("""
SELECT l.commitment, r.commitment AS recorded FROM leaf l LEFT JOIN record r ON r.id = l.record_id
WHERE l.idx >= :start AND l.idx < :end ORDER BY l.idx
""")
GLANCE = text("""
SELECT coalesce((SELECT max(size) FROM head), 0) AS size, EXISTS (
    SELECT 1 FROM pending p JOIN record r ON r.id = p.record_id WHERE r.seq IS NOT NULL) AS waits
""")
PLACE = text("SELECT l.idx FROM leaf l WHERE l.record_id = :id")
ADD_HEAD = text("INSERT INTO head (size, root, note, at) VALUES (:size, :root, NULL, :at)")
SIGN_HEAD = text("UPDATE head SET note = :note WHERE size = :size AND note IS NULL")
ADD_COSIGNATURE = text(
    "INSERT INTO cosignature (size, witness, line) VALUES (:size, :witness, :line) "
    "ON CONFLICT DO NOTHING"
)


class NotLeader(Exception):
    """Another sequencer holds the lock."""


@dataclass(slots=True)
class Sequencer:
    """One log: its database, its key, its tiles, its latch, its witnesses."""

    url: str
    key: SigningKey
    tiles: TileStore
    latch: Latch
    witnesses: dict[str, Witnessing]
    entropy: Callable[[int], bytes] = secrets.token_bytes
    engine: Engine = field(init=False)
    _asking: Asking = field(init=False)
    _policy: Policy = field(init=False)
    _verified: dict[str, Checkpoint] = field(init=False, default_factory=dict)
    _held: Connection | None = field(init=False, default=None)
    """The connection that a batch is worked on by, one transaction after the other."""

    def __post_init__(self) -> None:
        self.engine = engine_to(self.url)
        self._policy = Policy(self.key.verifier)
        self._asking = Asking(self._policy.log, self.tiles, self.witnesses)

    @property
    def absent(self) -> dict[str, str]:
        """Return which witnesses did not cosign the last checkpoint, and why."""
        return self._asking.absent

    @property
    def refused(self) -> set[str]:
        """Return which of the absent refused the last checkpoint as a fork or a rollback."""
        return self._asking.refused

    def run_once(self, now: datetime) -> Checkpoint:
        """Take up what was left, sequence one padded batch, publish it; return its checkpoint.

        Raises NotLeader, a Halt, TileConflict; then nothing was signed, except where a witness
        contradicts what it is asked to cosign: then nothing more is. Raises LatchMoved when
        another led meanwhile; then nothing was published.
        """
        with self.leading():
            left = self.require_ahead()
            if left is not None:
                self._publish(left)
            head = self._sequence(left, now)
            published = self._publish(head)
            self._require_remembered(head)
            return published

    def require_ahead(self) -> Head | None:
        """Return the last head, which holds all that was ever let out of this log.

        Raises BehindLatch, and BehindWitness where a witness is asked and proves it.
        """
        head, stored = self._last_head(), self.latch.read()
        if stored is not None:
            self._require(head, self.opened(stored), "检查点库 / the checkpoint store", BehindLatch)
        self._require_remembered(head)
        return head

    def public_waits(self) -> bool:
        """Tell whether an act that is public at once has no place yet; see `glance`."""
        return self.glance()[1]

    def glance(self) -> tuple[int, bool]:
        """Return how many leaves there are, signed or not, and whether a public act has no place.

        Secret acts never hasten a batch: its moment would tell that there was one.
        """
        with self.engine.connect() as connection:
            row = connection.execute(GLANCE).one()
        return row.size, row.waits

    def proof(self, record: UUID) -> LogProof | None:
        """Return the inclusion proof of a record in the published tree, or None before that."""
        with self.engine.connect() as connection:
            index = connection.execute(PLACE, {"id": record}).scalar()
        note = self.published()
        if index is None or note is None:
            return None
        size = self.opened(note).size
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
    def leading(self) -> Iterator[None]:
        """Hold the leader's lock until what was sequenced is published."""
        with self.engine.begin() as connection:
            try:
                connection.execute(LEAD)
            except OperationalError as held:
                if not isinstance(held.orig, LockNotAvailable):
                    raise
                raise NotLeader("另一定序器在运行 / another sequencer is running") from held
            with self.engine.connect() as work:
                self._held = work
                try:
                    yield
                finally:
                    self._held = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction, a new snapshot: on the batch's connection, or on one of its own."""
        if self._held is None:
            with self.engine.begin() as connection:
                yield connection
        else:
            with self._held.begin():
                yield self._held

    def _last_head(self) -> Head | None:
        with self.transaction() as connection:
            row = connection.execute(LAST_HEAD).one_or_none()
        return None if row is None else Head(row.size, row.root, row.at)

    def opened(self, note: str) -> Checkpoint:
        """Return what a note of this log says; the few that a batch meets are verified once."""
        if note not in self._verified:
            if len(self._verified) > KEPT:
                self._verified.clear()
            self._verified[note] = open_checkpoint(note, self._policy).checkpoint
        return self._verified[note]

    def _require_remembered(self, head: Head | None) -> None:
        """Where there is doubt, look what the witnesses remember."""
        if self._asking.doubt:
            for name, seen in self._asking.remembered():
                self._require(head, seen, f"见证人 / the witness {name}", BehindWitness)
            self._asking.doubt = False

    def _require(self, head: Head | None, seen: Checkpoint, who: str, halt: type[Halt]) -> None:
        if head is not None and (head.size, head.root) == (seen.size, seen.root):
            return
        size = 0 if head is None else head.size
        if seen.size > size:
            raise halt(
                f"数据库落后于{who}，拒绝继续 / the database is behind it: {size} < {seen.size} "
                "(batong log recover)"
            )
        if seen.size and self._root_at(seen.size) != seen.root:
            raise halt(f"数据库与{who}不是同一棵树 / is of another tree at {seen.size}")

    def _root_at(self, size: int) -> bytes | None:
        """The root of an earlier tree: as its head says, or, where it had none, from the tiles."""
        with self.transaction() as connection:
            found: bytes | None = connection.execute(ROOT_AT, {"size": size}).scalar()
        try:
            return found or root_from(self.tiles.hash_reader(size), size)
        except MissingTile:
            return None

    def _sequence(self, last: Head | None, now: datetime) -> Head:
        size = 0 if last is None else last.size
        edge = self._frontier(size)
        if last is not None and edge.root() != last.root:
            raise BatchDiffers(
                f"已公布的分块被改动 / published tiles are not of the tree of {size}"
            )
        with self.transaction() as connection:
            entries = take(connection, size, self.entropy)
            frontier = edge.extend(leaf_hash(entry) for entry in entries)
            head = Head(frontier.size, frontier.root(), now)
            connection.execute(ADD_HEAD, {"size": head.size, "root": head.root, "at": now})
        return head

    def _frontier(self, size: int) -> Frontier:
        """The right edge of the published tree; the head before a batch is always published."""
        reader, peaks, start = self.tiles.hash_reader(size), [], 0
        try:
            for level in reversed(range(size.bit_length())):
                if size >> level & 1:
                    peaks.append(reader(level, start >> level))
                    start += 1 << level
        except (MissingTile, BadTile) as fault:
            raise BatchDiffers(
                f"已公布的分块缺失或损坏 / a published tile is missing or damaged: {fault}"
            ) from fault
        return Frontier(size, tuple(peaks))

    def _publish(self, head: Head) -> Checkpoint:
        note = self.published()
        if note is not None and self.opened(note).size == head.size:
            return self.opened(note)
        # Read first, moved last: whoever published in between makes the move fail.
        stored, start = self.latch.read(), 0 if note is None else self.opened(note).size
        entries = self._read_back(start, head)
        checkpoint = Checkpoint(self.key.name, head.size, head.root)
        signed = sign_checkpoint(checkpoint, self.key)
        with self.transaction() as connection:
            connection.execute(SIGN_HEAD, {"note": signed, "size": head.size})
        self.latch.swap(stored, signed)
        self.tiles.append(start, entries)
        if self.absent:  # nobody waits for one that was away the last time
            self.tiles.write_checkpoint(signed)
        self._witness(checkpoint, signed, head.at)
        return checkpoint

    def _read_back(self, start: int, head: Head) -> list[bytes]:
        with self.transaction() as connection:
            rows = connection.execute(LEAVES, {"start": start, "end": head.size}).all()
        entries: list[bytes] = [row.commitment for row in rows]
        altered = [row for row in rows if row.recorded not in (None, row.commitment)]
        # The root by another way than it was made: tile by tile, as readers will.
        again = start + len(entries), self.tiles.root_with(start, entries)
        if altered or again != (head.size, head.root):
            raise BatchDiffers(
                f"读回与写入不符，停止签名 / read back otherwise than written: {start}-{head.size}"
            )
        return entries

    def _witness(self, checkpoint: Checkpoint, signed: str, now: datetime) -> None:
        lines = self._asking.cosignatures(checkpoint.size, signed, now)
        if lines:
            rows = [
                {"size": checkpoint.size, "witness": name, "line": line}
                for name, line in lines.items()
            ]
            with self.transaction() as connection:
                connection.execute(ADD_COSIGNATURE, rows)
        cosigned = add_signatures(signed, [Signature.parse(line) for line in lines.values()])
        self.tiles.write_checkpoint(cosigned)
        self.latch.swap(signed, cosigned)
