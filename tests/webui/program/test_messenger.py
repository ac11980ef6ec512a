"""Ways to wake an expert: each try leaves a receipt, none tells the project, none can answer."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bidding.envelope.age.key import new_identity, recipient_of
from experts.draw.encoding import DrawError, H
from webui.program.draw.centre.messenger import RING, Notice, Outreach, evidence_of
from webui.program.draw.centre.notifier import ADDRESSES, Notifier

NOTICE = Notice("e-1", 1_775_000_000, 1_775_003_600, 1_775_030_000, 0)


@dataclass
class Exchange:
    """A hook of SMS and voice, as an operator of telephones runs one."""

    url: str = ""
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    told = Exchange()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.calls.append((self.path, body))
            if self.path == "/babble":
                self.wfile.write(b"what is no HTTP at all\r\n\r\n")
                return
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()
            self.wfile.write(f"receipt {self.path} {body['key']}".encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield told
    server.shutdown()
    thread.join()
    server.server_close()


def a_notifier(folder: Path, **ways: str) -> Notifier:
    key = recipient_of(new_identity())
    people = {"E1": {"recipient": key, "phone": "000-1"}, "E2": key}
    (folder / ADDRESSES).write_text(json.dumps(people))
    told = {"place": "评标一室", "page": "https://example.test", **ways}
    (folder / "contact.json").write_text(json.dumps(told, ensure_ascii=False))
    return Notifier(folder)


def test_every_way_is_tried_once_and_leaves_a_receipt(tmp_path: Path, exchange: Exchange) -> None:
    desk = a_notifier(tmp_path, sms=f"{exchange.url}/sms", voice=f"{exchange.url}/voice")
    said = desk.tell("E1", NOTICE)
    assert [one[0] for one in said] == ["sms", "voice"]  # type: ignore[index]
    assert said[0] != said[1]
    assert sorted(path for path, _ in exchange.calls) == ["/sms", "/voice"]
    for _, body in exchange.calls:
        assert set(body) == {"key", "ring", "text", "to"}, "there is no room for a project"
        assert (body["to"], body["ring"]) == ("000-1", RING)
        assert "评标一室" in body["text"]
    keys = {body["key"] for _, body in exchange.calls}
    desk.tell("E1", Notice("e-1", NOTICE.at + 300, NOTICE.starts, NOTICE.ends, 1))
    assert {body["key"] for _, body in exchange.calls[2:]}.isdisjoint(keys)


def test_whoever_has_no_telephone_is_told_in_the_app_alone(
    tmp_path: Path, exchange: Exchange
) -> None:
    desk = a_notifier(tmp_path, voice=f"{exchange.url}/voice")
    assert desk.tell("E2", NOTICE) == []
    assert exchange.calls == []
    assert desk.letter("E2", {"token": "x"})
    with pytest.raises(DrawError):
        desk.tell("E3", NOTICE)


def test_a_way_that_fails_is_on_the_receipt_and_stops_nothing(
    tmp_path: Path, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    babble = a_notifier(tmp_path, sms=f"{exchange.url}/babble").tell("E1", NOTICE)
    desk = a_notifier(tmp_path, sms=f"{exchange.url}/broken", voice=f"{exchange.url}/voice")
    broken = desk.tell("E1", NOTICE)
    sound = a_notifier(tmp_path, sms=f"{exchange.url}/sms", voice=f"{exchange.url}/voice")
    well = sound.tell("E1", NOTICE)
    assert [broken[0] == well[0], broken[1] == well[1]] == [False, True]
    assert babble[0] not in (broken[0], well[0])
    assert "000-1" not in caplog.text


def test_the_evidence_of_no_answer_changes_with_every_receipt(
    tmp_path: Path, exchange: Exchange
) -> None:
    desk = a_notifier(tmp_path, voice=f"{exchange.url}/voice")
    said = desk.tell("E1", NOTICE)
    tries = [1, 2, 3]
    told = {
        H("no-answer", *evidence_of("e-1", tries, receipts))  # type: ignore[arg-type]
        for receipts in ([], [[0, said]], [[0, said], [1, said]])
    }
    assert len(told) == 3


def test_a_hook_in_the_clear_is_refused(tmp_path: Path) -> None:
    a_notifier(tmp_path, voice="http://example.test/voice")
    with pytest.raises(ValueError, match="https"):
        Outreach.of(tmp_path)
