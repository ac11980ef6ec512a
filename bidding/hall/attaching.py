"""Opening the attachments of one bid, streamed into the file store; nothing is written here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.attachment import Unsealed, part_of
from bidding.envelope.bid.letter import Attachment
from bidding.envelope.bid.object import Objects
from bidding.envelope.bid.opening import (
    Cause,
    OpenedLetter,
    OpeningError,
    open_attachment,
    open_letter,
)
from bidding.hall.ceremony import Noted, keys_of, open_notes, stored_objects
from monitor.store import FileStore


def sealed_still(
    session: Session, project: UUID, section: UUID, part: int, store: FileStore
) -> list[tuple[Noted, str]]:
    """Return the bids of one part whose attachments wait, each with its key; after UNLOCK only."""
    waiting = part_of(session, project, section, part)
    if not waiting:
        return []
    notes = open_notes(session, project, section)
    keys = keys_of(session, project, section, notes.bids, store)
    return [(each, str(keys[each.bid.bid])) for each in notes.bids if each.bid.id in waiting]


def unsealed(noted: Noted, identity: str, store: FileStore, folder: Path) -> Iterator[Unsealed]:
    """Open a revealed bid's attachments one by one in flat memory, by way of a nameless file.

    folder: where that lies until it is whole. A file that is not what its letter says is told
    with its cause. Raises OpeningError for one that is damaged here: it is to be restored, and is
    no fault of its bidder.
    """
    objects = stored_objects(noted, store)
    opened = open_letter(objects, identity, noted.bid.manifest)
    for file in opened.letter.attachments:
        yield _unsealed(objects, identity, opened, file, store, folder)


def _unsealed(
    objects: Objects,
    identity: str,
    opened: OpenedLetter,
    file: Attachment,
    store: FileStore,
    folder: Path,
) -> Unsealed:
    with TemporaryFile(dir=folder) as draft:
        try:
            open_attachment(objects, identity, opened, file, draft)
        except OpeningError as failure:
            if failure.cause is not Cause.BIDDER:
                raise
            return Unsealed(file.object, None, str(failure))
        draft.seek(0)
        return Unsealed(file.object, store.put(draft))
