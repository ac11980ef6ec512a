"""`/files`: tus 1.0 over real HTTP with a foreign client, and what a hostile one is told."""

import base64
import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from bidding.envelope.bid.object import CAPSULE, LETTER, MANIFEST, SIGNATURE
from tests.flip import flipped
from tests.trial import Trial
from tests.webui.page.signed_in import person, problem
from tests.webui.tenderer.bidder import Bidder, a_bidder, receipt_in
from trading.supervision.standstill.suspension import resume, suspend
from webui.deed.handing import attempts
from webui.deed.upload import room
from webui.deed.upload.incoming import FOLDER

OBJECTS = ("att-001.age", CAPSULE, LETTER)


@pytest.fixture
def bidder(app: Flask, trial: Trial, tmp_path: Path) -> Bidder:
    return a_bidder(app, trial, tmp_path)


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    """The application behind a real socket, several threads at once."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def hand_in(bidder: Bidder, folder: Path, upload: UUID) -> TestResponse:
    files = [(io.BytesIO((folder / name).read_bytes()), name) for name in (MANIFEST, SIGNATURE)]
    return bidder.program.client.post(
        f"{bidder.address}?upload={upload}", data={**bidder.inputs, "files": files},
        headers=bidder.headers,
    )  # fmt: skip


def planned(bidder: Bidder) -> tuple[Path, UUID]:
    """A sealed folder whose manifest was sent ahead."""
    folder, upload = bidder.seal(), uuid4()
    answer = bidder.plan(upload, (folder / MANIFEST).read_bytes())
    assert answer.status_code == 200, answer.text
    return folder, upload


def test_a_foreign_client_sends_a_bid_cut_and_gone_on_with(bidder: Bidder, address: str) -> None:
    folder, upload = planned(bidder)
    client = TusClient(f"{address}/files/{bidder.trial.project}", headers=bidder.headers)
    for name in OBJECTS:
        told = {"upload": str(upload), "filename": name}
        with (folder / name).open("rb") as file:
            one = client.uploader(
                file_stream=file, chunk_size=30_001, metadata=told, upload_checksum=True
            )
            one.upload_chunk()  # type: ignore[no-untyped-call]
        with (folder / name).open("rb") as file:
            again = client.uploader(file_stream=file, chunk_size=50_021, url=one.url)
            assert 0 < again.offset <= 30_001, "another client goes on where the first was cut"
            again.upload()
    answer = hand_in(bidder, folder, upload)
    assert answer.status_code == 201, answer.text
    assert receipt_in(answer)["outcome"] == "accepted"
    assert list((bidder.trial.settings.data / FOLDER).iterdir()) == []


def test_the_foreign_client_is_refused_anothers_upload(
    app: Flask, bidder: Bidder, address: str, tmp_path: Path
) -> None:
    folder, upload = planned(bidder)
    assert bidder.create(upload, LETTER, (folder / LETTER).stat().st_size).status_code == 201
    rival = a_bidder(app, bidder.trial, tmp_path / "r", "rival-1")
    url = f"{address}/files/{bidder.trial.project}/{upload}/{LETTER}"
    theirs = TusClient(url, headers=rival.headers)
    with (
        (folder / LETTER).open("rb") as file,
        pytest.raises(TusCommunicationError) as refused,
    ):
        theirs.uploader(file_stream=file, url=url)
    assert refused.value.status_code == 404
    for method in ("HEAD", "DELETE"):
        assert rival.tus(method, upload, LETTER).status_code == 404
    assert rival.plan(upload, (folder / MANIFEST).read_bytes()).status_code == 422
    [own] = (bidder.trial.settings.data / FOLDER).iterdir()
    for path in (own, *own.rglob("*")):
        assert bidder.mask not in path.name
        assert upload.hex not in path.name
        told = path.read_bytes() if path.is_file() else b""
        assert bidder.key.hex().encode() not in told, "who signed the manifest lies nowhere"


def test_what_the_server_can_is_told_to_anybody_and_no_other_version_is_spoken(
    app: Flask, bidder: Bidder
) -> None:
    answer = app.test_client().options(f"/files/{bidder.trial.project}")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,checksum,termination"
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"]
    old = bidder.tus("HEAD", uuid4(), LETTER, Tus_Resumable="0.2.2")
    assert (old.status_code, old.headers["Tus-Version"]) == (412, "1.0.0")
    stranger = app.test_client().post(
        f"/files/{bidder.trial.project}", headers={"Tus-Resumable": "1.0.0"}
    )
    assert stranger.status_code == 401


def test_pieces_are_answered_as_the_protocol_says(bidder: Bidder) -> None:
    folder, upload = planned(bidder)
    data = (folder / LETTER).read_bytes()
    created = bidder.create(upload, LETTER, len(data))
    assert created.headers["Location"].endswith(f"/{upload}/{LETTER}")
    assert bidder.patch(upload, LETTER, 5, data[5:]).status_code == 409
    sha1 = base64.b64encode(hashlib.sha1(data[:9], usedforsecurity=False).digest()).decode()
    good = bidder.patch(upload, LETTER, 0, data[:9], Upload_Checksum=f"sha1 {sha1}")
    assert (good.status_code, good.headers["Upload-Offset"]) == (204, "9")
    bad = bidder.patch(upload, LETTER, 9, data[9:20], Upload_Checksum=f"sha1 {sha1}")
    assert (bad.status_code, bad.headers["Upload-Offset"]) == (460, "9")
    head = bidder.tus("HEAD", upload, LETTER)
    assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == ("9", str(len(data)))
    wrong = bidder.patch(upload, LETTER, 9, flipped(data)[9:])
    assert (wrong.status_code, wrong.headers["Upload-Offset"]) == (460, "0"), "not the manifest's"
    plain = bidder.tus("PATCH", upload, LETTER, data=b"x", Upload_Offset=0)
    assert plain.status_code == 415
    assert bidder.tus("DELETE", upload, LETTER).status_code == 204
    assert bidder.tus("HEAD", upload, LETTER).status_code == 404


def test_a_refused_manifest_object_or_piece_is_a_refused_bid_on_record(bidder: Bidder) -> None:
    folder, upload = planned(bidder)
    size = (folder / LETTER).stat().st_size
    refused = [
        bidder.plan(uuid4(), b"{}"),
        bidder.create(upload, "identity.txt", 10),
        bidder.create(upload, LETTER, size + 1),
        bidder.tus("POST", Upload_Length="-1", Upload_Metadata="upload !!"),
    ]
    assert bidder.create(upload, LETTER, size).status_code == 201
    refused += [
        bidder.patch(upload, LETTER, 0, b"AGE-SECRET-KEY-1PLANTED9"),
        bidder.patch(upload, LETTER, -1, b"x"),
    ]
    assert [answer.status_code for answer in refused] == [422] * 6, [a.text for a in refused]
    found = bidder.trial.ask(attempts, bidder.trial.project, frozenset({bidder.mask}))
    assert [str(record.record_id) for record in found] == [
        problem(answer)["record"] for answer in refused
    ]
    kept = [path for path in bidder.trial.settings.data.rglob("*") if path.is_file()]
    assert not [path for path in kept if b"AGE-SECRET-KEY-1PLANTED9" in path.read_bytes()]
    assert bidder.create(uuid4(), LETTER, size).status_code == 409, "no manifest was sent ahead"


def test_no_bid_is_read_that_the_disk_has_no_room_for(
    bidder: Bidder, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, full = bidder.seal(), SimpleNamespace(free=0)
    monkeypatch.setattr(room, "shutil", SimpleNamespace(disk_usage=lambda _: full))
    for answer in (bidder.send(folder), bidder.plan(uuid4(), (folder / MANIFEST).read_bytes())):
        assert (answer.status_code, problem(answer)["code"]) == (503, "busy")
    browser = person(app, "newcomer")
    page = browser.post(f"/bid/{bidder.trial.project}/submit", data={"files": "x"})
    assert (page.status_code, "存储空间暂时不够" in page.text) == (422, True)


def test_nothing_is_begun_that_could_not_be_handed_in(bidder: Bidder) -> None:
    """The last here: it lets the deadline pass."""
    folder, upload = planned(bidder)
    manifest, size = (folder / MANIFEST).read_bytes(), (folder / LETTER).stat().st_size
    stranger = replace(bidder, signer=Ed25519PrivateKey.generate())
    stranger.prove()
    assert bidder.plan(uuid4(), manifest).status_code == 404, "a key that takes no part"
    bidder.prove()
    began = bidder.create(upload, LETTER, size)
    bidder.trial.do(suspend, "inspector", article="招标投标法实施条例 62", reason="投诉需要查证")
    stopped = [bidder.plan(uuid4(), manifest), bidder.create(upload, CAPSULE, 10)]
    bidder.trial.do(resume, "inspector", reason="投诉已查明")
    bidder.trial.until(bidder.trial.deadline + timedelta(seconds=1))
    late = [bidder.plan(uuid4(), manifest), bidder.create(upload, CAPSULE, 10)]
    told = [problem(answer)["code"] for answer in (*stopped, *late)]
    assert told == ["wrong_stage", "wrong_stage", "too_late", "too_late"]
    assert began.status_code == 201
    piece = (folder / LETTER).read_bytes()[:9]
    assert bidder.patch(upload, LETTER, 0, piece).status_code == 204, "who has begun goes on"
