"""`/api/v1/projects/<name>/opening`: an opening told from its records, each with its proof.

Nothing is here that the reader's own records do not hold (monitor/record/disclosure.py). Every
proof is against the one checkpoint that is told, the last that the witnesses cosigned: a program
that we did not write recomputes commitment, leaf and root from this answer alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify

from bidding.hall.close import closing_of
from bidding.hall.reveal import opening_record_of
from bidding.hall.trust import last_cosigned
from monitor.log.checkpoint import Policy, open_checkpoint
from monitor.log.proof import LogProof
from monitor.log.tree import HashReader
from monitor.record.disclosure import Disclosed, timeline
from monitor.refusal import NotFound
from trading import board
from trading.notice.document import document_of
from trading.registration.project import sections
from webui.api.private import never_kept
from webui.course.transcript import of_opening, often, transcript
from webui.page.query import Query
from webui.page.source import Head, Source, showing
from webui.page.view import source
from webui.page.view.section import section_asked
from webui.page.wearer import viewer, wearer

pages = Blueprint("hall_api", __name__, url_prefix="/api/v1/projects")
FORM = "batong-hall/1"
MOST = 500
"""Records of a page: some 1.5 MB with their proofs."""
NO_DOCUMENTS = {"close": None, "table": None}


@pages.get("/<name>/opening")
def opening(name: str) -> Response:
    """Return where one section's opening stands, and a page of its records, each with its proof.

    What happens once, the pauses and the state are told on every page; what happens often as the
    records of this page tell it; the documents on the first. `more` tells whether another follows.
    """
    here, query = source(), Query()
    page = query.page()
    query.require()
    with here.platform.read() as session:
        project = board.find(session, name)
        terms = document_of(session, project) if project else None
        if project is None or terms is None:
            abort(404, "没有此项目，或招标文件未发出 / no such project, or no documents yet")
        lot = section_asked(sections(session, project))
        seen = timeline(session, project, viewer(wearer(), project))
        note = last_cosigned(session)
        documents = _documents(session, project, lot.id) if page == 1 else NO_DOCUMENTS
        told = {
            "deadline": terms.deadline.isoformat(),
            "manner": terms.manner,
            "trustees": terms.trustees,
        }
    every = of_opening(seen, str(lot.id))
    records = every[(page - 1) * MOST : page * MOST]
    showing(every)
    head = _head(here, note)
    return never_kept(
        jsonify(
            v=FORM,
            project=str(project),
            section={"id": str(lot.id), "number": lot.number, "name": lot.name},
            now=here.now.isoformat(),
            checkpoint=head.note if head else None,
            **told,
            **transcript(every) | often(records),
            documents=documents,
            records=_proven(here, head, records),
            page=page,
            more=len(every) > page * MOST,
        )
    )


def _documents(session: Any, project: UUID, section: UUID) -> dict[str, Any]:
    """Return CLOSE and the opening record as they stand, whose digests the records name."""
    readings: dict[str, Callable[[], bytes]] = {
        "close": lambda: closing_of(session, project, section).document,
        "table": lambda: opening_record_of(session, project, section),
    }
    return {name: _document(reading) for name, reading in readings.items()}


def _document(reading: Callable[[], bytes]) -> dict[str, Any] | None:
    """Return a document as it stands, read, and by its digest; None before it is there."""
    try:
        data = reading()
    except NotFound:
        return None
    sha256 = hashlib.sha256(data).hexdigest()
    return {"sha256": sha256, "document": data.decode(), "read": json.loads(data)}


def _head(here: Source, note: str | None) -> Head | None:
    if note is None:
        return None
    return Head(note, open_checkpoint(note, Policy(here.keys.policy.log)).checkpoint)


def _proven(here: Source, head: Head | None, records: list[Disclosed]) -> list[dict[str, Any]]:
    reader = here.tiles.hash_reader(head.size) if head else None
    return [_record(each, head, reader) for each in records]


def _record(seen: Disclosed, head: Head | None, reader: HashReader | None) -> dict[str, Any]:
    """Return a record with its tlog-proof; None for one that the witnesses have yet to see."""
    proof = None
    if head is not None and reader is not None and _within(seen, head):
        proof = LogProof.build(reader, seen.index or 0, head.size, head.note).encode()
    return {
        "id": str(seen.record_id),
        "seq": seen.seq,
        "index": seen.index,
        "commitment": seen.commitment.hex(),
        "salt": seen.salt.hex(),
        "body": base64.b64encode(seen.body).decode(),
        "proof": proof,
    }


def _within(seen: Disclosed, head: Head) -> bool:
    return seen.index is not None and seen.index < head.size
