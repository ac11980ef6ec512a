"""`/api/v1/…`: the pages' own readings as JSON, read-only; errors are problem+json (RFC 9457)."""

from __future__ import annotations

import base64
import json
from datetime import datetime, time
from functools import cache
from itertools import islice
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, g, jsonify

from monitor.law.workday import ONE_DAY, SHANGHAI, local_date
from monitor.record.disclosure import Disclosed, chain_of, disclosed, timeline
from monitor.role import NOBODY
from trading import board
from trading.venue.booking import openings_between
from webui.api.openapi import document
from webui.api.private import never_kept
from webui.page.query import Query
from webui.page.source import showing
from webui.page.view import source
from webui.page.view.notice import SHOWN
from webui.page.wearer import viewer, wearer

pages = Blueprint("v1", __name__, url_prefix="/api/v1")
MOST = 100


@pages.get("/openapi.json")
def openapi() -> Response:
    """Describe this interface."""
    return Response(_description(), mimetype="application/json")


@cache
def _description() -> str:
    """Make it once: long, and the same for everybody who asks."""
    return json.dumps(document(), ensure_ascii=False)


@pages.get("/time")
def now() -> Response:
    """Tell the platform's time, and whether it passes by itself."""
    here = source()
    return never_kept(jsonify(now=here.now.isoformat(), passes=not here.demo))


@pages.get("/projects")
def projects() -> Response:
    """List announced projects, newest first."""
    here, query = source(), Query()
    words, wanted = query.words(), query.chosen("stage", SHOWN)
    query.require()
    with here.platform.read() as session:
        found = board.search(session, here.now, words, wanted)
        rows = [_entry(entry) for entry in islice(found, MOST)]
    return jsonify(projects=rows)


@pages.get("/projects/<name>")
def project(name: str) -> Response:
    """Return a project with every record that this viewer may see."""
    here = source()
    with here.platform.read() as session:
        entry = board.entry(session, _found(name), here.now)
        if entry is None:
            abort(404, "没有此项目 / no such project")
        who = viewer(wearer(), entry.project)
        seen = timeline(session, entry.project, who)
    showing(seen)
    return jsonify(**_entry(entry), records=[_record(each) for each in seen])


@pages.get("/projects/<name>/frame")
def frame(name: str) -> Response:
    """Return the frame (after, size] of a project's stream, and how the log grew from `seen`."""
    here, head = source(), source().head()
    if head is None:
        abort(404, "日志尚无检查点 / the log has no checkpoint yet")
    query, found = Query(), _found(name)
    after = query.whole("after", 0, 0, head.size)
    seen = query.whole("seen", after, 0, head.size)
    query.require()
    return jsonify(here.frame(found, viewer(wearer(), found), after, head, seen))


@pages.get("/records/<uuid:record>")
def one(record: UUID) -> Response:
    """Return a record with salt, body, commitment and inclusion proof."""
    here = source()
    with here.platform.read() as session:
        chain = chain_of(session, record)
        seen = disclosed(session, chain, record, viewer(wearer(), chain))
    if not seen:
        abort(404, "没有此记录 / no such record")
    showing([seen])
    g.looked_trade = None if chain == NOBODY else chain
    proof = None if seen.index is None else here.proof(seen.index)
    return jsonify(**_record(seen), proof=proof.encode() if proof else None)


@pages.get("/log/proof/<int:index>")
def proof(index: int) -> Response:
    """Return the inclusion proof of a leaf (C2SP tlog-proof); leaves themselves tell nothing."""
    found = source().proof(index)
    if found is None:
        abort(404, "日志中没有此条 / no such leaf")
    return jsonify(index=index, proof=found.encode())


@pages.get("/rooms")
def rooms() -> Response:
    """List the opening sessions of a day, today unless `day` says another."""
    here, query = source(), Query()
    day = query.day("day", local_date(here.now))
    query.require()
    begin = datetime.combine(day, time(), SHANGHAI)
    with here.platform.read() as session:
        rows = [
            {
                "room": room,
                "project": str(row.project),
                "from": row.span.start.isoformat(),
                "until": row.span.end.isoformat(),
            }
            for row, room in openings_between(session, begin, begin + ONE_DAY)
        ]
    return jsonify(day=day.isoformat(), sessions=rows)


def _found(name: str) -> UUID:
    with source().platform.read() as session:
        found = board.find(session, name)
    if found is None:
        abort(404, "没有此项目 / no such project")
    return found


def _entry(entry: board.Entry) -> dict[str, Any]:
    return {
        "id": str(entry.project),
        "code": entry.code,
        "name": entry.name,
        "category": entry.category,
        "region": entry.region,
        "title": entry.title,
        "published": entry.published.isoformat(),
        "deadline": entry.deadline.isoformat(),
        "stage": entry.stage.value,
    }


def _record(seen: Disclosed) -> dict[str, Any]:
    return {
        "v": "batong-record/1",
        "id": str(seen.record_id),
        "seq": seen.seq,
        "index": seen.index,
        "commitment": seen.commitment.hex(),
        "salt": seen.salt.hex(),
        "body": base64.b64encode(seen.body).decode(),
    }
