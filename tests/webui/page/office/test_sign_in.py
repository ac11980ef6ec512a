"""Coming in by the pages: what a browser is given, and what a stranger is told."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.webui.page.signed_in import ORIGIN, Program, person, problem, program
from trading.moment import SOURCES
from webui.demo.account import PASSWORD
from webui.page.language import catalogue
from webui.page.show import moment
from webui.page.source import Source


def form(client: FlaskClient) -> dict[str, str]:
    page = client.get("/sign-in").text
    return {"csrf": re.findall(r'name="csrf" value="([^"]*)"', page)[-1], "next": "/tasks"}


def come_in(client: FlaskClient, name: str, password: str, **told: str) -> TestResponse:
    return client.post(
        "/sign-in", data={**form(client), "name": name, "password": password, **told}
    )


def test_the_right_words_let_in_and_the_cookie_is_for_no_script(client: FlaskClient) -> None:
    answer = come_in(client, "clerk", PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/tasks")
    cookies = answer.headers.getlist("Set-Cookie")
    [session] = [each for each in cookies if each.startswith("session=")]
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert client.get("/tasks").status_code == 200


def test_over_tls_the_cookie_is_of_this_host_alone(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://localhost").text
    csrf = re.findall(r'name="csrf" value="([^"]*)"', page)[-1]
    answer = client.post(
        "/sign-in",
        base_url="https://localhost",
        data={"csrf": csrf, "name": "clerk", "password": PASSWORD},
    )
    assert answer.status_code == 303
    [session] = [
        each for each in answer.headers.getlist("Set-Cookie") if each.startswith("__Host-session=")
    ]
    assert "Secure" in session
    assert "Path=/" in session
    told = answer.headers.getlist("Set-Cookie")
    assert all("HttpOnly" in each and "Domain" not in each for each in told), told


def test_a_cookie_that_another_port_laid_over_ours_is_taken_for_nobodys(app: Flask) -> None:
    """The sealing frame's origin may lie on this host name: what it sets is sent here as well."""
    client = app.test_client()
    come_in(client, "clerk", PASSWORD)
    kept = client.get_cookie("session")
    assert kept is not None
    bare, theirs = app.test_client(use_cookies=False), program(app, "owner").token
    for told, status in (
        (f"session={kept.value}", 200),
        (f"session={theirs}; session={kept.value}", 303),
        (f"session={kept.value}; session={theirs}", 303),
    ):
        assert bare.get("/tasks", headers={"Cookie": told}).status_code == status, told


@pytest.mark.parametrize(
    ("name", "password"), [("clerk", "wrong-words-here"), ("nobody-there", PASSWORD), ("", "")]
)
def test_a_failure_tells_nothing_of_what_was_wrong(
    client: FlaskClient, name: str, password: str
) -> None:
    answer = come_in(client, name, password)
    assert answer.status_code == 422
    assert "登录名、口令或验证码有误" in answer.text
    assert password not in answer.text or not password
    assert client.get("/tasks").status_code == 303


def test_the_typed_name_stays_in_the_form_and_is_escaped(client: FlaskClient) -> None:
    answer = come_in(client, '"><script>x', "wrong-words-here")
    assert "<script>x" not in answer.text
    assert "&lt;script&gt;x" in answer.text


def test_a_form_of_another_browser_is_refused(app: Flask, client: FlaskClient) -> None:
    other = form(app.test_client())
    answer = client.post("/sign-in", data={**other, "name": "clerk", "password": PASSWORD})
    assert answer.status_code == 422
    assert client.get("/tasks").status_code == 303


@pytest.mark.parametrize(
    "there",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x", "/a\nb"],
)
def test_nobody_is_sent_elsewhere_after_coming_in(client: FlaskClient, there: str) -> None:
    answer = come_in(client, "clerk", PASSWORD, next=there)
    assert (answer.status_code, answer.location) == (303, "/")


def test_a_password_is_not_taken_over_an_open_wire(app: Flask) -> None:
    far = app.test_client()
    far.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    answer = come_in(far, "clerk", PASSWORD)
    assert answer.status_code == 422
    assert "未加密" in answer.text
    told = far.post("/api/v1/session", json={"name": "clerk", "password": PASSWORD})
    assert told.status_code == 422


def test_signing_out_ends_the_session_for_good(app: Flask) -> None:
    client = person(app, "clerk-two")
    token = client.get_cookie("session")
    assert token is not None
    csrf = re.findall(r'name="csrf" value="([^"]*)"', client.get("/account").text)[-1]
    assert client.post("/sign-out", data={"csrf": csrf}).status_code == 303
    client.set_cookie("session", token.value)
    assert client.get("/account").status_code == 303


