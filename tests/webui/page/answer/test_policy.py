"""One strict policy on every answer, and static files that may be kept for ever."""

import dataclasses
import re
import time

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.served import PATIENCE
from tests.webui.page.signed_in import person
from trading import board
from webui.page.answer.asset import address, assets
from webui.page.answer.policy import HEADERS
from webui.page.app import create_app

ADDRESSES = ("/", "/rooms", "/verify", "/nothing", "/log/checkpoint", "/notices.atom", "/api/v1/time",
             "/healthz", "/readyz", "/metrics", "/keys.txt", "/static/nothing")  # fmt: skip


@pytest.mark.parametrize("where", ADDRESSES)
def test_every_answer_carries_the_policy(client: FlaskClient, where: str) -> None:
    answer = client.get(where)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert "'unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")


def test_no_page_has_anything_inline(client: FlaskClient, entry: board.Entry) -> None:
    for where in ("/", "/rooms", "/verify", f"/project/{entry.code}", "/nothing"):
        page = client.get(where).text
        assert not re.findall(
            r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page
        )


def test_every_file_a_page_names_is_there_and_may_be_kept_for_ever(
    client: FlaskClient, entry: board.Entry
) -> None:
    named = set()
    for where in ("/", "/verify", f"/project/{entry.code}", f"/project/{entry.code}?lang=en"):
        named |= set(re.findall(r'"(/static/[^"]+)"', client.get(where).text))
    assert len(named) > 6
    for where in named:
        answer = client.get(where)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.mimetype in {
            "text/css",
            "text/javascript",
            "image/svg+xml",
            "application/json",
        }


def test_a_static_file_answers_to_its_own_hash_alone(client: FlaskClient) -> None:
    good = address("core.js")
    bad = good.replace(good.split(".")[1], "0" * 16)
    assert client.get(good).status_code == 200
    assert client.get(bad).status_code == 404
    assert client.get("/static/..%2fapp.py").status_code == 404


def test_scripts_stay_within_their_budget() -> None:
    import gzip

    packed = {name: len(gzip.compress(data, 9)) for name, data in assets().items()}
    assert len(assets()["verify.js"]) + len(assets()["proof.js"]) < 15 * 1024
    assert len(assets()["tree.js"]) < 6 * 1024
    assert packed["verify.js"] + packed["proof.js"] < 8 * 1024
    assert packed["core.js"] + packed["proof.js"] < 15 * 1024
    assert packed["style.css"] < 20 * 1024


def test_health_and_counts_tell_nothing_of_any_bid(client: FlaskClient) -> None:
    client.get("/project/secret-bid-path")
    assert client.get("/healthz").text == "ok\n"
    deadline = time.monotonic() + PATIENCE
    while (told := client.get("/readyz").text) != "ready\n" and time.monotonic() < deadline:
        time.sleep(0.2)  # the platform's programs come one after another
    assert told == "ready\n"
    metrics = client.get("/metrics").text
    assert re.fullmatch(
        r'(batong_[a-z_]+(\{(class="\dxx"|(state|program)="[a-z_]+")\})? \d+\n)+', metrics
    )
    assert "secret" not in metrics


def test_counts_are_for_this_machine_or_for_who_shows_the_token(
    client: FlaskClient, app: Flask
) -> None:
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    proxied = {"X-Forwarded-For": "203.0.113.9"}
    assert client.get("/metrics", environ_base=elsewhere).status_code == 403
    assert client.get("/metrics", headers=proxied).status_code == 403
    bad = {"Authorization": "Bearer "}
    assert client.get("/metrics", environ_base=elsewhere, headers=bad).status_code == 403
    source = app.extensions["batong"]
    told = dataclasses.replace(
        source, settings=dataclasses.replace(source.settings, metrics_token="let-me-count")
    )
    token = create_app(told, app.extensions["accounts"]).test_client()
    assert token.get("/metrics", environ_base=elsewhere, headers=bad).status_code == 403
    good = {"Authorization": "Bearer let-me-count"}
    assert token.get("/metrics", environ_base=elsewhere, headers=good).status_code == 200


def test_nothing_of_an_answer_to_somebody_signed_in_is_kept(app: Flask, entry: board.Entry) -> None:
    signed_in, visitor = person(app, "clerk"), app.test_client()
    for where in ("/", f"/project/{entry.code}", "/tasks", "/desk", "/nothing", "/messages"):
        assert signed_in.get(where).headers["Cache-Control"] == "private, no-store"
    assert visitor.get("/").headers["Cache-Control"] == "no-cache"
    assert "immutable" in signed_in.get(address("style.css")).headers["Cache-Control"]
