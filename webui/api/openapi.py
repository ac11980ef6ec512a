"""The description of the interface: OpenAPI 3.1, made from one table of readings."""

from __future__ import annotations

from typing import Any

from monitor.role import Role
from trading.registration.catalogue import load
from trading.registration.stage import Stage
from webui.api import writing
from webui.api.office import described as office
from webui.course.transcript import LISTS, STEPS
from webui.page.query import LONGEST
from webui.page.view.notice import SHOWN
from webui.serve.live.choice import MOST

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
MAYBE: Schema = {"type": ["integer", "null"]}
MOMENT: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {"type": "string", "format": "uuid"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
BASE64: Schema = {"type": "string", "contentEncoding": "base64"}
DAY: Schema = {"type": "string", "format": "date"}
STAGE: Schema = {"type": "string", "enum": [stage.value for stage in Stage]}
SHOWN_AT: Schema = {"type": "string", "enum": [stage.value for stage in SHOWN]}
WORDS: Schema = {"type": "string", "maxLength": LONGEST}


def _object(**members: Schema) -> Schema:
    return {"type": "object", "required": list(members), "properties": members}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _chosen(item: Schema) -> Schema:
    return {**_list(item), "maxItems": MOST}


ENTRY = _object(
    id=ID, code=TEXT, name=TEXT, category=TEXT, region=TEXT, title=TEXT, published=MOMENT,
    deadline=MOMENT, stage=STAGE,
)  # fmt: skip
RECORD = _object(
    v=TEXT, id=ID, seq=MAYBE, index=MAYBE, commitment=HASH, salt=HASH, body=BASE64
)  # fmt: skip
OPENING = _object(index=WHOLE, salt=HASH, body=BASE64, path=_list(BASE64))
FRAME = {
    "type": "object",
    "required": ["from", "to", "checkpoint", "consistency", "reopened", "openings"],
    "properties": {
        "from": WHOLE, "to": WHOLE, "checkpoint": TEXT, "reopened": {"type": "boolean"},
        "consistency": _object(**{"from": WHOLE, "path": _list(BASE64)}),
        "openings": _list(OPENING),
    },
}  # fmt: skip
HALL_ACT = {
    "type": ["object", "null"],
    "required": ["record", "at", "action", "subject", "facts"],
    "properties": {
        "record": ID, "at": MOMENT, "action": TEXT, "subject": TEXT, "facts": {"type": "object"},
    },
}  # fmt: skip
HALL_DOCUMENT = {
    "type": ["object", "null"],
    "required": ["sha256", "document", "read"],
    "properties": {"sha256": HASH, "document": TEXT, "read": {"type": "object"}},
}
HALL = _object(
    v=TEXT, project=ID, section=_object(id=ID, number=WHOLE, name=TEXT), now=MOMENT,
    checkpoint={"type": ["string", "null"]}, deadline=MOMENT, manner=TEXT, trustees=TEXT,
    state={"type": "string", "enum": ["before", *STEPS]},
    **dict.fromkeys(STEPS, HALL_ACT), **dict.fromkeys(LISTS, _list(HALL_ACT)),
    questions=_list(HALL_ACT), pauses=_list(_object(begun=HALL_ACT, ended=HALL_ACT)),
    documents=_object(close=HALL_DOCUMENT, table=HALL_DOCUMENT),
    records=_list(_object(
        id=ID, seq=MAYBE, index=MAYBE, commitment=HASH, salt=HASH, body=BASE64,
        proof={"type": ["string", "null"]},
    )),
    page=WHOLE, more={"type": "boolean"},
)  # fmt: skip
"""A page of an opening; what nobody may see yet, or not this reader, is not there."""
SESSION = {
    "type": "object",
    "required": ["room", "project", "from", "until"],
    "properties": {"room": TEXT, "project": ID, "from": MOMENT, "until": MOMENT},
}
OVERDUE = _object(
    project=ID, rule=TEXT, basis=TEXT, who=TEXT, body=TEXT, opened=MOMENT, limit=MOMENT,
    promised={"type": ["string", "null"], "format": "date-time"}, level=WHOLE, chases=WHOLE,
    late_seconds={"type": "integer"},
)  # fmt: skip
LINES: Schema = {
    "type": "object",
    "additionalProperties": _list(
        _object(name=TEXT, counts={"type": "object"}, mean_seconds=MAYBE)
    ),
}
WORD: Schema = {"type": "string", "minLength": 1}
OF_A_REFUSAL: dict[str, Schema] = {
    "code": WORD, "field": TEXT, "label": TEXT, "rule": TEXT,
    "record": {"type": ["string", "null"], "format": "uuid"},
}  # fmt: skip
FAULT = {
    **_object(field=TEXT, label=TEXT, detail=WORD, rule=TEXT), "additionalProperties": False,
}  # fmt: skip
PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": WORD, "title": WORD, "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {**WORD, "description": "中文 / English"},
        "instance": {"type": "string", "pattern": "^urn:batong:reference:[0-9a-f]{10}$"},
        **OF_A_REFUSAL,
        "errors": {**_list(FAULT), "description": "each fault of a form's fields"},
        "receipt": {**WORD, "description": "of a bid that was refused"},
    },
    "dependentRequired": {name: list(OF_A_REFUSAL) for name in OF_A_REFUSAL},
    "additionalProperties": False,
}  # fmt: skip
"""What every problem is; a refusal's has a code, what it is about, the rule and the record."""

