"""Peers of a site on this machine, each by an address of its own of 127.0.0.0/8."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any

OURS, THEIRS = "127.0.0.1", "127.0.0.2"
PATIENCE = 60.0
TINY = 2048
"""Bytes that a peer which reads nothing lets the kernel keep for it."""


@dataclass
class Peers:
    """Those who come to one site, and go with the test."""

    port: int
    leaving: ExitStack = field(default_factory=ExitStack)

    def sends(self, told: str, who: str = THEIRS) -> socket.socket:
        """Send the beginning of a request, and nothing more."""
        line = self.leaving.enter_context(closing(socket.socket()))
        line.settimeout(PATIENCE)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY)
        line.bind((who, 0))
        line.connect((OURS, self.port))
        line.sendall(told.replace("\n", "\r\n").encode())
        return line

    def asks(self, method: str, path: str, body: bytes = b"", who: str = OURS) -> tuple[int, bytes]:
        """Ask as anybody does, and return status and body."""
        line = http.client.HTTPConnection(
            OURS, self.port, timeout=PATIENCE, source_address=(who, 0)
        )
        with closing(line):
            line.request(method, path, body)
            answer = line.getresponse()
            return answer.status, answer.read()

    def held(self) -> list[int]:
        """Return what the door holds besides this very question: requests, and bytes."""
        status, told = self.asks("GET", "/held")
        assert status == 200
        found: list[Any] = json.loads(told)
        return [found[0] - 1, *found[1:]]


def slow(method: str, path: str, length: int = 60_000) -> str:
    """The beginning of a request whose body begins, and does not go on."""
    return f"{method} {path} HTTP/1.1\nHost: 127.0.0.1\nContent-Length: {length}\n\na="


def heard(line: socket.socket) -> bytes:
    """Everything that is said on a line until it ends, however it ends."""
    said = b""
    try:
        while data := line.recv(65_536):
            said += data
    except ConnectionResetError:
        pass
    return said
