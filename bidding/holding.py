"""What the tables of bidding hold of one trade for its file: openings, evaluations, bids."""

from __future__ import annotations

import io
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bidding.envelope.age.file import decrypt
from bidding.envelope.bid.object import LETTER
from bidding.evaluation.method import Evaluation, EvaluationMethod
from bidding.hall.ceremony import Result, open_letters, open_notes, stored_objects
from bidding.hall.failure.damage import Damage, State, damages
from bidding.hall.failure.inspection import lacks
from bidding.hall.reveal import OpeningRecord
from bidding.hall.stage import step
from monitor.log.canonical import canonical
from monitor.store import FileStore
from trading.archive.volume import Document, bid_file, filed, opening_record
from trading.registration.project import sections

OPENED, LOST = "letter.json", "lost.json"
IDENTITY = "identity.txt"


class ObjectDamaged(LookupError):
    """An object of a bid is not what was received, and is not on record as lost."""


def bidding_documents(session: Session, project: UUID, store: FileStore) -> list[Document]:
    """Return opening records, evaluations and every bid with its recovered key and opened letter.

    Bids of an opening that failed were returned unread and are not here. Raises ObjectDamaged.
    """
    return [
        *_openings(session, project),
        *_evaluations(session, project),
        *_bids(session, project, store),
    ]


def _openings(session: Session, project: UUID) -> Iterator[Document]:
    """One record lies where the verifier looks; those of further sections beside it."""
    rows = session.scalars(select(OpeningRecord).where(OpeningRecord.project == project))
    numbers = {row.id: row.number for row in sections(session, project)}
    ordered = sorted(rows, key=lambda row: numbers.get(row.section, 0))
    for place, row in enumerate(ordered):
        if place == 0:
            yield opening_record(row.document)
        else:
            number = numbers.get(row.section, place)
            path = f"opening/opening-record-{number}.json"
            yield Document("opening", path, f"开标记录 {number} / opening record", row.document)


def _evaluations(session: Session, project: UUID) -> Iterator[Document]:
    methods = session.scalars(select(EvaluationMethod).where(EvaluationMethod.project == project))
    for method in methods:
        name = f"method-{method.section}.json"
        yield filed("criteria", name, "评标办法 / method", canonical(method.method))
    rows = session.scalars(select(Evaluation).where(Evaluation.project == project))
    for row in rows:
        if row.report is not None:
            name = f"report-{row.section}.json"
            yield filed("evaluation", name, "评标报告 / evaluation report", canonical(row.report))


def _bids(session: Session, project: UUID, store: FileStore) -> Iterator[Document]:
    for section in sections(session, project):
        if step(session, project, section.id, "opening.reveal") is None:
            continue
        _require_sound(session, project, section.id, store)
        gone = damages(session, project, section.id)
        notes = open_notes(session, project, section.id)
        for result in open_letters(session, project, section.id, notes.bids, store):
            bid = result.noted.bid.bid
            yield from _bid(result, [row for row in gone if _is_lost(row, bid)], store)


def _require_sound(session: Session, project: UUID, section: UUID, store: FileStore) -> None:
    """Raise ObjectDamaged unless every stored object is what was received, or lost on record."""
    found = lacks(session, project, section, store)
    if found:
        named = "；".join(f"{lack.bid} {lack.object} ({lack.sha256})" for lack in found)
        raise ObjectDamaged(
            f"所存密封文件缺失或与收到的不同，请从备份恢复 / stored objects are missing or not what"
            f" was received, restore them from a backup: {named}"
        )


def _is_lost(row: Damage, bid: str) -> bool:
    return (row.bid, row.state) == (bid, State.LOST)


def _bid(result: Result, gone: list[Damage], store: FileStore) -> Iterator[Document]:
    """Return the files of a bid; what is on record as lost is listed, and nothing in its place."""
    bid, objects = result.noted.bid.bid, stored_objects(result.noted, store)
    lost = {row.object: row.sha256 for row in gone}
    for name, opener in objects.items():
        if name not in lost:
            with opener() as source:
                yield bid_file(bid, name, source.read())
    if lost:
        yield bid_file(bid, LOST, canonical({"v": "batong-lost/1", "objects": lost}))
    if result.identity:
        yield bid_file(bid, IDENTITY, f"{result.identity}\n".encode())
    if result.letter is not None:
        sink = io.BytesIO()
        with objects[LETTER]() as source:
            decrypt(source, sink, [result.identity])
        yield bid_file(bid, OPENED, sink.getvalue())
