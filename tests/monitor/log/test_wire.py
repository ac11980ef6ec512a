"""A witness asked over HTTP: it answers as the protocol says, or costs the log nothing but itself."""

import base64
import http.client
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from monitor.clock import MovableClock
from monitor.log.checkpoint import Checkpoint, open_checkpoint
from monitor.log.note import Kind, MalformedKey, Signature, SigningKey, add_signatures
from monitor.log.tree import consistency_proof, root
from monitor.log.witness.wire import (
    MEMORY,
    PATH,
    RemoteWitness,
    WitnessAway,
    WitnessServer,
    open_witness,
)
from monitor.log.witness.witness import DamagedMemory, Inconsistent, Stale, Witness, WitnessRefusal
from tests.answering import answering
from tests.monitor.log.forked import FORKED, HASHES, KEY, LOG, POLICY, head

ITS_TIME = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
OURS = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
THIEF = SigningKey("w1.example", Kind.COSIGNATURE, b"t" * 32)


@contextmanager
def witness_at(folder: Path) -> Iterator[RemoteWitness]:
    """The real witness over its folder, and who asks it."""
    make = Witness if (folder / "witness").exists() else Witness.create
    server = WitnessServer(
        make(folder, KEY, [LOG.verifier]), MovableClock(ITS_TIME), "127.0.0.1", 0
    )
    with answering(server) as address:
        yield RemoteWitness(address, KEY.verifier)


@contextmanager
def liar(status: int, body: str) -> Iterator[RemoteWitness]:
    """Somebody else at the witness's address."""

    class Lying(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with answering(ThreadingHTTPServer(("127.0.0.1", 0), Lying)) as address:
        yield RemoteWitness(address, KEY.verifier)


def test_what_it_cosigns_over_http_satisfies_the_policy_at_its_own_time(tmp_path: Path) -> None:
    with witness_at(tmp_path / "w") as witness:
        line = witness.add_checkpoint(0, [], head(10), OURS)
        opened = open_checkpoint(add_signatures(head(10), [Signature.parse(line)]), POLICY)
        assert [(one.witness, one.time) for one in opened.cosignatures] == [
            (KEY.verifier, ITS_TIME)
        ]
        grown = witness.add_checkpoint(10, consistency_proof(HASHES, 10, 25), head(25), OURS)
        assert open_checkpoint(add_signatures(head(25), [Signature.parse(grown)]), POLICY)


def test_it_says_which_size_it_saw_last_and_remembers_it_over_a_restart(tmp_path: Path) -> None:
    with witness_at(tmp_path / "w") as witness:
        witness.add_checkpoint(0, [], head(10), OURS)
    with witness_at(tmp_path / "w") as witness:
        with pytest.raises(Stale) as caught:
            witness.add_checkpoint(0, [], head(25), OURS)
        assert caught.value.size == 10


def test_a_fork_and_a_shorter_tree_are_refused_and_it_is_still_there(tmp_path: Path) -> None:
    with witness_at(tmp_path / "w") as witness:
        witness.add_checkpoint(0, [], head(10), OURS)
        forged = consistency_proof(FORKED, 10, 25)
        with pytest.raises(WitnessRefusal, match="422"):
            witness.add_checkpoint(10, forged, head(25, FORKED), OURS)
        with pytest.raises(WitnessRefusal, match="400"):
            witness.add_checkpoint(10, [], head(5), OURS)
        assert witness.add_checkpoint(10, consistency_proof(HASHES, 10, 25), head(25), OURS)


@pytest.mark.parametrize("length", ["70000", "-1", "x"])
def test_a_request_of_no_length_or_too_much_is_refused_unread(tmp_path: Path, length: str) -> None:
    with witness_at(tmp_path / "w") as witness:
        host = witness.address.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=5)) as connection:
            connection.putrequest("POST", PATH)
            connection.putheader("Content-Length", length)
            connection.endheaders()
            assert connection.getresponse().status == 400
        with closing(http.client.HTTPConnection(host, timeout=5)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().read().decode() == f"{KEY.verifier}\n"


def test_who_is_away_is_not_asked_again_at_once(tmp_path: Path) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    witness = RemoteWitness(f"http://127.0.0.1:{port}", KEY.verifier)
    with pytest.raises(WitnessAway, match="ConnectionRefused"):
        witness.add_checkpoint(0, [], head(10), OURS)
    server = WitnessServer(
        Witness.create(tmp_path / "w", KEY, [LOG.verifier]),
        MovableClock(ITS_TIME), "127.0.0.1", port,
    )  # fmt: skip
    with answering(server):
        with pytest.raises(WitnessAway, match="ConnectionRefused"):
            witness.add_checkpoint(0, [], head(10), OURS)
        again = RemoteWitness(witness.address, KEY.verifier)
        assert again.add_checkpoint(0, [], head(10), OURS)


def test_one_that_drips_for_ever_is_left_after_its_time(tmp_path: Path) -> None:
    ended = threading.Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while not ended.wait(0.02):
                try:
                    connection.sendall(b"X: y\r\n")
                except OSError:
                    return

    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=drip, args=(listening,))
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(WitnessAway):
            RemoteWitness(address, KEY.verifier, patience=0.3).add_checkpoint(0, [], head(10), OURS)
        ended.set()
        thread.join()


