"""The opening as a bidder sees it: the hall's door, what was opened, its own bid, its own price."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from bidding.attachment import BidAttachment, attachments_of
from bidding.envelope.capsule import Kind
from bidding.hall.bidder import OwnCorrection, Place, correction, place_of
from bidding.hall.preparation.attendance import BEFORE, checked_in
from bidding.hall.question import Question, questions
from bidding.hall.reveal import opening_record_of
from bidding.hall.unlock import batches
from bidding.opened import opened_bids
from monitor.refusal import NotFound
from webui.page.office.tender.stand import Stand
from webui.page.view import source

LISTED = 100
"""Sealed bids that the grid shows: each says the same."""


def door(stand: Stand, now: datetime) -> dict[str, Any]:
    """Return whether the hall is open to a bidder, and when it checked in."""
    if not stand.proven or stand.own is None or stand.own.standing is None or stand.terms is None:
        return {}
    opens = stand.terms.document.deadline - BEFORE
    with source().platform.read() as session:
        since = checked_in(session, stand.project, stand.section.id, stand.mask)
    over = stand.own.released or any(stand.done(name) for name in ("unlock", "reveal", "fail"))
    return {"opens": opens, "open": now >= opens and not over, "since": since, "over": over}


def seats(stand: Stand) -> dict[str, list[int]]:
    """Return which trustees have opened names, and bids, as the run sheet says it: public acts."""
    if not stand.closed:
        return {}
    with source().platform.read() as session:
        return {
            key: [one.seat for one in batches(session, stand.project, stand.section.id, kind)]
            for key, kind in (("names", Kind.NOTE), ("shares", Kind.BID))
        }


def place(stand: Stand) -> Place | None:
    """Return where one's own bid lies under the root of CLOSE; None where it has no place there."""
    if not stand.closed or not stand.mask:
        return None
    try:
        with source().platform.read() as session:
            return place_of(session, stand.project, stand.section.id, stand.mask)
    except NotFound:
        return None


def listed(counted: int, own: int | None) -> list[int]:
    """Return the places of sealed bids that the grid shows: the first ones, and one's own."""
    first = list(range(min(counted, LISTED)))
    return first if own is None or own < LISTED else [*first, own]


def offers(stand: Stand) -> list[dict[str, Any]]:
    """Return what was read out, once it was; before that nobody has it."""
    if not stand.done("reveal"):
        return []
    with source().platform.read() as session:
        record = opening_record_of(session, stand.project, stand.section.id)
    rows: list[dict[str, Any]] = json.loads(record)["bids"]
    return rows


def own_files(stand: Stand) -> list[BidAttachment]:
    """Return how one's own attachments came out, once the bids were read out."""
    if not stand.done("reveal"):
        return []
    project, section = stand.project, stand.section.id
    with source().platform.read() as session:
        opened = (row for row in opened_bids(session, project, section) if row.mask == stand.mask)
        mine = next(opened, None)
        return attachments_of(session, mine.bid) if mine else []


def asked(stand: Stand) -> tuple[Question, ...]:
    """Return what was asked at the opening, and answered."""
    if not stand.closed:
        return ()
    with source().platform.read() as session:
        return questions(session, stand.project, stand.section.id)


def fix(stand: Stand) -> OwnCorrection | None:
    """Return what the committee corrected in one's own price, once prices are out."""
    if not stand.done("reveal"):
        return None
    with source().platform.read() as session:
        return correction(session, stand.project, stand.section.id, stand.uscc)