Parameter = tuple[str, str, Schema]
READINGS: tuple[tuple[str, str, tuple[Parameter, ...], Schema], ...] = (
    ("/time", "the platform's time", (), _object(now=MOMENT, passes={"type": "boolean"})),
    (
        "/projects", "announced projects, newest first",
        (("query", "q", WORDS), ("query", "stage", SHOWN_AT)), _object(projects=_list(ENTRY)),
    ),
    (
        "/projects/{name}", "a project, by code or id, with its visible records",
        (("path", "name", TEXT),),
        {"allOf": [ENTRY, _object(records=_list(RECORD))]},
    ),
    (
        "/projects/{name}/frame", "the frame (after, size] of a project's stream",
        (("path", "name", TEXT), ("query", "after", WHOLE), ("query", "seen", WHOLE)), FRAME,
    ),
    (
        "/projects/{name}/opening", "an opening told from its records, each with its tlog-proof",
        (("path", "name", TEXT), ("query", "section", ID), ("query", "page", WHOLE)), HALL,
    ),
    (
        "/records/{record}", "a record with its inclusion proof (C2SP tlog-proof)",
        (("path", "record", ID),),
        {"allOf": [RECORD, _object(proof={"type": ["string", "null"]})]},
    ),
    (
        "/log/proof/{index}", "the inclusion proof of a leaf (C2SP tlog-proof)",
        (("path", "index", WHOLE),), _object(index=WHOLE, proof=TEXT),
    ),
    (
        "/rooms", "the opening sessions of a day",
        (("query", "day", DAY),),
        _object(day=TEXT, sessions=_list(SESSION)),
    ),
    (
        "/draws", "the draws of the asking machine; what changed since `seen`",
        (("query", "seen", TEXT),),
        _object(role={"enum": ["C", "I", "T"]}, draws=_list(_object(mark=TEXT))),
    ),
    (
        "/draws/{number}", "what the asking machine sees of one draw",
        (("path", "number", ID),), _object(request=ID, project=ID, steps=_list({})),
    ),
    (
        "/draws/{number}/parcels/{step}/{k}", "what was sealed to the asking machine",
        (("path", "number", ID), ("path", "step", TEXT), ("path", "k", WHOLE)),
        _object(document={"type": "object"}),
    ),
    (
        "/draws/{number}/list", "the list that a request brought; an inspection's for its machines",
        (("path", "number", ID),), _object(entries=_list({}), strata=_list({}), root=HASH),
    ),
    (
        "/draws/vacant", "the draws that the asking deputy may take over",
        (), _object(vacant=_list(_object(request=ID, project=ID))),
    ),
    (
        "/draws/lost", "the draws whose agent was lost after the header, for the asking deputy",
        (), _object(lost=_list({}), used=_list({"type": "string"})),
    ),
    (
        "/draws/escrow", "to whom the asking machine has to deal its VRF key; null where it did",
        (), _object(wanted={}),
    ),
    (
        "/draws/registry", "the facts of the pool, without a name, for centre's and inspector's",
        (), _object(snapshot=ID, root=HASH, experts=_list({})),
    ),
    (
        "/draws/snapshot", "the newest snapshot of the pool, and what is to be signed of it",
        (), _object(
            snapshot=TEXT, root=TEXT, n=WHOLE, statement=TEXT, countersigned={"type": "boolean"}
        ),
    ),
    (
        "/letters", "every sealed letter that waits for an expert; each opens the own",
        (), _object(letters=_list(_object(step=TEXT, sealed=BASE64))),
    ),
)  # fmt: skip
OF_ONES_OWN = (
    (
        "/efficiency", "what is overdue, and counts of duties and points, of trades one watches",
        (("query", "from", DAY), ("query", "to", DAY)),
        _object(overdue=_list(OVERDUE), duties=LINES, points=LINES),
    ),
    *office.READINGS,
)  # fmt: skip
"""Readings that tell whoever is signed in of what they may see."""

