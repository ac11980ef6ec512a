"""The witness over HTTP, both ends: C2SP tlog-witness `POST <address>/add-checkpoint`.

A witness that is away, slow or talks nonsense costs the log a few seconds and a cosignature, never
its own signature: who demands cosignatures waits for the next checkpoint that bears them.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import socket
import threading
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from monitor.clock import Clock
from monitor.log.checkpoint import parse_decimal
from monitor.log.note import (
    Kind,
    MalformedKey,
    NoteError,
    Signature,
    SigningKey,
    VerifierKey,
    split_note,
)
from monitor.log.tile import CHECKPOINT
from monitor.log.witness.witness import (
    AddCheckpoint,
    BadRequest,
    Inconsistent,
    Stale,
    UnknownOrigin,
    Witness,
    WitnessRefusal,
)
from monitor.runtime.secret import secret, write_once

log = logging.getLogger("batong.witness")
PATH = "/add-checkpoint"
KEY, LOGS, MEMORY = "witness.key", "logs.txt", "memory"
"""A witness's folder: its key, the keys of the logs that it follows, the largest trees it saw."""
LONGEST = 64 * 1024
PATIENCE = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 10.0  # seconds in which one that was away is not asked again
TEXT = "text/plain; charset=utf-8"


class WitnessAway(Exception):
    """The witness does not answer, or not as the protocol says."""


@dataclass(slots=True)
class RemoteWitness:
    """A witness somewhere else; `address` without the path, `patience` in seconds for an answer."""

    address: str
    key: VerifierKey
    patience: float = PATIENCE
    _pause: float = field(default=0.0, init=False)
    _asleep: float = field(default=0.0, init=False)
    _why: str = field(default="", init=False)

    def add_checkpoint(
        self,
        old_size: int,
        consistency_proof: Sequence[bytes],
        signed_checkpoint: str,
        _now: datetime,
        /,
    ) -> str:
        """Return the cosignature line, verified; its time is the witness's own.

        Raises Stale, WitnessRefusal for what it refuses, WitnessAway, at once for a while after.
        """
        if time.monotonic() < self._asleep:
            raise WitnessAway(self._why)
        asked = AddCheckpoint(old_size, tuple(consistency_proof), signed_checkpoint)
        try:
            status, told = _post(self.address, asked.encode().encode(), self.patience)
            line = self._answered(status, told, signed_checkpoint)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise self._away(fault) from fault
        self._pause = 0.0
        return line

    def latest(self, origin: str, /) -> str | None:
        """Return the signed checkpoint it remembers of a log, unverified; None where none.

        Raises WitnessAway.
        """
        if time.monotonic() < self._asleep:
            raise WitnessAway(self._why)
        where = self.address.rstrip("/") + remembered_at(origin)
        try:
            status, told = exchange("GET", where, None, self.patience)
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise self._away(fault) from fault
        return told if status == HTTPStatus.OK else None

    def _answered(self, status: int, told: str, note: str) -> str:
        if status == HTTPStatus.OK:
            text, _ = split_note(note)
            return self._own_line(text, told)
        if status == Stale.status:
            raise Stale(parse_decimal(told.strip()))
        if status == Inconsistent.status:
            raise Inconsistent(f"{status}: {told.strip()[:200]}")
        if status in REFUSALS:
            raise WitnessRefusal(f"{status}: {told.strip()[:200]}")
        raise ValueError(f"HTTP {status}")

    def _own_line(self, text: str, told: str) -> str:
        for line in told.splitlines():
            signature = Signature.parse(line)
            if (signature.name, signature.key_id) == (self.key.name, self.key.key_id):
                self.key.verify(text, signature.payload)
                return signature.line()
        raise NoteError(f"no cosignature of {self.key.name}")

    def _away(self, fault: Exception) -> WitnessAway:
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._asleep = time.monotonic() + self._pause
        self._why = f"{type(fault).__name__}: {fault}"
        return WitnessAway(self._why)


def witness_key(address: str) -> VerifierKey:
    """Ask a witness for its key, to be named once; raises OSError, MalformedKey."""
    with urllib.request.urlopen(f"{address}/", timeout=PATIENCE) as answer:  # noqa: S310
        return VerifierKey.parse(answer.read(LONGEST).decode().strip())


REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


def remembered_at(origin: str) -> str:
    """Return the path at which a witness shows what it remembers of a log (C2SP tlog-witness)."""
    return f"/{hashlib.sha256(origin.encode()).hexdigest()}/{CHECKPOINT}"


