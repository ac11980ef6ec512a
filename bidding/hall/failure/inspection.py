"""Looking after what is stored: each object of the closed set against the digest of its manifest.

Heavy and outside of any act: every byte is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from bidding.envelope.bid.manifest import read_manifest
from bidding.envelope.bid.object import CAPSULE, Metered
from bidding.envelope.document import EnvelopeError
from bidding.hall.ceremony import Noted, open_notes
from bidding.hall.failure.damage import RULE, DamagedHere, Lack, asked_for
from bidding.hall.failure.due import look_until
from monitor.refusal import WrongStage
from monitor.store import FileStore


def lacks(session: Session, project: UUID, section: UUID, store: FileStore) -> tuple[Lack, ...]:
    """Return the objects that are damaged and neither asked for nor given up.

    Raises WrongStage, LookupError while the manifests are still shut.
    """
    known = asked_for(session, project, section)
    noted = open_notes(session, project, section).bids
    found = [lack for item in noted for lack in _damaged(item, store)]
    return tuple(lack for lack in found if (lack.bid, lack.object) not in known)


def require_looked(
    session: Session, project: UUID, section: UUID, store: FileStore, now: datetime
) -> None:
    """Raise WrongStage while the look after UNLOCK is still to come, before anything is shown.

    Where no worker did it in its time everything is measured here. Raises DamagedHere for what is
    damaged and was not asked for.
    """
    until = look_until(session, project, section)
    if until is None:
        return
    if now < until:
        raise WrongStage(
            "正在逐份核对所存密封文件，核对完即可公布 / the stored objects are being compared;"
            " reveal once that is done",
            rule=RULE,
        )
    if lacks(session, project, section, store):
        raise DamagedHere


def _damaged(noted: Noted, store: FileStore) -> Iterator[Lack]:
    for name, sha256 in _promised(noted).items():
        blob = noted.bid.blobs.get(name)
        if blob is not None and _digest(store, UUID(blob)) != sha256:
            yield Lack(noted.bid.bid, name, sha256)


def _promised(noted: Noted) -> dict[str, str]:
    """Return the objects by name with their digests, as its bidder signed them."""
    told = {CAPSULE: noted.bid.capsule}
    try:
        manifest = read_manifest(noted.manifest)
    except EnvelopeError:
        return told
    return told | {entry.name: entry.measured.sha256 for entry in manifest.objects}


def _digest(store: FileStore, blob: UUID) -> str | None:
    try:
        with store.open(blob) as source:
            return Metered(source).measured().sha256
    except KeyError:
        return None
