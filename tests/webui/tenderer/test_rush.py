"""The last minute: many tenderers over HTTP, cut and resumed, a flood, a worker killed.

The demo's clock stands where it is put, so that few have the last ten milliseconds for as long as
it takes, and hundreds the last minute.
One company signs in; each tenderer is a pseudonym with a bid key of its own.
"""

import contextlib
import http.client
import json
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from bidding.envelope.bid.letter import Bidder as Named
from bidding.envelope.bid.seal import Draft, SealedBid, seal_bid
from bidding.envelope.document import digest
from bidding.envelope.receipt import Outcome, verify_receipt
from bidding.submission import standing_bids
from bidding.terms import invitation
from monitor.record.identity import secret_id
from tests.served import standing
from tests.trial import Trial, a_copy, a_trial
from trading.account.proof.mask import message
from webui.demo.account import PASSWORD
from webui.house import kept_keys, stand_in_folder

BROKEN = (requests.RequestException, TusCommunicationError, TusUploadFailed, OSError)
THREADS, FLOODERS = 24, 4
PATIENCE = 600.0


@dataclass
class One:
    """A pseudonym with a sealed folder; `answer` is what the desk said."""

    trial: Trial
    url: str
    token: str
    folder: Path
    signer: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    upload: UUID = field(default_factory=uuid4)
    sealed: SealedBid | None = None
    ticket: str = ""
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def head(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "X-Ticket": self.ticket}

    def prepare(self) -> None:
        """Prove the key, join, seal: all before the last minute."""
        path = f"{self.url}/api/v1/mask/{self.trial.project}"
        challenge = requests.get(path, headers=self.head, timeout=60).json()["challenge"]
        key = self.signer.public_key().public_bytes_raw()
        told = {
            "challenge": challenge, "public_key": key.hex(),
            "signature": self.signer.sign(message(self.trial.project, challenge)).hex(),
        }  # fmt: skip
        self.ticket = requests.post(path, json=told, headers=self.head, timeout=60).json()["ticket"]
        inputs = {"section": str(self.trial.section), "public_key": key.hex()}
        joined = requests.post(
            f"{self.url}/api/v1/acts/participation.join",
            json={"project": str(self.trial.project), "inputs": inputs},
            headers={**self.head, "Idempotency-Key": str(uuid4())}, timeout=60,
        )  # fmt: skip
        assert joined.status_code == 200, joined.text
        self.seal()

    def seal(self) -> None:
        plain = self.folder / "plain"
        plain.mkdir(parents=True)
        (plain / "技术标.txt").write_text("施工组织设计" * 1000, "utf-8")
        invited = self.trial.ask(invitation, self.trial.project, self.trial.section)
        own = self.trial.body("newcomer")
        draft = Draft(str(secret_id()), 1, Named(own.name, own.uscc), 612_345_678, 180, "合格")
        self.sealed = seal_bid(plain, self.folder / "sealed", invited, draft, self.signer)

    def send(self) -> None:
        """Go on until there is an answer, whatever breaks on the way."""
        end = time.monotonic() + PATIENCE
        while not self.status:
            assert time.monotonic() < end, "no answer"
            try:
                self.once()
            except BROKEN:
                time.sleep(0.05 + secrets.randbelow(200) / 1000)

    def once(self) -> None:
        sealed = self.folder / "sealed"
        address = f"{self.url}/api/v1/bids/{self.trial.project}"
        ahead = requests.put(
            f"{address}/uploads/{self.upload}", data=(sealed / "manifest.json").read_bytes(),
            headers=self.head, timeout=60,
        )  # fmt: skip
        if ahead.status_code != 409 or ahead.json()["code"] != "too_late":
            ahead.raise_for_status()
            self.objects(ahead.json()["held"])
        files = [
            ("files", (name, (sealed / name).read_bytes()))
            for name in ("manifest.json", "manifest.sig")
        ]
        answer = requests.post(
            f"{address}?upload={self.upload}", data={"section": str(self.trial.section)},
            files=files, headers=self.head, timeout=60,
        )  # fmt: skip
        if answer.status_code >= 500:
            raise requests.RequestException(answer.status_code)
        self.status, self.answer = answer.status_code, answer.json()

    def objects(self, held: dict[str, int]) -> None:
        """Send what is not held yet; who is late still hands in, and gets its receipt of that."""
        try:
            for name in ("capsule.json", "letter.age", "att-001.age"):
                self.object(self.folder / "sealed" / name, held.get(name))
        except TusCommunicationError as refused:
            if b"too_late" not in (refused.response_content or b""):
                raise

    def object(self, path: Path, held: int | None) -> None:
        """Send an object by the foreign client, and give up in its middle now and then."""
        base = f"{self.url}/files/{self.trial.project}"
        if held == path.stat().st_size:
            return
        told = {"upload": str(self.upload), "filename": path.name}
        url = None if held is None else f"{base}/{self.upload}/{path.name}"
        with path.open("rb") as file:
            one = TusClient(base, headers=self.head).uploader(
                file_stream=file, chunk_size=20_000, metadata=told, url=url
            )
            while one.offset < path.stat().st_size:
                one.upload_chunk()  # type: ignore[no-untyped-call]
                if secrets.randbelow(12) == 0:
                    raise OSError("cut")