def of_another_tree() -> str:
    seconds = int(ITS_TIME.timestamp())
    return KEY.cosign(Checkpoint(LOG.name, 10, root(FORKED[:10])).body(), seconds).line()


def of_a_thief() -> str:
    seconds = int(ITS_TIME.timestamp())
    return THIEF.cosign(Checkpoint(LOG.name, 10, root(HASHES[:10])).body(), seconds).line()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, of_another_tree()), (200, of_a_thief()), (200, ""), (200, "— w1.example AAAA\n"),
        (200, base64.b64encode(b"x" * 90_000).decode()), (409, "many"), (409, "-4"), (409, ""),
        (500, "trouble"), (302, "elsewhere"),
    ],
)  # fmt: skip
def test_nonsense_is_never_taken_for_a_cosignature(status: int, body: str) -> None:
    with liar(status, body) as witness, pytest.raises(WitnessAway):
        witness.add_checkpoint(0, [], head(10), OURS)


def test_a_witnesss_folder_keeps_its_name_and_its_logs_for_ever(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    made = open_witness(folder, "w9.example", [LOG.verifier])
    again = open_witness(folder, "other.example", [])
    assert made.verifier == again.verifier
    assert again.verifier.name == "w9.example"
    assert again.add_checkpoint(0, [], head(10), OURS)
    other = SigningKey(LOG.name, Kind.ED25519, b"x" * 32)
    with pytest.raises(MalformedKey, match="another key"):
        open_witness(folder, "", [other.verifier])


def test_a_witness_whose_memory_is_lost_signs_nothing_any_more(tmp_path: Path) -> None:
    open_witness(tmp_path / "w", "w9.example", [LOG.verifier])
    shutil.rmtree(tmp_path / "w" / MEMORY)
    with pytest.raises(DamagedMemory):
        open_witness(tmp_path / "w", "w9.example", [LOG.verifier])


def test_what_it_remembers_is_for_all_to_read_at_the_path_of_its_log(tmp_path: Path) -> None:
    with witness_at(tmp_path / "w") as witness:
        assert witness.latest(LOG.name) is None
        witness.add_checkpoint(0, [], head(10), OURS)
        told = witness.latest(LOG.name)
        assert told is not None
        opened = open_checkpoint(told, POLICY)
        assert opened.checkpoint.size == 10
        assert len(opened.cosignatures) == 1
        assert witness.latest("another.example/log") is None
        with pytest.raises(Inconsistent, match="422"):
            witness.add_checkpoint(10, consistency_proof(FORKED, 10, 25), head(25, FORKED), OURS)
        assert witness.latest(LOG.name) == told, "what it refused it does not remember"
    with pytest.raises(WitnessAway):
        witness.latest(LOG.name)
