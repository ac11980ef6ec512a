"""A request's body, at the pace that is asked of its sender: read whole, or as it comes."""

from __future__ import annotations

from webui.serve.door.message import GONE, Message, Receive, header
from webui.serve.door.pace import Pace, Slow


class Left(Exception):
    """The sender went away in the middle."""


def length(scope: Message) -> int:
    """Return how long a request says its body is, in bytes; 0 where it does not say."""
    told = header(scope, b"content-length")
    return int(told) if told.isascii() and told.isdecimal() else 0


async def whole(receive: Receive, pace: Pace) -> bytes:
    """Return a body once all of it is here; raises Slow, Left."""
    parts: list[bytes] = []
    while True:
        message = await pace.keep(receive())
        if message["type"] == GONE["type"]:
            raise Left
        parts.append(message.get("body", b""))
        pace.earn(len(parts[-1]))
        if not message.get("more_body", False):
            return b"".join(parts)


def given(body: bytes) -> Receive:
    """Return what hands out a body that is here already."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


class Coming:
    """A body read as it comes; one whose sender is `late` ends there, as one whose sender left."""

    def __init__(self, receive: Receive, pace: Pace) -> None:
        self._receive, self._pace = receive, pace
        self.late = False

    async def __call__(self) -> Message:
        """Return the next of it."""
        try:
            message = GONE if self.late else await self._pace.keep(self._receive())
        except Slow:
            self.late = True
            return GONE
        self._pace.earn(len(message.get("body", b"")))
        return message
