"""Asking the witnesses: for cosignatures, and for what they remember where there is doubt.

A witness's word alone stops nothing: only a checkpoint that the log's own key signed does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.log.checkpoint import Checkpoint, Policy, open_checkpoint
from monitor.log.note import NoteError, VerifierKey
from monitor.log.tile import TileStore
from monitor.log.tree import consistency_path
from monitor.log.witness.wire import WitnessAway
from monitor.log.witness.witness import Inconsistent, Stale, WitnessRefusal


class Witnessing(Protocol):
    """Whoever cosigns, here or over HTTP."""

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

    def latest(self, origin: str, /) -> str | None:
        """Return the signed checkpoint it remembers of a log; raises as add_checkpoint does."""
        ...


@dataclass(slots=True)
class Asking:
    """The witnesses of one log by name, what each saw last, and who did not answer."""

    log: VerifierKey
    tiles: TileStore
    witnesses: dict[str, Witnessing]
    absent: dict[str, str] = field(init=False, default_factory=dict)
    refused: set[str] = field(init=False, default_factory=set)
    """Those of them that did answer, and refused what they were asked to cosign as a fork or a
    rollback."""
    doubt: bool = field(init=False, default=True)
    """Whether what they remember must be looked at: at first, and after a refusal that a fork or
    a rollback would bring."""
    _seen: dict[str, int] = field(init=False, default_factory=dict)

    def cosignatures(self, size: int, signed: str, now: datetime) -> dict[str, str]:
        """Return the lines of all who cosign, by name; who does not stands in `absent`."""
        names = list(self.witnesses)
        reader = self.tiles.hash_reader(size)

        def ask(name: str) -> str | WitnessAway | WitnessRefusal:
            try:
                return self._ask(name, reader, size, signed, now)
            except (WitnessAway, WitnessRefusal) as fault:
                return fault

        if len(names) < 2:
            answers = [ask(name) for name in names]
        else:  # at once: one that hangs costs its own time, not everybody's in turn
            with ThreadPoolExecutor(len(names)) as pool:
                answers = list(pool.map(ask, names))
        return dict(self._noted(zip(names, answers, strict=True), size))

    def remembered(self) -> Iterator[tuple[str, Checkpoint]]:
        """Give what each witness remembers that the log's own key signed; nobody else's word."""
        for name, witness in self.witnesses.items():
            try:
                note = witness.latest(self.log.name)
                if note is not None:
                    yield name, open_checkpoint(note, Policy(self.log)).checkpoint
            except (WitnessAway, WitnessRefusal, NoteError):
                continue

    def _noted(
        self, answers: Iterator[tuple[str, str | WitnessAway | WitnessRefusal]], size: int
    ) -> Iterator[tuple[str, str]]:
        for name, answer in answers:
            self.refused.discard(name)
            if isinstance(answer, str):
                self.absent.pop(name, None)
                self._seen[name] = size
                yield name, answer
            else:
                self.absent[name] = str(answer)
                if isinstance(answer, Inconsistent | Stale):
                    self.doubt = True
                    self.refused.add(name)

    def _ask(
        self, name: str, reader: Callable[[int, int], bytes], size: int, signed: str, now: datetime
    ) -> str:
        witness, seen = self.witnesses[name], self._seen.get(name, 0)
        try:
            return witness.add_checkpoint(seen, _since(reader, seen, size), signed, now)
        except Stale as stale:
            if stale.size > size:  # no tree of ours: nothing can be proven to it
                raise
            proof = _since(reader, stale.size, size)
            return witness.add_checkpoint(stale.size, proof, signed, now)


def _since(reader: Callable[[int, int], bytes], old: int, size: int) -> Sequence[bytes]:
    return consistency_path(reader, old, size) if old else []
