"""What the opening does outside any transaction: requests to trustees, and the actual unlocking.

Nothing here writes: the acts in close, unlock and reveal do.
"""

from __future__ import annotations

import io
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.envelope.bid.letter import Bidder
from bidding.envelope.bid.object import AUTHORITY, CAPSULE, MANIFEST, SIGNATURE, Objects
from bidding.envelope.bid.opening import Cause, OpenedLetter, OpeningError, open_letter
from bidding.envelope.capsule import Kind
from bidding.envelope.document import EnvelopeError, Fields, Malformed, read
from bidding.envelope.sealed_note import open_note_with, read_note
from bidding.envelope.trustee.batch import Request, Undecrypted, check_batch, combine_batches
from bidding.envelope.trustee.close import (
    CloseError,
    Locked,
    lock_bid,
    lock_note,
    lose_bid,
    read_close,
)
from bidding.hall.close import closing_of, notes_of, sealed_payers
from bidding.hall.failure.complaint import spoilt, told_batches
from bidding.hall.failure.damage import DamagedHere, lost, lost_first, require_mended
from bidding.hall.stage import required
from bidding.hall.succession.place import successors
from bidding.hall.trust import require_cosigned
from bidding.hall.unlock import batches, releases
from bidding.identity import Payer
from bidding.submission import Bid, is_before_addendum, standing_bids
from bidding.terms import roster_of
from monitor.store import FileStore
from trading.notice.participation import joined
from trading.registration.credit_code import CreditCodeInvalid, checked

LONGEST_NAME = 200
UNKNOWN = Bidder("—", "")


@dataclass(frozen=True, slots=True)
class Noted:
    """What the trustees opened right after CLOSE: a bid's manifest and who stands behind it."""

    bid: Bid
    manifest: bytes
    signature: bytes
    authority: bytes
    """A CA's signature of the manifest; empty without one."""
    bidder: Bidder
    before_addendum: bool
    fault: str
    """Why the identity did not open or is nobody's; such a bid stays shut, and only that bid."""


@dataclass(frozen=True, slots=True)
class Notes:
    """All that the trustees opened right after CLOSE: the bids' notes, and payers by deposit."""

    bids: list[Noted]
    payers: dict[UUID, Payer]


@dataclass(frozen=True, slots=True)
class Result:
    """One bid after the unlocking: its letter and its key, or why it stays shut."""

    noted: Noted
    identity: str
    letter: OpenedLetter | None
    failure: OpeningError | Undecrypted | None


def note_request(session: Session, project: UUID, section: UUID) -> Request:
    """Return what trustees are asked right after CLOSE: manifests, identities, payers."""
    close = read_close(closing_of(session, project, section).document)
    locked = tuple(lock_note(note) for note in notes_of(session, project, section))
    return Request(
        close,
        roster_of(session, project),
        Kind.NOTE,
        locked,
        successors=successors(session, project),
    )


def open_notes(session: Session, project: UUID, section: UUID) -> Notes:
    """Open manifests, identities and payers with the batches taken, once these are sequenced.

    Raises WrongStage before that, LookupError when a note stays shut.
    """
    request = note_request(session, project, section)
    taken = batches(session, project, section, Kind.NOTE)
    for batch in taken:
        require_cosigned(session, batch.record, f"席位 {batch.seat}")
    keys = combine_batches(request, [check_batch(batch.document, request) for batch in taken])
    bids = [_noted(session, bid, keys) for bid in standing_bids(session, project, section)]
    payers = sealed_payers(session, project, section)
    return Notes(bids, {deposit: _payer(sealed, keys) for deposit, sealed in payers.items()})


def _payer(sealed: bytes, keys: Mapping[str, str | Undecrypted]) -> Payer:
    fields = read("payer", _opened(sealed, keys), "name account")
    return Payer(fields.text("name"), fields.text("account"))


def _noted(session: Session, bid: Bid, keys: Mapping[str, str | Undecrypted]) -> Noted:
    manifest = _manifest(_opened(bid.sealed_manifest, keys))
    bidder, fault = _identity(joined(session, bid.project, bid.mask).sealed_identity, keys)
    return Noted(
        bid,
        manifest.text("manifest").encode(),
        manifest.text("signature").encode(),
        b64decode(manifest.text("authority").strip()),
        bidder,
        is_before_addendum(session, bid),
        fault,
    )


def _manifest(document: bytes) -> Fields:
    """Read a sealed manifest; those of before CA signatures had a place hold none."""
    try:
        return read("sealed-manifest", document, "manifest signature authority")
    except Malformed:
        told = read("sealed-manifest", document, "manifest signature")
        return Fields(told.where, {**told.values, "authority": ""})


def _identity(sealed: bytes, keys: Mapping[str, str | Undecrypted]) -> tuple[Bidder, str]:
    """Open who it is; a tenderer made this note, so nothing in it is taken on trust."""
    try:
        who = read("identity", _opened(sealed, keys), "name uscc")
        return Bidder(_name(who.text("name")), checked(who.text("uscc"))), ""
    except (EnvelopeError, LookupError, CreditCodeInvalid) as error:
        return UNKNOWN, f"身份不能确认 / no identity: {error}"


def _name(name: str) -> str:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise Malformed("identity.name: 名称为空或过长 / empty or too long")
    return name.strip()


