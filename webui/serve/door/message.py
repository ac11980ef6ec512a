"""What an application of ASGI 3.0 is given: a request's scope, and how its messages come and go."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Serving = Callable[[Message, Receive, Send], Awaitable[None]]

ENDED: Message = {"type": "http.response.body", "body": b"", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


def header(scope: Message, name: bytes) -> str:
    """Return a header of a request, several of one name by commas; empty where there is none."""
    return ",".join(told.decode("latin-1") for key, told in scope["headers"] if key == name)