def test_a_foreign_page_cannot_sign_anybody_out(app: Flask) -> None:
    client = person(app, "clerk-two")
    assert client.post("/sign-out", data={"csrf": "0" * 64}).status_code == 403
    assert client.get("/account").status_code == 200


def test_too_many_tries_are_told_to_wait_and_others_are_not(app: Flask) -> None:
    attacker, owner = app.test_client(), app.test_client()
    attacker.environ_base["REMOTE_ADDR"] = "127.0.0.66"
    answers = [come_in(attacker, "cashier-two", f"wrong-words-{n}") for n in range(12)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert come_in(owner, "cashier-two", PASSWORD).status_code == 303


def test_a_program_without_a_session_is_told_so(app: Flask) -> None:
    stranger = Program(app.test_client(use_cookies=False), "nobody", "no-such-token")
    assert stranger.get("/api/v1/me").status_code == 401
    assert stranger.act("project.accept").status_code == 401


def test_a_program_signs_in_acts_and_signs_out(app: Flask) -> None:
    it = program(app, "owner-two")
    assert it.get("/api/v1/me").json["role"] == "tenderee"  # type: ignore[index]
    head = {"Authorization": f"Bearer {it.token}"}
    assert it.client.delete("/api/v1/session", headers=head).status_code == 204
    assert it.get("/api/v1/me").status_code == 401


def test_the_cookie_alone_does_no_deed_by_json(app: Flask, source: Source) -> None:
    client = person(app, "clerk")
    answer = client.post("/api/v1/acts/project.accept", json={"inputs": {}})
    assert answer.status_code == 403
    assert problem(answer)["rule"] == "csrf"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff\xfe"])
def test_a_body_that_is_no_object_is_told_so(app: Flask, body: bytes) -> None:
    it = program(app, "clerk")
    answer = it.client.post(
        "/api/v1/acts/project.accept",
        data=body,
        headers={"Authorization": f"Bearer {it.token}", "Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_the_demo_bar_asks_where_the_form_came_from(app: Flask) -> None:
    client = app.test_client()
    for head in ({}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = client.post("/demo/act-as", data={"account": "clerk"}, headers=head)
        assert answer.status_code == 400
    assert client.get("/tasks").status_code == 303


def test_who_is_that_person_already_stays_in_the_session(app: Flask) -> None:
    """A new one would ask a tenderer for the bid key again."""
    client = app.test_client()
    sent = {"data": {"account": "newcomer", "next": "/bids"}, "headers": ORIGIN}
    assert client.post("/demo/act-as", **sent).headers.getlist("Set-Cookie")
    again = client.post("/demo/act-as", **sent)
    assert (again.status_code, again.location) == (303, "/bids")
    assert not [told for told in again.headers.getlist("Set-Cookie") if "session" in told]
    other = client.post("/demo/act-as", data={"account": "clerk"}, headers=ORIGIN)
    assert [told for told in other.headers.getlist("Set-Cookie") if "session" in told]


def test_demo_time_never_goes_back(app: Flask, source: Source) -> None:
    before = source.now
    answer = app.test_client().post(
        "/demo/advance", data={"to": "2020-01-01T00:00"}, headers=ORIGIN
    )
    assert answer.status_code == 400
    assert source.now.date() == before.date()
    assert source.now >= before


def test_why_demo_time_cannot_go_back_is_said_with_both_times_and_the_way_back(
    app: Flask, source: Source
) -> None:
    client = app.test_client()
    sent = {"to": "2020-01-01T00:00", "next": "/rooms"}
    page = client.post("/demo/advance", data=sent, headers=ORIGIN).text
    assert f"现在是 {moment(source.now)}，不能退回 2020-01-01 00:00" in page
    assert 'href="/rooms">返回刚才的页面' in page
    for typed in ("", "tomorrow", "0001-01-01T00:00"):
        answer = client.post("/demo/advance", data={"to": typed}, headers=ORIGIN)
        assert answer.status_code == 400
        assert "请填写日期和时刻" in answer.text, typed
    assert 'min="' in client.get("/rooms").text


def test_the_award_is_a_moment_that_demo_time_may_go_to() -> None:
    assert [what for what, *_ in SOURCES] == ["supply_from", "supply_until", "deadline", "award"]
    assert {f"demo.what.{what}" for what, *_ in SOURCES} <= set(catalogue())
    assert "定标" in catalogue()["demo.what.award"]["zh"]
    assert "award" in catalogue()["demo.what.award"]["en"]
