"""The JSON interface: as described, the same facts as the pages, problems as problem+json."""

import base64
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from monitor.log.checkpoint import Checkpoint
from monitor.log.commitment import commit
from monitor.log.note import split_note
from monitor.log.proof import LogProof
from monitor.log.tree import leaf_hash, verify_inclusion
from monitor.record.disclosure import VISITOR, Disclosed, timeline
from trading import board
from webui.api.openapi import document
from webui.deed.book import deeds
from webui.demo.account import PASSWORD
from webui.page.source import Source
from webui.serve.live.asking import FIELDS
from webui.serve.live.choice import choice

NOBODYS = "7d137237-793b-4013-9a5e-6e34e6880278"

KINDS = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Tell whether a value is what a schema says: the few words of JSON Schema that we use."""
    if "allOf" in schema:
        return all(fits(each, value) for each in schema["allOf"])
    told = schema["type"]
    kinds = tuple(KINDS[each] for each in ([told] if isinstance(told, str) else told))
    if not isinstance(value, kinds) or ("enum" in schema and value not in schema["enum"]):
        return False
    if isinstance(value, dict):
        members = schema.get("properties", {})
        return set(schema.get("required", [])) <= set(value) and all(
            fits(members[key], each) for key, each in value.items() if key in members
        )
    return not isinstance(value, list) or all(fits(schema["items"], each) for each in value)


def test_every_reading_answers_as_described(
    client: FlaskClient, entry: board.Entry, records: list[Disclosed]
) -> None:
    blanks = {"name": entry.code, "record": str(records[0].record_id), "index": "0"}
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    public = {
        path: each
        for path, each in paths.items()
        if "security" not in each.get("get", {"security": 1})
    }
    assert len(public) >= 7
    for path, reading in public.items():
        answer = client.get("/api/v1" + path.format(**blanks))
        schema = reading["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert answer.status_code == 200, path
        assert fits(schema, answer.get_json()), path


def test_the_check_of_answers_can_fail() -> None:
    schema = document()["paths"]["/time"]["get"]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    assert not fits(schema, {"now": 1, "passes": True})
    assert not fits(schema, {"now": "x"})


def test_every_route_of_the_interface_is_described(app: Flask) -> None:
    routes = {str(rule) for rule in app.url_map.iter_rules() if str(rule).startswith("/api/v1/")}
    plain = {
        route.replace("<uuid:", "{").replace("<int:", "{").replace("<", "{").replace(">", "}")
        for route in routes
    }
    described = [path for path, each in document()["paths"].items() if "servers" not in each]
    told = {f"/api/v1{path}" for path in described if not path.startswith("/acts/")}
    assert plain - {"/api/v1/openapi.json", "/api/v1/acts/{name}"} == told


def test_the_stream_is_described_with_all_that_it_takes_and_nothing_else() -> None:
    told = document()["paths"]["/live/events"]["get"]["parameters"]
    assert {each["name"] for each in told if each["in"] == "query"} == FIELDS
    offered = {each["name"]: each["schema"]["items"].get("enum", []) for each in told
               if each["schema"]["type"] == "array"}  # fmt: skip
    assert {name: choice({name: [",".join(names)]}) for name, names in offered.items() if names}
    assert set(offered) == {"act", "by", "stage", "category", "body"}


def test_every_deed_is_described_with_its_fields(client: FlaskClient) -> None:
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    assert {path.removeprefix("/acts/") for path in paths if path.startswith("/acts/")} == set(
        deeds()
    )
    told = paths["/acts/project.register"]["post"]["requestBody"]["content"]["application/json"]
    assert {"name", "code", "sections"} <= set(told["schema"]["properties"]["inputs"]["properties"])


def test_a_record_comes_with_all_that_checks_it(
    client: FlaskClient, source: Source, records: list[Disclosed]
) -> None:
    told = client.get(f"/api/v1/records/{records[7].record_id}").get_json()
    entry = commit(bytes.fromhex(told["salt"]), base64.b64decode(told["body"]))
    assert entry.hex() == told["commitment"]
    LogProof.parse(told["proof"]).verify(entry, source.keys.policy)


def test_a_frame_opens_what_it_covers_and_nothing_else(
    client: FlaskClient, source: Source, entry: board.Entry, records: list[Disclosed]
) -> None:
    middle = records[len(records) // 2].index
    assert middle is not None
    whole = client.get(f"/api/v1/projects/{entry.code}/frame").get_json()
    part = client.get(f"/api/v1/projects/{entry.code}/frame?after={middle}").get_json()
    with source.platform.read() as session:  # others go on in this trade meanwhile
        now = timeline(session, entry.project, VISITOR)
    known = sorted(each.index for each in now if each.index is not None)
    for frame, start in ((whole, 0), (part, middle)):
        covered = [each for each in known if start <= each < frame["to"]]
        assert [each["index"] for each in frame["openings"]] == covered
    before = {each.index for each in records if each.index is not None}
    assert before <= {each["index"] for each in whole["openings"]}
    assert whole["reopened"]
    head = Checkpoint.parse(split_note(part["checkpoint"])[0])
    assert head.size == part["to"]
    for each in part["openings"]:
        leaf = leaf_hash(commit(bytes.fromhex(each["salt"]), base64.b64decode(each["body"])))
        path = [base64.b64decode(one) for one in each["path"]]
        verify_inclusion(leaf, each["index"], head.size, path, head.root)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("projects/nobody", 404),
        ("projects/nobody/frame", 404),
        (f"records/{NOBODYS}", 404),
        ("records/1", 404),
        ("log/proof/99999999999999999999", 404),
        ("log/proof/-1", 404),
        ("nothing", 404),
    ],
)
def test_what_is_not_there_is_a_problem_with_a_reference(
    client: FlaskClient, path: str, status: int
) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    told = answer.get_json(force=True)
    assert told["status"] == status
    assert told["instance"].endswith(answer.headers["X-Reference"])


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "999999999", "٣", "9" * 40])
def test_a_frame_from_beyond_the_log_is_refused_with_its_bounds(
    client: FlaskClient, entry: board.Entry, after: str
) -> None:
    answer = client.get(f"/api/v1/projects/{entry.code}/frame?after={after}")
    assert answer.status_code == 400
    assert "after" in answer.get_json(force=True)["detail"]


@pytest.mark.parametrize("word", [7, "\0", "\ud800", "x" * 1001])
@pytest.mark.parametrize("field", ["name", "password", "code", "label", "device"])
def test_a_word_that_nobody_can_have_meant_is_refused_before_anybody_is_looked_for(
    client: FlaskClient, field: str, word: object
) -> None:
    told = {"name": "clerk", "password": PASSWORD} | {field: word}
    answer = client.post("/api/v1/session", json=told)
    assert (answer.status_code, json.loads(answer.text)["field"]) == (422, field)
