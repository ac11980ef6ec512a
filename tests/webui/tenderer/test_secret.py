"""Nothing at rest connects a person or organisation with a trade before CLOSE: everything is read.

A thief holds every table and every file, the vault's key and the web server's words among them.
"""

import html
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from monitor.runtime.database import libpq
from tests.stories.rest import TABLES, rows, variants
from tests.trial import Trial
from tests.webui.page.signed_in import person
from tests.webui.tenderer.bidder import Bidder, a_bidder
from tests.webui.tenderer.browser import Reader, a_bidder_by_pages


@pytest.fixture(scope="module")
def said() -> Iterator[io.StringIO]:
    """Everything that the application says to any log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    yield stream
    logging.getLogger().removeHandler(handler)
    logging.getLogger().setLevel(level)


@pytest.fixture(scope="module")
def reader(
    app: Flask, trial: Trial, tmp_path_factory: pytest.TempPathFactory, said: io.StringIO
) -> Reader:
    """One who did all that a tenderer can do before CLOSE, right and wrong."""
    made = a_bidder_by_pages(app, trial, tmp_path_factory.mktemp("n"))
    made.done("question.ask", text="可否延长工期？")
    made.done("objection.file", kind="documents", text="资格条件过高。")
    made.act("participation.join")
    made.act("deposit.open")
    made.act("question.ask", text="")
    plain = tmp_path_factory.mktemp("plain")
    (plain / "投标文件.pdf").write_bytes(b"%PDF-1.7 plain")
    made.send(plain)
    for path in ("/bids", "/receipts", f"/bid/{trial.project}"):
        made.text(path)
    return made


def who(trial: Trial) -> list[str]:
    """What a person and its organisation are known by."""
    actor, body = trial.people["newcomer"], trial.body("newcomer")
    name = "演示新手建设有限公司授权代表"
    return [str(actor.person), str(actor.org), actor.person.hex, actor.org.hex, body.name,
            body.uscc, name]  # fmt: skip


def what(trial: Trial, reader: Reader) -> list[str]:
    """What a trade, a section, and everything of a pseudonym in it is known by."""
    mask = next(
        word for word in reader.page.split('"') if word.startswith("p-") and len(word) == 34
    )
    key = reader.batong("prove", "--key", "bid-key.pem", "--project", trial.project,
                        "--challenge", "x").split()[1]  # fmt: skip
    return [str(trial.project), trial.project.hex, str(trial.section), trial.section.hex, mask, key]


def forms(words: list[str]) -> set[bytes]:
    return {form for word in words for form in variants(word)}


def test_no_row_holds_both_a_tenderer_and_a_trade(trial: Trial, reader: Reader) -> None:
    names, trades = forms(who(trial)), forms(what(trial, reader))
    found, seen = [], 0
    with psycopg.connect(libpq(trial.house.ground.database.superuser_url)) as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            for row in rows(connection, table):
                named = any(name in row for name in names)
                seen += named
                if named and any(trade in row for trade in trades):
                    found.append((table, row[:200]))
    assert seen > 10, "the names are there to be found"
    assert found == []


def test_no_file_but_the_databases_own_holds_a_tenderer_beside_a_trade(
    trial: Trial, reader: Reader
) -> None:
    names, trades = forms(who(trial)), forms(what(trial, reader))
    found = []
    for path in sorted(trial.settings.data.rglob("*")):
        if path.is_file() and "postgres" not in path.parts[len(trial.settings.data.parts) :][0]:
            data = path.read_bytes()
            if any(name in data for name in names) and any(trade in data for trade in trades):
                found.append(path)
    assert found == []


def test_no_log_tells_who_asked_for_which_trade(
    trial: Trial, reader: Reader, said: io.StringIO
) -> None:
    told = said.getvalue().encode()
    assert not any(name in told for name in forms(who(trial)))
    for word in what(trial, reader)[2:]:
        assert word.encode() not in told


def test_a_refusal_without_a_pseudonym_leaves_no_record(app: Flask, trial: Trial) -> None:
    client = person(app, "rival-2")
    page = html.unescape(client.get(f"/act/objection.file?project={trial.project}").text)
    hidden = dict(
        pair.split('" value="')
        for pair in page.replace('type="hidden" name="', "\n@").splitlines()
        if pair.startswith("@") and '" value="' in pair
        for pair in [pair[1:].partition('">')[0]]
    )
    before = trial.records()
    for name in ("objection.file", "question.ask", "deposit.open", "evaluation.confirm_price"):
        told = {**hidden, "project": str(trial.project), "text": "x", "kind": "documents"}
        answer = client.post(f"/act/{name}", data=told)
        assert answer.status_code in {403, 422}, answer.status_code
    sent = client.post(f"/bid/{trial.project}/submit", data={"csrf": hidden["csrf"]})
    assert sent.status_code == 422
    assert trial.records() == before


@pytest.mark.parametrize("account", ["owner", "clerk", "cashier", "inspector", "trustee-1"])
def test_before_close_nobody_else_sees_that_anybody_takes_part(
    app: Flask, trial: Trial, reader: Reader, account: str
) -> None:
    client, words = person(app, account), [*what(trial, reader)[4:], trial.body("newcomer").name]
    told = client.get(f"/project/{trial.project}").text
    told += json.dumps(client.get(f"/api/v1/projects/{trial.project}").json)
    told += client.get(f"/desk/{trial.project}").text
    bar = told.find("demo-bar")
    for word in words[:2]:
        assert word not in told, bar


def test_a_rival_learns_nothing_from_the_same_addresses(
    app: Flask, trial: Trial, reader: Reader, tmp_path: Path
) -> None:
    rival: Bidder = a_bidder(app, trial, tmp_path, "rival-1")
    mask = what(trial, reader)[4]
    for path in (f"/bid/{trial.project}", "/receipts", "/bids", f"/project/{trial.project}"):
        told = rival.program.client.get(path, headers=rival.headers).text
        assert mask not in told
    seal = rival.program.client.get(f"/bid/{trial.project}/seal.json", headers=rival.headers)
    assert seal.status_code == 404