@dataclass
class Flood:
    """Strangers who ask and ask; bounded, and on this machine alone."""

    url: str
    asked: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        place = urlsplit(self.url)
        for _ in range(20_000):
            if self.ended.is_set():
                return
            line = http.client.HTTPConnection(str(place.hostname), place.port, timeout=5)
            with (
                contextlib.closing(line),
                contextlib.suppress(OSError, http.client.HTTPException),
            ):
                line.request("POST", f"/files/{uuid4()}", headers={"Tus-Resumable": "1.0.0"})
                line.getresponse().read()
                self.asked += 1


@contextlib.contextmanager
def flooded(url: str) -> Iterator[Flood]:
    flood = Flood(url)
    threads = [threading.Thread(target=flood.run) for _ in range(FLOODERS)]
    for thread in threads:
        thread.start()
    try:
        yield flood
    finally:
        flood.ended.set()
        for thread in threads:
            thread.join()


@pytest.fixture
def trial(shared: Path, tmp_path: Path) -> Iterator[tuple[Trial, str]]:
    """A served copy of the demo folder, its second trade open for bids."""
    settings = a_copy(shared, tmp_path)
    with standing(settings.data) as url, a_trial(settings) as opened:
        opened.open_bidding()
        yield opened, url


def each(work: Callable[[One], None], ones: list[One]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, one) for one in ones]:
            done.result()


def kill_web(port: int) -> int:
    """Kill the worker processes of the web server that listens there; how many there were."""
    killed = 0
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            told = (entry / "cmdline").read_bytes()
            if b"gunicorn" in told and f":{port}".encode() in told:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                above = (Path("/proc") / str(parent) / "cmdline").read_bytes()
                if b"gunicorn" in above:
                    os.kill(int(entry.name), signal.SIGKILL)
                    killed += 1
    return killed


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("tenderers", "ahead"), [(8, timedelta(milliseconds=10)), (500, timedelta(minutes=1))]
)
def test_no_bid_of_the_last_minute_is_lost_and_no_late_one_taken(
    trial: tuple[Trial, str], tmp_path: Path, tenderers: int, ahead: timedelta
) -> None:
    """Each reading moves the clock by a microsecond: hundreds need more than ten milliseconds."""
    opened, url = trial
    signed = requests.post(
        f"{url}/api/v1/session", json={"name": "newcomer", "password": PASSWORD}, timeout=60
    )
    token = signed.json()["token"]
    ones = [One(opened, url, token, tmp_path / f"t{n}") for n in range(tenderers)]
    late = [One(opened, url, token, tmp_path / f"late{n}") for n in range(max(2, tenderers // 50))]
    each(One.prepare, [*ones, *late])
    opened.until(opened.deadline - ahead)
    begun = time.monotonic()
    with flooded(url) as flood, ThreadPoolExecutor(THREADS) as pool:
        sent = [pool.submit(one.send) for one in ones]
        while sum(done.done() for done in sent) < tenderers // 3:
            time.sleep(0.02)
        assert kill_web(urlsplit(url).port or 0), "there was nobody to kill"
        for done in sent:
            done.result()
        took = time.monotonic() - begun
    opened.until(opened.deadline + timedelta(milliseconds=10))
    each(One.send, late)
    assert {one.status for one in ones} == {201}, [one.answer for one in ones if one.status != 201]
    key = kept_keys(opened.settings).receipt
    for one, outcome in [(o, Outcome.ACCEPTED) for o in ones] + [(o, Outcome.LATE) for o in late]:
        receipt, _ = verify_receipt(one.answer["receipt"].encode(), key)
        assert one.sealed is not None
        assert (receipt.outcome, receipt.manifest) == (outcome, one.sealed.manifest)
    stand = {bid.manifest for bid in opened.ask(standing_bids, opened.project, opened.section)}
    beside = stand_in_folder(opened.settings).glob("rival-*/**/manifest.json")
    rivals = {digest(path.read_bytes()) for path in beside}  # the demo's own, if they had the time
    assert stand - rivals == {one.sealed.manifest for one in ones if one.sealed}
    figures = {"tenderers": tenderers, "seconds": round(took, 1), "strangers": flood.asked}
    print(json.dumps(figures))  # noqa: T201 - the figures are what the campaign is for
