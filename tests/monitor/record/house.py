"""A small whole house for tests: platform, log, witness, in a database and a folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monitor.clock import MovableClock
from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint
from monitor.log.note import Kind, SigningKey
from monitor.log.sequencer.latch import Latch
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import TileStore
from monitor.log.witness.witness import Witness
from monitor.record.platform import Platform
from monitor.runtime.database import Addresses

ORIGIN = "batong.test/log/2026"
START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class House:
    """A running platform with its log and one witness."""

    platform: Platform
    clock: MovableClock
    sequencer: Sequencer
    witness: Witness
    policy: Policy

    def settle(self) -> Checkpoint:
        """Sequence what is pending; return the cosigned checkpoint."""
        self.sequencer.run_once(self.clock.now())
        note = self.sequencer.published()
        assert note is not None
        return open_checkpoint(note, self.policy).checkpoint


@contextmanager
def a_house(database: Addresses, folder: Path, start: datetime = START) -> Iterator[House]:
    clock = MovableClock(start)
    platform = Platform(database.app_url, clock)
    key = SigningKey.generate(ORIGIN, Kind.ED25519)
    witness_key = SigningKey.generate("witness.test", Kind.COSIGNATURE)
    witness = Witness.create(folder / "witness", witness_key, [key.verifier])
    sequencer = Sequencer(
        database.sequencer_url,
        key,
        TileStore(folder / "log"),
        Latch(folder / "latch"),
        {"witness.test": witness},
    )
    policy = Policy(key.verifier, (witness_key.verifier,), 1)
    try:
        yield House(platform, clock, sequencer, witness, policy)
    finally:
        platform.close()
        sequencer.close()
