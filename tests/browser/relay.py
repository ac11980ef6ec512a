"""A line between a browser and the platform that can be cut, refused, or answered with 503."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

AWAY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@dataclass
class Relay:
    """Listens on a port of its own and hands every byte on, until it is told otherwise."""

    target: tuple[str, int]
    port: int = 0
    away: bool = False
    refused: int = 0
    """How many were answered with 503."""
    _listener: socket.socket | None = None
    _open: list[socket.socket] = field(default_factory=list)

    def listen(self) -> None:
        """Take connections."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Break what is open, and refuse connections until `listen`."""
        ending, self._listener = self._listener, None
        for each in [ending, *self._open]:
            if each is not None:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._open.clear()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        if self.away:
            self.refused += 1
            with suppress(OSError), near:
                near.recv(65536)
                near.sendall(AWAY)
            return
        with suppress(OSError):
            far = socket.create_connection(self.target)
            self._open += [near, far]
            threading.Thread(target=_pump, args=(far, near), daemon=True).start()
            _pump(near, far)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def a_relay(host: str, port: int) -> Iterator[Relay]:
    """Relay to that address until the end."""
    relay = Relay((host, port))
    relay.listen()
    try:
        yield relay
    finally:
        relay.cut()
