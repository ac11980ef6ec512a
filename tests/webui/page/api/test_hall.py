"""An opening as JSON: checked here by the standard library and `cryptography`, nothing of ours."""

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask.testing import FlaskClient

from tests.flip import flipped
from tests.webui.page.signed_in import problem
from trading import board
from webui.page.source import Source

PARTS = ("seals", "releases", "shares", "complaints", "causes", "extensions", "questions")


@pytest.fixture
def hall(client: FlaskClient, entry: board.Entry) -> dict[str, Any]:
    answer = client.get(f"/api/v1/projects/{entry.code}/opening")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.get_json()
    return told


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 §2.1.3.2, as it is written there."""
    fn, sn, found = index, size - 1, leaf
    for each in path:
        assert sn > 0
        if fn & 1 or fn == sn:
            found = node(each, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node(found, each)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return found


def commitment(record: dict[str, Any]) -> bytes:
    body, salt = base64.b64decode(record["body"]), bytes.fromhex(record["salt"])
    return hashlib.sha256(b"batong-leaf/1\0" + salt + body).digest()


def proves(record: dict[str, Any], note: str) -> bool:
    """Whether a record's tlog-proof leads from its commitment to the root of that checkpoint."""
    head, _, checkpoint = record["proof"].partition("\n\n")
    first, index, *path = head.split("\n")
    assert (first, checkpoint) == ("c2sp.org/tlog-proof@v1", note)
    _, size, root, *_ = note.split("\n")
    leaf = hashlib.sha256(b"\0" + commitment(record)).digest()
    place = int(index.removeprefix("index "))
    hashes = [base64.b64decode(each) for each in path]
    return place == record["index"] and root_of(leaf, place, int(size), hashes) == (
        base64.b64decode(root)
    )


def test_every_record_leads_to_the_one_cosigned_checkpoint(hall: dict[str, Any]) -> None:
    assert len(hall["records"]) > 8
    assert all(proves(each, hall["checkpoint"]) for each in hall["records"])
    bent = dict(hall["records"][0])
    body = base64.b64decode(bent["body"])
    bent["body"] = base64.b64encode(flipped(body)).decode()
    assert not proves(bent, hall["checkpoint"])


def test_log_and_witness_have_signed_that_checkpoint(
    hall: dict[str, Any], client: FlaskClient
) -> None:
    """By the keys of /keys.txt: type 0x01 of the log, 0x04 of the witness with its time."""
    text, _, lines = hall["checkpoint"].partition("\n\n")
    signed = {
        line.split(" ")[1]: base64.b64decode(line.split(" ")[2])
        for line in lines.split("\n")
        if line
    }
    known = client.get("/keys.txt").text
    checked = 0
    for word in known.split():
        name, _, rest = word.partition("+")
        _, _, key = rest.partition("+")
        if name not in signed or not key:
            continue
        kind, public = base64.b64decode(key)[0], base64.b64decode(key)[1:]
        blob, message = signed[name][4:], f"{text}\n".encode()
        if kind == 4:
            at, blob = int.from_bytes(blob[:8], "big"), blob[8:]
            message = f"cosignature/v1\ntime {at}\n".encode() + message
        Ed25519PublicKey.from_public_bytes(public).verify(blob, message)
        with pytest.raises(InvalidSignature):
            Ed25519PublicKey.from_public_bytes(public).verify(blob, message + b"x")
        checked += 1
    assert checked >= 2, "the log and a witness"


def test_the_state_says_nothing_that_a_record_beside_it_does_not(hall: dict[str, Any]) -> None:
    bodies = {each["id"]: json.loads(base64.b64decode(each["body"])) for each in hall["records"]}
    told = [hall[name] for name in ("close", "unlock", "reveal", "end") if hall[name]]
    told += [each for name in PARTS for each in hall[name]]
    for each in told:
        body = bodies[each["record"]]
        assert (body["action"], body["facts"], body["time"]) == (
            each["action"], each["facts"], each["at"],
        )  # fmt: skip
    assert len(hall["shares"]) >= 6, "names, then bids: three trustees each"
    assert {each["facts"]["seat"] for each in hall["shares"]} >= {1, 2, 3}
    assert hall["state"] in {"reveal", "end"}


def test_close_and_the_table_are_the_documents_that_the_records_name(hall: dict[str, Any]) -> None:
    for name, digest in (
        ("close", hall["close"]["facts"]["close"]),
        ("table", hall["reveal"]["facts"]["record"]),
    ):
        document = hall["documents"][name]["document"].encode()
        assert hashlib.sha256(document).hexdigest() == hall["documents"][name]["sha256"] == digest
    rows = hall["documents"]["table"]["read"]["bids"]
    assert len(rows) == hall["close"]["facts"]["bids"]["count"]


def test_a_section_that_is_not_there_and_a_trade_that_is_not_are_not_found(
    client: FlaskClient, entry: board.Entry, source: Source
) -> None:
    other = "7d137237-793b-4013-9a5e-6e34e6880278"
    for where in (f"{entry.code}/opening?section={other}", f"{other}/opening"):
        answer = client.get(f"/api/v1/projects/{where}")
        assert answer.status_code == 404
        assert answer.mimetype == "application/problem+json"


def test_an_opening_is_told_page_by_page_and_nothing_is_lost(
    client: FlaskClient, entry: board.Entry, hall: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.api.hall.MOST", 7)
    pages, number, more = [], 1, True
    while more:
        told = client.get(f"/api/v1/projects/{entry.code}/opening?page={number}").get_json()
        assert (told["page"], len(told["records"]) <= 7) == (number, True)
        pages.append(told)
        number, more = number + 1, told["more"]
    assert len(pages) > 1
    whole = [each["id"] for each in hall["records"]]
    assert [each["id"] for told in pages for each in told["records"]] == whole
    for name in PARTS:
        assert [each for told in pages for each in told[name]] == hall[name]
    for told in pages:
        here = {each["id"] for each in told["records"]}
        assert all(each["record"] in here for name in PARTS for each in told[name])
        assert {name: told[name] for name in ("state", "close", "reveal", "pauses")} == {
            name: hall[name] for name in ("state", "close", "reveal", "pauses")
        }
        assert all(proves(each, told["checkpoint"]) for each in told["records"])
    assert pages[0]["documents"] == hall["documents"]
    assert pages[1]["documents"] == {"close": None, "table": None}
    beyond = client.get(f"/api/v1/projects/{entry.code}/opening?page=99").get_json()
    assert (beyond["records"], beyond["more"]) == ([], False)
    for odd in ("0", "-1", "x"):
        answer = client.get(f"/api/v1/projects/{entry.code}/opening?page={odd}")
        assert (answer.status_code, problem(answer)["field"]) == (400, "page")
