"""Problems are what the interface's description says: each kind of them, and nothing more."""

import json
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, Response, request_finished
from flask.testing import FlaskClient

from tests.webui import conftest
from tests.webui.page.signed_in import problem, program
from tests.webui.problem import amiss
from trading import board

REFERENCE = "urn:batong:reference:0123456789"
PLAIN = {"type": "about:blank", "title": "x", "status": 404, "detail": "x", "instance": REFERENCE}
REFUSED = {**PLAIN, "code": "invalid", "field": "", "label": "", "rule": "", "record": None}


def test_each_kind_of_problem_is_as_described(
    app: Flask, client: FlaskClient, entry: board.Entry
) -> None:
    clerk = program(app, "clerk")
    bearer = {"Authorization": f"Bearer {clerk.token}"}
    answers = {
        "bad query": (400, client.get("/api/v1/rooms?day=bad")),
        "nobody is there": (401, client.get("/api/v1/me")),
        "another's": (403, clerk.get("/api/v1/people")),
        "not there": (404, client.get(f"/api/v1/records/{uuid4()}")),
        "no such address": (404, client.get("/api/v1/nothing")),
        "no such method": (405, client.post("/api/v1/time")),
        "no json": (415, client.post("/api/v1/session", data="x")),
        "no object": (400, client.post("/api/v1/session", json=[])),
        "not one's own": (403, clerk.act("award.issue", entry.project)),
        "fields": (422, clerk.act("venue.book", entry.project)),
        "too large": (
            413, client.post("/api/v1/session", data="x" * 70_000, content_type="application/json"),
        ),
        "not of this stage": (409, clerk.act("project.accept", entry.project)),
        "a bid of nobody": (
            401, client.post(f"/api/v1/bids/{entry.project}", headers={"Accept": "text/html"}),
        ),
        "no key": (422, client.post(f"/api/v1/mask/{entry.project}", json={}, headers=bearer)),
    }  # fmt: skip
    for name, (status, answer) in answers.items():
        told = problem(answer)
        assert (name, answer.status_code) == (name, status)
        assert (name, amiss(told)) == (name, [])
        assert told["instance"].endswith(answer.headers["X-Reference"])
        zh, en = told["detail"].split(" / ")
        assert not zh.isascii(), name
        assert en.isascii() or "《" in en or "“" in en, name
    assert problem(answers["fields"][1])["errors"]


@pytest.mark.parametrize(
    "told",
    [
        {name: value for name, value in PLAIN.items() if name != "instance"},
        {**PLAIN, "status": 200},
        {**PLAIN, "detail": ""},
        {**PLAIN, "instance": "urn:batong:reference:x"},
        {**PLAIN, "trace": "File"},
        {**PLAIN, "code": "invalid"},
        {**REFUSED, "record": "x"},
        {**REFUSED, "errors": [{"field": "a"}]},
    ],
)
def test_what_is_not_as_described_is_told(told: dict[str, Any]) -> None:
    assert amiss(PLAIN) == amiss(REFUSED) == []
    assert amiss(told) != []


def test_whatever_a_test_is_answered_is_looked_at() -> None:
    planted = Flask("planted")
    body = json.dumps({**PLAIN, "instance": ""})
    planted.add_url_rule(
        "/", "no", lambda: Response(body, 404, mimetype="application/problem+json")
    )
    with request_finished.connected_to(conftest.note):
        planted.test_client().get("/")
    found = conftest.FOUND[:]
    conftest.FOUND.clear()
    assert any("does not match" in each for each in found)
    assert "GET /: another reference in its header" in found