def _opened(document: bytes, keys: Mapping[str, str | Undecrypted]) -> bytes:
    note = read_note(document)
    key = keys[note.capsule.context.subject]
    if isinstance(key, Undecrypted):
        raise LookupError(f"{key.subject}: {key.message}")
    return open_note_with(note, key)


def bid_request(
    session: Session, project: UUID, section: UUID, noted: list[Noted], store: FileStore
) -> Request:
    """Return what trustees are asked at UNLOCK: the capsules of the bids not yet released.

    Raises WrongStage while a bidder may still bring an object that was damaged here, DamagedHere
    for a capsule that is damaged and was not asked for.
    """
    require_mended(session, project, section, CAPSULE)
    close = read_close(closing_of(session, project, section).document)
    gone = lost(session, project, section, CAPSULE)
    locked = tuple(
        lose_bid(item.manifest) if item.bid.bid in gone else _locked(item, store) for item in noted
    )
    released = frozenset(releases(session, project, section))
    held = successors(session, project)
    return Request(close, roster_of(session, project), Kind.BID, locked, released, held)


def _locked(noted: Noted, store: FileStore) -> Locked:
    try:
        return lock_bid(noted.manifest, kept(store, UUID(noted.bid.blobs[CAPSULE])))
    except CloseError as fault:
        raise DamagedHere from fault


def open_letters(
    session: Session, project: UUID, section: UUID, noted: list[Noted], store: FileStore
) -> list[Result]:
    """Combine the keys and open every letter, after UNLOCK is in a cosigned checkpoint only."""
    keys = keys_of(session, project, section, noted, store)
    dealt_badly = spoilt(session, project, section)
    gone = lost_first(session, project, section)
    return [
        _spoilt(item)
        if item.bid.bid in dealt_badly and isinstance(keys.get(item.bid.bid), Undecrypted)
        else _lost(item, keys.get(item.bid.bid), gone[item.bid.bid])
        if item.bid.bid in gone
        else _open(item, keys[item.bid.bid], store)
        for item in noted
    ]


def keys_of(
    session: Session, project: UUID, section: UUID, noted: list[Noted], store: FileStore
) -> dict[str, str | Undecrypted]:
    """Return the key of every bid, or why it has none, after UNLOCK is in a cosigned checkpoint."""
    declared = required(session, project, section, "opening.unlock")
    require_cosigned(session, declared.record, "UNLOCK")
    request = bid_request(session, project, section, noted, store)
    taken = batches(session, project, section, Kind.BID)
    given = [check_batch(batch.document, request) for batch in taken]
    given += told_batches(session, project, section, request)
    return {**combine_batches(request, given), **releases(session, project, section)}


def _spoilt(noted: Noted) -> Result:
    """Return that a bid stays shut by its own bidder's doing, as trustees have proven."""
    message = "份额有误，经受托人证明 / the shares dealt are none, as trustees have proven"
    return Result(noted, "", None, OpeningError(Cause.BIDDER, CAPSULE, message))


def _lost(noted: Noted, key: str | Undecrypted | None, name: str) -> Result:
    """Return that a bid stays shut, since the platform has lost one of its objects.

    A bid counts as a whole: one that is not all opened for another's fault is withdrawn, with a
    claim to damages (电子招标投标办法 31); read out in part it would be judged by what is missing.
    """
    message = "存储损坏，投标人未能补送 / damaged in store, and not brought again"
    identity = key if isinstance(key, str) else ""
    return Result(noted, identity, None, OpeningError(Cause.PLATFORM, name, message))


def _open(noted: Noted, key: str | Undecrypted, store: FileStore) -> Result:
    if isinstance(key, Undecrypted):
        return Result(noted, "", None, key)
    if noted.fault:
        return Result(noted, key, None, OpeningError(Cause.BIDDER, "identity", noted.fault))
    try:
        letter = open_letter(stored_objects(noted, store), key, noted.bid.manifest)
    except OpeningError as failure:
        return Result(noted, key, None, failure)
    if letter.letter.bidder != noted.bidder:
        message = "投标函与密封身份不符 / the letter is another body's"
        return Result(noted, key, None, OpeningError(Cause.BIDDER, "letter", message))
    return Result(noted, key, letter, None)


def stored_objects(noted: Noted, store: FileStore) -> Objects:
    """Return a bid's objects as they were received, the manifest among them."""
    objects: dict[str, Callable[[], BinaryIO]] = {
        name: _opener(store, UUID(blob)) for name, blob in noted.bid.blobs.items()
    }
    objects[MANIFEST] = lambda: io.BytesIO(noted.manifest)
    objects[SIGNATURE] = lambda: io.BytesIO(noted.signature)
    if noted.authority:
        objects[AUTHORITY] = lambda: io.BytesIO(noted.authority)
    return objects


def _opener(store: FileStore, name: UUID) -> Callable[[], BinaryIO]:
    return lambda: _stream(store, name)


def _stream(store: FileStore, name: UUID) -> BinaryIO:
    """Return a stored object; one that is gone is empty, which no manifest says of any."""
    try:
        return store.open(name)
    except KeyError:
        return io.BytesIO()


def kept(store: FileStore, name: UUID) -> bytes:
    """Return a stored object whole; one that is gone is empty."""
    with _stream(store, name) as source:
        return source.read()
