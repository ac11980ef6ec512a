"""The stand-in bank of a demo: a transfer arrives, once, and nobody can read whose it was."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from tests.trial import DEPOSIT
from tests.webui.page.signed_in import ORIGIN, person, problem, program
from tests.webui.tenderer.bidder import Bidder, a_bidder
from trading.fee.deposit import Deposit


@pytest.fixture
def payer(app: Flask, trial: Any, tmp_path: Path) -> Bidder:
    return a_bidder(app, trial, tmp_path)


def pay(payer: Bidder, number: str, changed: dict[str, Any] | None = None) -> TestResponse:
    told = {"project": str(payer.trial.project), "number": number} | (changed or {})
    return payer.program.client.post("/demo/pay", json=told, headers=payer.headers)


def test_a_transfer_arrives_once_and_its_payer_is_sealed(payer: Bidder) -> None:
    number = payer.done("deposit.open", **payer.inputs)
    assert pay(payer, number).status_code == 204
    assert problem(pay(payer, number))["code"] == "conflict"
    [deposit] = payer.trial.ask(
        lambda session: list(session.scalars(select(Deposit).where(Deposit.number == number)))
    )
    assert (deposit.amount_fen, deposit.state, deposit.payer) == (DEPOSIT, "received", None)
    name = payer.trial.body("newcomer").name
    assert name.encode() not in deposit.sealed_payer
    told = payer.trial.ask(
        lambda session: session.execute(
            text("SELECT string_agg(convert_from(body, 'UTF8'), '') FROM opening o "
                 "JOIN record r ON r.id = o.record_id WHERE r.chain = :project"),
            {"project": payer.trial.project},
        ).scalar()
    )  # fmt: skip
    assert number in told
    assert name not in told


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"number": "1"}, 404), ({"number": None}, 404), ({"project": "x"}, 400),
        ({"project": str(uuid4())}, 404), ({"number": ["8"]}, 404),
    ],
)  # fmt: skip
def test_a_transfer_to_nowhere_is_refused_in_words(
    payer: Bidder, changed: dict[str, Any], status: int
) -> None:
    answer = pay(payer, "8801270", changed)
    assert answer.status_code == status
    if status != 400:
        assert problem(answer)["detail"]


def test_nobody_but_a_tenderer_pays_and_no_foreign_page_sends_the_form(
    app: Flask, payer: Bidder
) -> None:
    number = payer.done("deposit.open", **payer.inputs)
    told = {"project": str(payer.trial.project), "number": number}
    clerk = program(app, "clerk")
    headers = {"Authorization": f"Bearer {clerk.token}"}
    assert clerk.client.post("/demo/pay", json=told, headers=headers).status_code == 403
    visitor = app.test_client().post("/demo/pay", data=told, headers=ORIGIN)
    assert visitor.location.startswith("/sign-in")
    browser = person(app, "newcomer")
    foreign = browser.post("/demo/pay", data=told, headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 400
    own = browser.post("/demo/pay", data={**told, "next": "/bids"}, headers=ORIGIN)
    assert (own.status_code, own.location) == (303, "/bids")
    assert problem(pay(payer, number))["code"] == "conflict"
