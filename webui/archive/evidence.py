"""The evidence of one trade: its records, their places in the log, the cosigned checkpoint."""

from __future__ import annotations

from uuid import UUID

from monitor.log.checkpoint import open_checkpoint
from monitor.log.tile import TileStore
from monitor.log.tree import HashReader, inclusion_path
from monitor.record.disclosure import Held
from trading.archive.evidence import Evidence, Leaf
from webui.artefact.keys import Keys


class NotSequenced(LookupError):
    """A record of the trade is not in the published tree yet: run the sequencer first."""


def evidence(held: list[Held], tiles: TileStore, keys: Keys) -> Evidence:
    """Return the proofs of these records to the published checkpoint.

    Raises NotSequenced, NoteError (NotWitnessed among them) for a checkpoint short of the policy.
    """
    note = tiles.read_checkpoint()
    size = open_checkpoint(note, keys.policy).checkpoint.size
    reader = tiles.hash_reader(size)
    return Evidence(tuple(_leaf(each, reader, size) for each in held), note, keys.text)


def _leaf(held: Held, reader: HashReader, size: int) -> Leaf:
    if held.index is None or held.index >= size:
        raise NotSequenced(_waiting(held.record_id))
    return Leaf(
        held.index,
        str(held.record_id),
        held.seq,
        held.commitment,
        tuple(inclusion_path(reader, held.index, size)),
        held.salt,
        held.body,
        held.public,
    )


def _waiting(record: UUID) -> str:
    return f"记录 {record} 尚未入册 / record {record} is not in the published log yet"
