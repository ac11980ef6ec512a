"""Bids come in by JSON: whole or in blocks; every wrong one is answered in words and on record."""

import json
from pathlib import Path

import pytest
from flask import Flask

from bidding.envelope.receipt import Outcome, verify_receipt
from tests.trial import Trial
from tests.webui.tenderer.bidder import Bidder, a_bidder
from webui.page.source import Source


@pytest.fixture
def bidder(app: Flask, trial: Trial, tmp_path: Path) -> Bidder:
    return a_bidder(app, trial, tmp_path)


def attempts(bidder: Bidder) -> list[dict[str, object]]:
    from webui.deed.handing import attempts as found

    records = bidder.trial.ask(found, bidder.trial.project, frozenset({bidder.mask}))
    return [record.facts for record in records]


def test_a_sealed_folder_is_taken_in_and_receipted(bidder: Bidder, source: Source) -> None:
    answer = bidder.send(bidder.seal())
    assert answer.status_code == 201, answer.text
    told = json.loads(answer.text)
    receipt, _ = verify_receipt(told["receipt"].encode(), source.keys.receipt)
    assert receipt.outcome is Outcome.ACCEPTED
    assert (receipt.record, receipt.manifest) == (told["record"], bidder.sealed[-1].manifest)
