"""The description of what is done by JSON: every deed with its fields, coming in, proving a key."""

from __future__ import annotations

from typing import Any

from trading.registration.directory import State
from trading.registration.party import OFFICES, Kind
from webui.deed.book import deeds
from webui.deed.deed import Deed
from webui.deed.field import Field, Text, Whole
from webui.deed.rows import Rows

Schema = dict[str, Any]
ID: Schema = {"type": "string", "format": "uuid"}
TEXT: Schema = {"type": "string"}
SHAPES: dict[str, Schema] = {
    "money": {"type": "string", "description": "元 / yuan: 250000.00, 25万元", "maxLength": 40},
    "moment": {
        "type": "string",
        "description": "北京时间或带时区 / Beijing time, or with a zone: 2026-04-14T09:30",
        "maxLength": 40,
    },
    "day": {"type": "string", "format": "date"},
    "tick": {"type": "boolean"},
    "hidden": ID,
    "file": {"type": "string", "contentEncoding": "base64"},
    "key": {"type": "string", "contentEncoding": "base64"},
    "several": {"type": "array", "items": TEXT},
    "long": {"type": ["string", "object", "array"]},
}
PROBLEM = {
    "description": "refused: code, field, rule, record / 拒绝：代码、字段、依据、记录",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
BEARER = [{"bearer": list[str]()}]
SCHEME = {"bearer": {"type": "http", "scheme": "bearer"}}


def paths() -> dict[str, Any]:
    """Return the paths of what is done, each deed on its own."""
    told: dict[str, Any] = {
        f"/acts/{name}": {"post": _deed(deed)} for name, deed in deeds().items()
    }
    project = [_place("project")]
    return (
        told
        | _bids(project)
        | _machines(project)
        | _directory()
        | {"/outages": {"post": _measure()}}
        | {
            "/session": {
                "post": _operation("sign in", _object(["name", "password"], **SIGN_IN), SESSION),
                "delete": {**_operation("sign out", None, None), "security": BEARER},
            },
            "/me": {"get": {**_operation("who acts", None, ME), "security": BEARER}},
            "/mask/{project}": {
                "parameters": project,
                "get": {
                    **_operation(
                        "what the bid key signs", None, _object(["challenge"], challenge=TEXT)
                    ),
                    "security": BEARER,
                },
                "post": {
                    **_operation("prove the bid key", _object(list(PROOF), **PROOF), TICKET),
                    "security": BEARER,
                },
            },
        }
    )


def _measure() -> dict[str, Any]:
    """Return how a witness's program brings what it measured: a signed note, nobody signed in."""
    answer = _object(["outage", "new"], outage=ID, new={"type": "boolean"})
    told = _operation("a witness's signed measure of an outage", None, answer)
    told["requestBody"] = _body("text/plain", {**TEXT, "maxLength": 4096})
    return {**told, "security": list[Any]()}


def _bids(project: list[Schema]) -> dict[str, Any]:
    """Return how a sealed bid comes in: whole, or by its manifest and then its objects."""
    upload = [*project, _place("upload")]
    form = {"section": ID, "files": {"type": "array", "items": FILE}}
    whole = _operation("hand in a sealed bid", None, RECEIPT)
    whole["requestBody"] = _body("multipart/form-data", _object(list(form), **form))
    ahead = _operation("the manifest, before its objects come by tus (/files)", None, ALL_HELD)
    ahead["requestBody"] = _body("application/json", {"type": "object"})
    after = {"in": "query", "name": "upload", "schema": ID}
    again = _operation("objects that the platform has damaged, once more", None, AGAIN)
    again["requestBody"] = whole["requestBody"]
    return {
        "/bids/{project}": {
            "parameters": [*project, after], "post": {**whole, "security": BEARER},
        },
        "/bids/{project}/objects": {
            "parameters": project, "post": {**again, "security": BEARER},
        },
        "/bids/{project}/uploads/{upload}": {
            "parameters": upload,
            "get": {**_operation("what is held", None, ALL_HELD), "security": BEARER},
            "put": {**ahead, "security": BEARER},
        },
    }  # fmt: skip


Readings = dict[str, tuple[str, list[Schema], Schema]]
"""By address: what is read there, what stands in the address, and what the answer is."""


def _machines(project: list[Schema]) -> dict[str, Any]:
    """Return what the machines of trustees and of draws read, each its own."""
    told: dict[str, Any] = {
        path: {
            "parameters": places,
            "get": {**_operation(summary, None, answer), "security": BEARER},
        }
        for path, (summary, places, answer) in (_of_trustees(project) | _of_draws(project)).items()
    }
    bundle = _operation("a published bundle", None, None)
    bundle["responses"] = {
        "200": {"description": "ok", "content": {"application/zip": {"schema": FILE}}},
        "default": PROBLEM,
    }
    bundle["security"] = list[Any]()  # anybody's
    return told | {"/draws/{number}/bundle": {"parameters": [_place("number")], "get": bundle}}


def _of_trustees(project: list[Schema]) -> Readings:
    return {
        "/trustee": ("what is asked of a trustee", [], ASKS),
        "/trustee/{project}/{section}/{kind}": (
            "one request, with the public chain and the proof of CLOSE",
            [*project, _place("section"), _place("kind", {"type": "string", "enum": KINDS})],
            _object(["request", "chain", "proof"], request=TEXT, chain=LIST, proof=MAYBE_TEXT),
        ),
        "/trustee/keys/{key}": (
            "a fellow's key as it was dealt to one's own seat",
            [_place("key")],
            _object(["document", "trustees"], document=TEXT, trustees=TEXT),
        ),
        "/trustee/successions/{number}": (
            "a succession, with the public chain and the proof of its confirmation",
            [_place("number")],
            FOLLOWING,
        ),
    }


def _of_draws(project: list[Schema]) -> Readings:
    anything = {"type": "object"}
    return {
        "/draws": ("the draws of a machine", [], _object(["role", "draws"], role=TEXT, draws=LIST)),
        "/draws/registry": ("the pool's facts, without a name", [], anything),
        "/draws/snapshot": ("the newest snapshot of the pool", [], anything),
        "/draws/vacant": (
            "the draws that a deputy may take over",
            [],
            _object(["vacant"], vacant=LIST),
        ),
        "/draws/lost": (
            "the draws whose agent is lost",
            [],
            _object(["lost", "used"], lost=LIST, used=LIST),
        ),
        "/draws/escrow": ("to whom a machine deals its VRF key", [], anything),
        "/draws/{number}/list": ("the list that a request brought", [_place("number")], anything),
        "/draws/{number}/parcels/{step}/{k}": (
            "what was sealed to the asking machine",
            [_place("number"), _place("step"), _place("k")],
            _object(["document"], document=anything),
        ),
        "/draws/{number}": ("what a machine sees of a draw", [_place("number")], anything),
        "/panel/{project}": ("what a drawn seat judges", project, anything),
        "/letters": ("sealed letters to experts", [], _object(["letters"], letters=LIST)),
    }


def _directory() -> dict[str, Any]:
    """Return what the administrator reads: people and organisations, fifty a page."""
    page = {"in": "query", "name": "page", "schema": {"type": "integer", "minimum": 1}}
    words = {"in": "query", "name": "q", "schema": {**TEXT, "maxLength": 100}}
    readings: dict[str, tuple[str, list[str], Schema]] = {
        "people": ("role", sorted({role for each in OFFICES.values() for role in each}), PERSON),
        "organisations": ("kind", [kind.value for kind in Kind], UNIT),
    }
    told: dict[str, Any] = {}
    for name, (key, values, row) in readings.items():
        by = {"in": "query", "name": key, "schema": {"type": "string", "enum": values}}
        rows: Schema = {"type": "array", "items": row}
        members: Schema = {name: rows, "page": page["schema"], "more": BOOL}
        get = _operation(f"{name} (administrator)", None, _object(list(members), **members))
        told[f"/{name}"] = {"parameters": [words, by, page], "get": {**get, "security": BEARER}}
    return told


def _place(name: str, schema: Schema = ID) -> Schema:
    return {"in": "path", "name": name, "required": True, "schema": schema}


def _body(kind: str, schema: Schema) -> dict[str, Any]:
    return {"required": True, "content": {kind: {"schema": schema}}}


def _deed(deed: Deed) -> dict[str, Any]:
    inputs = {
        "type": "object",
        "properties": {each.name: schema(each) for each in deed.fields},
        "required": [each.name for each in deed.fields if each.required and each.only is None],
    }
    placed = not (deed.fresh or deed.whole)
    body = _object(["project"] if placed else [], project=TEXT, inputs=inputs)
    key = {"in": "header", "name": "Idempotency-Key", "schema": {**TEXT, "maxLength": 200}}
    roles = ", ".join(sorted(role.value for role in deed.action.by))
    return {
        **_operation(f"{deed.name} ({roles})", body, DONE),
        "parameters": [key],
        "security": BEARER,
    }


def schema(field: Field) -> Schema:
    """Return what a field takes as JSON."""
    if isinstance(field, Rows):
        columns = {each.name: schema(each) for each in field.columns}
        return {"type": "array", "items": {"type": "object", "properties": columns}}
    if isinstance(field, Whole):
        return {"type": "integer", "minimum": field.least, "maximum": field.greatest}
    if isinstance(field, Text):
        return {"type": "string", "maxLength": field.most}
    return SHAPES.get(field.shape, TEXT)


def _object(required: list[str], **members: Schema) -> Schema:
    return {"type": "object", "required": required, "properties": members}


def _operation(summary: str, body: Schema | None, answer: Schema | None) -> dict[str, Any]:
    told: dict[str, Any] = {"summary": summary, "responses": {"default": PROBLEM}}
    if answer is None:
        told["responses"]["204"] = {"description": "done"}
    else:
        content = {"application/json": {"schema": answer}}
        told["responses"]["200"] = {"description": "ok", "content": content}
    if body is not None:
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return told


MAYBE_ID = {"type": ["string", "null"], "format": "uuid"}
DONE = _object(["record", "project", "result"], record=ID, project=MAYBE_ID, result={})
SIGN_IN = dict.fromkeys(("name", "password", "code", "label", "device"), TEXT)
SESSION = _object(
    ["token", "device", "ends", "csrf"], token=TEXT, device=TEXT, ends=TEXT, csrf=TEXT
)
ME = _object(["account", "name", "org_name", "role"], account=TEXT, name=TEXT, org_name=TEXT,
             role=TEXT)  # fmt: skip
PROOF = dict.fromkeys(("public_key", "challenge", "signature"), TEXT)
TICKET = _object(["ticket"], ticket=TEXT)
FILE: Schema = {"type": "string", "format": "binary"}
RECEIPT = _object(["record", "receipt"], record=ID, receipt=TEXT)
AGAIN = _object(["records"], records={"type": "array", "items": ID})
ALL_HELD = _object(["held"], held={"type": "object"})
LIST: Schema = {"type": "array", "items": {"type": "object"}}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
KINDS = ["bid", "note"]
BOOL: Schema = {"type": "boolean"}
STATES = [state.value for state in State]
OFFICE = dict.fromkeys(("id", "organisation", "organisation_name", "role", "since"), TEXT) | {
    "category": MAYBE_TEXT
}
PERSON = _object(
    ["id", "name", "appointments", "account", "state", "second_factor", "invited_until"],
    id=ID, name=TEXT, appointments={"type": "array", "items": _object(list(OFFICE), **OFFICE)},
    account=MAYBE_TEXT, state={"type": "string", "enum": STATES}, second_factor=BOOL,
    invited_until=MAYBE_TEXT,
)  # fmt: skip
UNIT = _object(
    ["id", "uscc", "name", "kind", "people"], id=ID, uscc=TEXT, name=TEXT, kind=TEXT,
    people={"type": "integer"},
)  # fmt: skip
ASKS = _object(
    ["now", "passes", "asks", "tests", "escrows", "keys", "dealt", "successions",
     "vrf_pieces", "vrf_keys"],
    now=TEXT, passes={"type": "boolean"}, asks=LIST, tests=LIST, escrows=LIST, keys=LIST,
    dealt=LIST, successions=LIST, vrf_pieces=LIST, vrf_keys=LIST,
)  # fmt: skip
FOLLOWING = _object(
    ["id", "project", "trustees", "deal", "acceptance", "challenge", "pieces", "chain", "proof"],
    id=ID, project=ID, trustees=TEXT, deal=TEXT, acceptance=TEXT, challenge=TEXT, pieces=LIST,
    chain=LIST, proof=MAYBE_TEXT,
)  # fmt: skip
