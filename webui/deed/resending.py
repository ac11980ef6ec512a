"""Bringing objects again that the platform has damaged: kept, measured, and put back if the same.

Only what was asked for is taken of the files that come; a bidder may send its whole folder.
"""

from __future__ import annotations

from uuid import UUID

from bidding.envelope.bid.object import Metered, Objects
from bidding.hall.failure.damage import asked_of, resend
from bidding.submission import standing_bid
from monitor.refusal import NotFound, Refusal
from monitor.role import Actor
from webui.deed.handing import Counter
from webui.deed.upload.leak import refuse_secret_objects


def bring_again(
    here: Counter, actor: Actor, project: UUID, section: UUID, objects: Objects
) -> list[UUID]:
    """Put back the objects that were asked for; return a record each.

    Raises NotFound where none of them is among the files, and what the act raises: all on record.
    """
    try:
        refuse_secret_objects(objects)
        damaged = _asked(here, actor, project, section)
        brought = sorted(set(damaged) & set(objects))
        if not brought:
            raise NotFound("没有要求补送的文件 / none of the objects asked for", field="files")
    except Refusal as refusal:
        here.source.platform.refuse(resend, actor, project, refusal)
    return [_bring(here, actor, project, section, objects, name, damaged[name]) for name in brought]


def _asked(here: Counter, actor: Actor, project: UUID, section: UUID) -> dict[str, UUID]:
    """Return the objects asked for by name, and where each lies damaged."""
    with here.source.platform.read() as session:
        bid = standing_bid(session, project, section, actor.mask or "")
        rows = asked_of(session, project, section, bid.bid)
        return {row.object: UUID(bid.blobs[row.object]) for row in rows}


def _bring(
    here: Counter,
    actor: Actor,
    project: UUID,
    section: UUID,
    objects: Objects,
    name: str,
    damaged: UUID,
) -> UUID:
    store = here.source.store
    with objects[name]() as source:
        blob = store.put(source)
    with store.open(blob) as kept:
        sha256 = Metered(kept).measured().sha256
    try:
        record = here.source.platform.perform(
            resend, actor, project, section=section, name=name, blob=blob, sha256=sha256
        )
    except BaseException:
        store.discard(blob)
        raise
    store.discard(damaged)
    return record