def _post(address: str, body: bytes, patience: float) -> tuple[int, str]:
    return exchange("POST", address.rstrip("/") + PATH, body, patience)


def exchange(method: str, address: str, body: bytes | None, patience: float) -> tuple[int, str]:
    """Return status and text; the whole exchange lasts `patience` at most, however it drips."""
    parts = urlsplit(address)
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = make(parts.hostname or "", parts.port, timeout=patience)
    connection.connect()
    ending = threading.Timer(patience, connection.sock.shutdown, [socket.SHUT_RDWR])
    ending.daemon = True
    ending.start()
    try:
        connection.request(method, parts.path, body, {"Content-Type": TEXT} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read(LONGEST).decode()
    finally:
        ending.cancel()
        connection.close()


class WitnessServer(ThreadingHTTPServer):
    """The HTTP server of a witness, bound and not yet running; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, witness: Witness, clock: Clock, host: str, port: int) -> None:
        super().__init__((host, port), Handler)
        self.witness, self.clock = witness, clock


class Handler(BaseHTTPRequestHandler):
    """One request to a witness."""

    server: WitnessServer
    server_version, sys_version = "batong-witness/1", ""
    timeout = PATIENCE

    def do_POST(self) -> None:
        """Cosign, or say why not."""
        try:
            line = self.server.witness.handle(self._body(), self.server.clock.now())
            self._say(HTTPStatus.OK, TEXT, line)
        except WitnessRefusal as refusal:
            if not isinstance(refusal, Stale):  # that is how the log learns where to begin
                log.warning("%s %s", refusal.status, refusal)
            self._say(refusal.status, refusal.content_type, refusal.body)

    def do_GET(self) -> None:
        """Tell whose witness this is, or what it remembers of a log; nothing else is here."""
        witness = self.server.witness
        if self.path == "/":
            self._say(HTTPStatus.OK, TEXT, f"{witness.verifier}\n")
            return
        try:
            asked = [each for each in witness.origins if remembered_at(each) == self.path]
            self._say(HTTPStatus.OK, TEXT, self._remembered(asked))
        except WitnessRefusal as refusal:
            self._say(refusal.status, refusal.content_type, refusal.body)

    def _remembered(self, origins: Sequence[str]) -> str:
        note = self.server.witness.latest(origins[0]) if origins else None
        if note is None:
            raise UnknownOrigin("nothing is remembered here")
        return note

    def _body(self) -> bytes:
        size = self.headers.get("Content-Length", "")
        if self.path != PATH or not size.isdecimal() or int(size) > LONGEST:
            raise BadRequest(f"request: POST {PATH}, at most {LONGEST} bytes")
        return self.rfile.read(int(size))

    def _say(self, status: int, kind: str, told: str) -> None:
        data = told.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words: object) -> None:
        """Keep the log to what was refused."""


def open_witness(folder: Path, name: str, logs: Sequence[VerifierKey]) -> Witness:
    """Open the witness of a folder, made on first use; its name and its logs stay what they were.

    Raises MalformedKey for another key of a log that it follows, or no name on first use; and
    DamagedMemory where its memory is lost: it might be made to sign a fork.
    """
    memory = folder / MEMORY
    marker = memory / "witness"
    if marker.exists():
        name = VerifierKey.parse(marker.read_text("utf-8")).name
    key = signing_key(folder, KEY, name, Kind.COSIGNATURE)
    if not marker.exists() and not (folder / LOGS).exists():
        Witness.create(memory, key, logs)
    return Witness(memory, key, _pinned(folder, logs))


def signing_key(folder: Path, name: str, origin: str, kind: Kind) -> SigningKey:
    """Return the signing key of a file, made on first use."""
    seed = hashlib.sha256(secret(folder, name).encode()).digest()
    return SigningKey(origin, kind, seed)


def _pinned(folder: Path, logs: Sequence[VerifierKey]) -> list[VerifierKey]:
    """Return the logs' keys as they were first given: a log's key never changes silently."""
    told = "".join(f"{log}\n" for log in logs)
    kept = [VerifierKey.parse(line) for line in write_once(folder / LOGS, told).splitlines()]
    if strange := [log.name for log in logs if log not in kept]:
        raise MalformedKey(
            f"{folder / LOGS}: 未登记此日志或其公钥 / another log, or another key: {strange[0]}"
        )
    return kept
