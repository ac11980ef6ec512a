"""A file of the store as an answer's body: the pages name it, its reader sets the pace.

So a bid's attachment of several gigabytes is never whole in memory, and no thread waits for a slow
reader.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import UUID

from webui.page.answer.attachment import KEPT
from webui.serve.door.message import ENDED, Message, Send
from webui.serve.door.pace import Pace

if TYPE_CHECKING:
    from monitor.store import FileStore

PIECE = 256 * 1024
_NAME = KEPT.lower().encode()


def taken_out(start: Message) -> UUID | None:
    """Return the file that an answer names, and take its name out of the headers."""
    headers = dict(start["headers"])
    told = headers.pop(_NAME, None)
    if told is None:
        return None
    start["headers"] = [pair for pair in start["headers"] if pair[0] != _NAME]
    return UUID(told.decode())


async def send_kept(store: FileStore, name: UUID, send: Send, pace: Pace) -> None:
    """Send the file after the head of its answer; raises Slow, and KeyError where there is none."""
    with store.open(name) as source:
        while piece := await asyncio.to_thread(source.read, PIECE):
            await pace.keep(send({**ENDED, "body": piece, "more_body": True}))
            pace.earn(len(piece))
    await pace.keep(send(ENDED))