STREAM = "/live/events"
WATCHED: tuple[Parameter, ...] = (
    ("query", "project", TEXT), ("query", "as", {"type": "string", "enum": ["wearer"]}),
    ("query", "act", _chosen(TEXT)),
    ("query", "by", _chosen({"type": "string", "enum": [role.value for role in Role]})),
    ("query", "stage", _chosen(STAGE)),
    ("query", "category", _chosen({"type": "string", "enum": list(load().categories)})),
    ("query", "body", _chosen(ID)),
    ("query", "after", WHOLE), ("header", "Last-Event-ID", WHOLE),
    ("query", "seen", WHOLE), ("query", "root", HASH),
)  # fmt: skip
"""What a stream is asked for: whose, of which trade, what of it (webui/serve/live/choice.py), from
which size of the log on, and which log that was. A choice is repeated, or written with commas."""


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Batong",
            "version": "1",
            "description": "八统：读取与办理 / reading and acting",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": {
            path: {"get": _get(summary, parameters, schema)}
            for path, summary, parameters, schema in READINGS
        }
        | {
            path: {"get": {**_get(summary, parameters, schema), "security": writing.BEARER}}
            for path, summary, parameters, schema in OF_ONES_OWN
        }
        | {STREAM: {"servers": [{"url": "/"}], "get": _stream()}}
        | writing.paths(),
        "components": {
            "schemas": {"Problem": PROBLEM, "Frame": FRAME},
            "securitySchemes": writing.SCHEME,
        },
    }


def _stream() -> dict[str, Any]:
    told = _get("server-sent events: frames and beats, of what one may see and chose", WATCHED, {})
    told["responses"]["200"]["content"] = {
        "text/event-stream": {
            "schema": {
                **TEXT,
                "description": "`frame`: data is #/components/schemas/Frame, id its `to`; "
                "`beat`: the size so far; `end`: why the right to watch is over",
            }
        }
    }
    return {**told, "security": [{}, *writing.BEARER]}


def _get(summary: str, parameters: tuple[Parameter, ...], schema: Schema) -> dict[str, Any]:
    problem = {
        "description": "problem",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    return {
        "summary": summary,
        "parameters": [
            {"in": place, "name": name, "required": place == "path", "schema": each}
            for place, name, each in parameters
        ],
        "responses": {
            "200": {"description": "ok", "content": {"application/json": {"schema": schema}}},
            "default": problem,
        },
    }
