"""A file of the store as an answer's body: the pages name it, its reader sets the pace.

So a bid's attachment of several gigabytes is never whole in memory, and no thread waits for a slow
reader.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import UUID

from webui.page.answer.attachment import KEPT
from webui.serve.door.message import Message

if TYPE_CHECKING:
    from monitor.store import FileStore

log = logging.getLogger("batong.web")
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


async def pieces_of(store: FileStore, name: UUID) -> AsyncIterator[bytes]:
    """Give the file piece by piece; nothing where it was lost since its page looked."""
    try:
        source = store.open(name)
    except KeyError:
        log.exception("a kept file is not in the store")
        return
    with source:
        while piece := await asyncio.to_thread(source.read, PIECE):
            yield piece
