"""The description of the interface: OpenAPI 3.1, made from one table of readings."""

from __future__ import annotations

from typing import Any

from trading.registration.stage import Stage
from webui.api import writing

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
MAYBE: Schema = {"type": ["integer", "null"]}
MOMENT: Schema = {"type": "string", "format": "date-time"}
ID: Schema = {"type": "string", "format": "uuid"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
BASE64: Schema = {"type": "string", "contentEncoding": "base64"}
STAGE: Schema = {"type": "string", "enum": [stage.value for stage in Stage]}


def _object(**members: Schema) -> Schema:
    return {"type": "object", "required": list(members), "properties": members}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


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
SESSION = {
    "type": "object",
    "required": ["room", "project", "from", "until"],
    "properties": {"room": TEXT, "project": ID, "from": MOMENT, "until": MOMENT},
}
PROBLEM = _object(type=TEXT, title=TEXT, status=WHOLE, detail=TEXT, instance=TEXT)

Parameter = tuple[str, str, Schema]
READINGS: tuple[tuple[str, str, tuple[Parameter, ...], Schema], ...] = (
    ("/time", "the platform's time", (), _object(now=MOMENT, passes={"type": "boolean"})),
    (
        "/projects", "announced projects, newest first",
        (("query", "q", TEXT), ("query", "stage", STAGE)), _object(projects=_list(ENTRY)),
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
        (("query", "day", {"type": "string", "format": "date"}),),
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
        "/draws/registry", "the facts of the pool, without a name, for centre's and inspector's",
        (), _object(snapshot=ID, root=HASH, experts=_list({})),
    ),
    (
        "/letters", "every sealed letter that waits for an expert; each opens the own",
        (), _object(letters=_list(_object(step=TEXT, sealed=BASE64))),
    ),
)  # fmt: skip


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
        | writing.paths(),
        "components": {"schemas": {"Problem": PROBLEM}, "securitySchemes": writing.SCHEME},
    }


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
