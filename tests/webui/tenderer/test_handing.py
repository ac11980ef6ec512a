"""Bids come in by JSON, whole; every wrong one is answered in words and on record."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bidding.arrival import unsettled
from bidding.envelope.bid.letter import Bidder as Named
from bidding.envelope.receipt import Outcome, verify_receipt
from bidding.identity import seal_identity
from bidding.terms import invitation
from monitor.refusal import NotFound
from tests.flip import flip
from tests.trial import Trial
from tests.webui.page.signed_in import problem, program
from tests.webui.tenderer.bidder import Bidder, a_bidder, receipt_in
from trading.notice.participation import joined
from webui.deed.handing import attempts
from webui.page.source import Source


@pytest.fixture
def bidder(app: Flask, trial: Trial, tmp_path: Path) -> Bidder:
    return a_bidder(app, trial, tmp_path)


def records(bidder: Bidder) -> list[dict[str, Any]]:
    """The attempts of this pseudonym, as it may see them itself."""
    found = bidder.trial.ask(attempts, bidder.trial.project, frozenset({bidder.mask}))
    return [record.facts for record in found]


def test_nobody_joins_in_a_rivals_name(app: Flask, trial: Trial, tmp_path: Path) -> None:
    """The server seals who is signed in; an identity that is brought along is not taken."""
    cheat = Bidder(trial, program(app, "newcomer"), tmp_path)
    cheat.prove()
    rival = trial.body("rival-1")
    invited = trial.ask(invitation, trial.project, trial.section)
    forged = seal_identity(
        Named(rival.name, rival.uscc), invited.roster, trial.project, trial.section,
        cheat.mask,
    )  # fmt: skip
    inputs = {
        **cheat.inputs, "public_key": cheat.key.hex(),
        "sealed_identity": base64.b64encode(forged).decode(),
    }  # fmt: skip
    answer = cheat.act("participation.join", **inputs)
    assert answer.status_code == 422
    assert "sealed_identity" in problem(answer)["detail"]
    with pytest.raises(NotFound):
        trial.ask(joined, trial.project, cheat.mask)


def test_a_sealed_folder_is_taken_in_and_receipted(bidder: Bidder, source: Source) -> None:
    answer = bidder.send(bidder.seal())
    assert answer.status_code == 201, answer.text
    told = json.loads(answer.text)
    receipt, _ = verify_receipt(told["receipt"].encode(), source.keys.receipt)
    assert receipt.outcome is Outcome.ACCEPTED
    assert (receipt.record, receipt.manifest) == (told["record"], bidder.sealed[-1].manifest)


def test_the_same_folder_again_is_answered_as_before(bidder: Bidder) -> None:
    folder = bidder.seal()
    first, again = bidder.send(folder), bidder.send(folder)
    assert again.status_code == 201
    assert json.loads(again.text) == json.loads(first.text)
    assert len(records(bidder)) == 1


def test_a_bid_is_replaced_withdrawn_and_made_again(bidder: Bidder) -> None:
    for version in (1, 2):
        assert receipt_in(bidder.send(bidder.seal()))["version"] == version
    assert bidder.withdraw().status_code == 200
    assert receipt_in(bidder.send(bidder.seal()))["version"] == 3


def plain(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    (folder / "投标文件.pdf").write_bytes(b"%PDF-1.7 plain")


def unsigned(folder: Path) -> None:
    (folder / "manifest.sig").unlink()


def changed(folder: Path) -> None:
    flip(folder / "att-001.age")


def mis_encoded(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_text("utf-8").encode("utf-16"))


def signed_by_nothing(folder: Path) -> None:
    (folder / "manifest.sig").write_bytes(b"\0" * 64)


def too_much(folder: Path) -> None:
    (folder / "att-009.age").write_bytes(b"age-encryption.org/v1\n")


def overlong(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b" " * (4 * 1024 * 1024 + 1))


def foreign(folder: Path) -> None:
    text = (folder / "manifest.json").read_text("utf-8")
    told = json.loads(text)["tender"]
    (folder / "manifest.json").write_text(text.replace(told, str(uuid4())), "utf-8")


def unkeepable(folder: Path) -> None:
    """No database keeps U+0000: an id that holds it must not leave an arrival unanswered."""
    text = (folder / "manifest.json").read_text("utf-8")
    told = json.loads(text)["bid"]
    (folder / "manifest.json").write_text(text.replace(told, "\\u0000" + told[1:]), "utf-8")


def no_id(folder: Path) -> None:
    text = (folder / "manifest.json").read_text("utf-8")
    told = json.loads(text)["bid"]
    (folder / "manifest.json").write_text(text.replace(told, "x" * 60_000), "utf-8")


@pytest.mark.parametrize(
    ("spoil", "words", "rule"),
    [
        (plain, "not sealed", "电子招标投标办法 26；招标投标法实施条例 36"),
        (unsigned, "missing", "batong-bid/1"),
        (changed, "not the one in the manifest", "batong-bid/1"),
        (mis_encoded, "not canonical JSON", "batong-bid/1"),
        (signed_by_nothing, "malformed", "batong-bid/1"),
        (too_much, "not in the manifest", "batong-bid/1"),
        (overlong, "too long", "batong-bid/1"),
        (foreign, "does not hold", "batong-bid/1"),
        (unkeepable, "U+0000", "batong-bid/1"),
        (no_id, "a bid id is a UUID", "batong-bid/1"),
    ],
)
def test_a_wrong_folder_is_refused_in_words_with_a_receipt(
    bidder: Bidder, source: Source, spoil: Callable[[Path], None], words: str, rule: str
) -> None:
    folder = bidder.seal()
    spoil(folder)
    before = sum(1 for _ in source.settings.data.joinpath("files").rglob("*"))
    answer = bidder.send(folder)
    told = problem(answer)
    assert answer.status_code == 422
    assert words in told["detail"]
    assert told["rule"] == rule
    assert receipt_in(answer)["outcome"] == "refused"
    assert receipt_in(answer)["reasons"] == [rule]
    assert [each["id"] for each in records(bidder)] == [told["record"]]
    assert sum(1 for _ in source.settings.data.joinpath("files").rglob("*")) == before


def test_a_bid_for_another_trade_or_section_is_refused(bidder: Bidder) -> None:
    folder = bidder.seal()
    elsewhere = bidder.send(folder, section=str(uuid4()))
    assert (elsewhere.status_code, problem(elsewhere)["field"]) == (404, "section")
    nowhere = bidder.send(folder, section="第一标段")
    assert (nowhere.status_code, problem(nowhere)["field"]) == (422, "section")
    assert [each["id"] for each in records(bidder)] == [
        problem(elsewhere)["record"], problem(nowhere)["record"],
    ]  # fmt: skip


def test_a_rivals_folder_sent_as_ones_own_is_refused(
    app: Flask, bidder: Bidder, tmp_path: Path
) -> None:
    rival = a_bidder(app, bidder.trial, tmp_path / "r", "rival-1")
    answer = rival.send(bidder.seal())
    assert "not this bidder's key" in problem(answer)["detail"]
    assert receipt_in(answer)["outcome"] == "refused"


def test_a_version_that_is_not_the_next_is_refused(bidder: Bidder) -> None:
    bidder.seal()
    answer = bidder.send(bidder.seal())
    assert answer.status_code == 409
    assert "must be version 1" in problem(answer)["detail"]


@pytest.mark.parametrize("name", ["sealed-1.identity.txt", "bid-key.PEM", "att-002.age"])
def test_a_private_key_among_the_files_is_refused_and_not_kept(bidder: Bidder, name: str) -> None:
    folder = bidder.seal()
    (folder / name).write_bytes(b"# x\nAGE-SECRET-KEY-1PLANTED7\n")
    answer = bidder.send(folder)
    assert "private key" in problem(answer)["detail"]
    assert [each["id"] for each in records(bidder)] == [problem(answer)["record"]]
    found = [
        path
        for path in bidder.trial.settings.data.rglob("*")
        if path.is_file() and b"AGE-SECRET-KEY-1PLANTED7" in path.read_bytes()
    ]
    assert found == []


def test_who_has_not_joined_is_refused_and_holds_up_no_close(
    app: Flask, trial: Trial, tmp_path: Path
) -> None:
    bidder = Bidder(trial, program(app, "newcomer"), tmp_path)
    bidder.prove()
    answer = bidder.send(bidder.seal())
    assert answer.status_code == 404
    assert [each["id"] for each in records(bidder)] == [problem(answer)["record"]]
    assert trial.ask(unsettled, trial.project, trial.deadline) == set()


def test_nobody_hands_in_without_being_there_or_unmasked(bidder: Bidder) -> None:
    folder, ticket = bidder.seal(), bidder.program.headers
    bidder.program.headers = {}
    unmasked = bidder.send(folder)
    assert (unmasked.status_code, problem(unmasked)["field"]) == (403, "ticket")
    bidder.program.headers = {"X-Ticket": "p-00000000000000000000000000000000.AAAA"}
    assert bidder.send(folder).status_code == 403
    bidder.program.headers, bidder.program.token = ticket, "made-up"
    assert bidder.send(folder).status_code == 401
    assert records(bidder) == []


def test_a_page_elsewhere_cannot_send_for_a_signed_in_person(app: Flask, bidder: Bidder) -> None:
    client = app.test_client()
    client.post(
        "/demo/act-as", data={"account": "newcomer"}, headers={"Origin": "http://localhost"}
    )
    answer: TestResponse = client.post(bidder.address, data=bidder.inputs)
    assert (answer.status_code, problem(answer)["rule"]) == (403, "csrf")
