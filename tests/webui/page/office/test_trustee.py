"""A trustee's page and readings: its own trades, what its program does, and nobody else's."""

import base64
import html
import time
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bidding.hall.stage import step
from tests.webui.page.signed_in import Program, person, problem, program
from trading import board
from trading.registration.project import sections
from webui.page.source import Source
from webui.program.trustee.bundle import Bundle, Unwitnessed, read_bundle

PATIENCE = 30.0
KINDS = ("note", "bid")


@pytest.fixture
def trustee(app: Flask) -> Program:
    return program(app, "trustee-1")


def lot(source: Source, entry: board.Entry) -> str:
    with source.platform.read() as session:
        return str(sections(session, entry.project)[0].id)


def page(client: FlaskClient, address: str = "/trustee") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return html.unescape(answer.text)


def test_nobody_but_a_trustee_reads_what_trustees_are_asked(
    app: Flask, client: FlaskClient, source: Source, entry: board.Entry
) -> None:
    one = f"/api/v1/trustee/{entry.project}/{lot(source, entry)}/note"
    for path in ("/api/v1/trustee", one):
        assert client.get(path).status_code == 401
        for account in ("clerk", "newcomer", "inspector", "owner"):
            assert program(app, account).get(path).status_code == 403, (account, path)
    assert person(app, "clerk").get("/trustee").status_code == 403
    assert client.get("/trustee").location.startswith("/sign-in")


def test_a_trustee_reads_no_request_of_another_trade_or_another_kind(
    trustee: Program, source: Source, entry: board.Entry
) -> None:
    section = lot(source, entry)
    for path in (
        f"{uuid4()}/{section}/note", f"{entry.project}/{uuid4()}/note",
        f"{entry.project}/{section}/payers",
    ):  # fmt: skip
        assert trustee.get(f"/api/v1/trustee/{path}").status_code == 404


def bundle(trustee: Program, source: Source, entry: board.Entry, kind: str) -> Bundle:
    """The request as it travels, once the last head is cosigned: heads come all the time."""
    address = f"/api/v1/trustee/{entry.project}/{lot(source, entry)}/{kind}"
    deadline = time.monotonic() + PATIENCE
    while True:
        found = read_bundle(trustee.get(address).json or {})
        try:
            found.check(source.keys.policy)
            return found
        except Unwitnessed:
            assert time.monotonic() < deadline
            time.sleep(0.2)


@pytest.mark.parametrize("kind", KINDS)
def test_what_travels_satisfies_the_trustees_own_check(
    trustee: Program, source: Source, entry: board.Entry, kind: str
) -> None:
    found = bundle(trustee, source, entry, kind)
    with source.platform.read() as session:
        closed = step(session, entry.project, sections(session, entry.project)[0].id,
                      "opening.close")  # fmt: skip
    assert closed is not None
    assert found.request.close.digest == closed.body["facts"]["close"]
    assert len(found.request.capsules()) == len(found.request.items) > 0


def test_the_page_shows_each_answer_with_its_check_and_the_way_without_a_program(
    app: Flask, source: Source, entry: board.Entry
) -> None:
    told = page(person(app, "trustee-5"))
    assert entry.name in told
    assert told.count("3 / 3 席") == len(KINDS)
    assert "离线" in told
    assert "./batong trustee run" in told
    assert "--account trustee-5" in told
    with source.platform.read() as session:
        section = sections(session, entry.project)[0].id
        closed = step(session, entry.project, section, "opening.close")
    assert closed is not None
    assert f"/record/{closed.record}" in told
    assert "./batong trustee run" in page(person(app, "trustee-5"), "/trustee?lang=en")


def test_the_page_says_what_the_program_says_and_no_word_of_it_breaks_the_page(
    app: Flask,
) -> None:
    machine, browser = program(app, "trustee-4"), person(app, "trustee-4")
    headers = {"Authorization": f"Bearer {machine.token}"}
    for doing, words in (("unwitnessed", "我核验不到 CLOSE 的见证签名"), ("bogus", "在线"),
                         ("<b>", "在线"), ("x" * 5000, "在线")):  # fmt: skip
        answer = machine.client.get("/api/v1/trustee", headers={**headers, "X-Doing": doing})
        assert answer.status_code == 200
        assert answer.json["asks"] == []  # type: ignore[index]
        assert words in page(browser), doing
    assert "./batong trustee run" not in page(browser)


@pytest.mark.parametrize("document", [b"", b"{}", b"\xff", b"x" * 10_000])
def test_an_answer_out_of_turn_or_of_nonsense_is_refused_in_words(
    trustee: Program, source: Source, entry: board.Entry, document: bytes
) -> None:
    answer = trustee.act(
        "opening.take_batch", entry.project, section=lot(source, entry), kind="note",
        document=base64.b64encode(document).decode(),
    )  # fmt: skip
    assert answer.status_code in {409, 422}
    assert problem(answer)["detail"]
    assert problem(answer)["record"]


def test_the_form_for_bringing_an_answer_keeps_what_was_given(
    app: Flask, source: Source, entry: board.Entry
) -> None:
    section = lot(source, entry)
    told = page(
        person(app, "trustee-1"),
        f"/act/opening.take_batch?project={entry.project}&section={section}&kind=bid",
    )
    assert f'name="section" value="{section}"' in told
    assert '<option value="bid" selected' in told or 'value="bid"' in told
    assert 'type="file"' in told


def test_a_trustee_fetches_what_its_person_agrees_to_and_nothing_else(
    app: Flask, source: Source, entry: board.Entry
) -> None:
    one = person(app, "trustee-1")
    for digest in ("0" * 64, "x", "..%2f..%2fkeys.txt"):
        assert one.get(f"/trustee/agree/{digest}.json").status_code == 404
    assert person(app, "clerk").get(f"/trustee/agree/{'0' * 64}.json").status_code == 403
    assert "batong trustee accept" in page(one)
    told = program(app, "trustee-1")
    assert told.get(f"/api/v1/trustee/keys/{uuid4()}").status_code == 404
    assert told.get(f"/api/v1/trustee/successions/{uuid4()}").status_code == 404
