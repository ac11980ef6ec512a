"""A bid of a gigabyte over HTTP by a foreign client: taken whole, the server's memory flat."""

import json
import os
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import requests
from tusclient.client import TusClient

from bidding.envelope.bid.letter import Bidder as Named
from bidding.envelope.bid.seal import Draft, seal_bid
from bidding.terms import invitation
from monitor.record.identity import secret_id
from tests.trial import Trial
from tests.webui.tenderer.test_rush import One, trial
from webui.demo.account import PASSWORD

__all__ = ["trial"]
MIB = 1024 * 1024
PART = 8 * MIB
HELD, GROWN = 128 * MIB, 16 * MIB
"""Bytes by which the web server's peak may rise over a small bid's for what is held of a part, and
from a few parts to a gigabyte."""


@dataclass
class Heavy(One):
    """A tenderer with one attachment of a size."""

    size: int = MIB

    def seal(self) -> None:
        plain = self.folder / "plain"
        plain.mkdir(parents=True)
        with (plain / "图纸.bin").open("wb") as sink:
            for _ in range(self.size // MIB):
                sink.write(os.urandom(MIB))
        invited = self.trial.ask(invitation, self.trial.project, self.trial.section)
        own = self.trial.body("newcomer")
        draft = Draft(str(secret_id()), 1, Named(own.name, own.uscc), 612_345_678, 180, "合格")
        self.sealed = seal_bid(plain, self.folder / "sealed", invited, draft, self.signer)

    def object(self, path: Path, held: int | None) -> None:
        """Send an object in the parts that the platform asks for, without a break."""
        told = {"upload": str(self.upload), "filename": path.name}
        with path.open("rb") as file:
            TusClient(f"{self.url}/files/{self.trial.project}", headers=self.head).uploader(
                file_stream=file, chunk_size=PART, metadata=told
            ).upload()


def peaks(port: str) -> int:
    """The highest resident size, added up, that the web server's processes have had."""
    total = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes()
            status = (entry / "status").read_text()
        except OSError:
            continue
        if b"gunicorn" in command and f":{port}".encode() in command:
            total += int(status.split("VmHWM:")[1].split()[0]) * 1024
    return total


def copied(source: Path, sink: Path) -> float:
    """Seconds that a plain copy onto the disk takes, synced."""
    begun = time.perf_counter()
    with source.open("rb") as read, sink.open("wb") as written:
        while data := read.read(PART):
            written.write(data)
        written.flush()
        os.fsync(written.fileno())
    return time.perf_counter() - begun


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are read in /proc")
@pytest.mark.campaign
def test_a_gigabyte_is_taken_whole_in_memory_that_stays_as_it_was(
    trial: tuple[Trial, str], tmp_path: Path
) -> None:
    opened, url = trial
    signed = requests.post(
        f"{url}/api/v1/session", json={"name": "newcomer", "password": PASSWORD}, timeout=60
    )
    heavy = [Heavy(opened, url, signed.json()["token"], tmp_path / f"h{size}", size=size * MIB)
             for size in (1, 32, 1024)]  # fmt: skip
    port, peak, took = url.rpartition(":")[2], list[int](), list[float]()
    for one in heavy:
        one.prepare()
        begun = time.perf_counter()
        one.send()
        took.append(time.perf_counter() - begun)
        assert one.status == 201, one.answer
        peak.append(peaks(port))
    assert peak[0] > MIB, "the web server was not found"
    small, parts, whole = peak
    assert whole - small < HELD, peak
    assert whole - parts < GROWN, peak
    plain = copied(heavy[-1].folder / "sealed" / "att-001.age", tmp_path / uuid4().hex)
    assert opened.deadline - opened.now > timedelta()
    figures = {"MB/s": round(1024 * 1.048576 / took[-1], 1), "of a plain copy": plain / took[-1],
               "peaks MiB": [each // MIB for each in peak]}  # fmt: skip
    print(json.dumps(figures))  # noqa: T201 - the figures are what the campaign is for
