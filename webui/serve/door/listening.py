"""gunicorn's settings that no option has: a peer that takes nothing is let go by the kernel.

The application ends a stream that is not read; but what was already sent would keep the connection
and its buffer for as long as the peer stays there with its window shut (tcp(7), TCP_USER_TIMEOUT,
taken over by each connection from the socket that it came in by).
"""

from __future__ import annotations

import socket
from typing import Any

UNREAD = 30_000  # milliseconds


def when_ready(server: Any) -> None:
    """Set it on the listening sockets, before the first worker begins; where the kernel has it."""
    if option := getattr(socket, "TCP_USER_TIMEOUT", None):
        for listener in server.LISTENERS:
            listener.sock.setsockopt(socket.IPPROTO_TCP, option, UNREAD)
