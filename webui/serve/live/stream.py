"""`/live/events?project=…`: server-sent events, native in the ASGI server (FORMATS §3, Stream).

Event `frame` says which range (from, to] of the log it covers and carries the openings that a
visitor may see; frames are contiguous; its id is `to`, so that Last-Event-ID goes on from there.
Event `beat` breaks the silence. With `as=wearer` it is the stream of whoever is signed in, of one
project or of all of theirs; the right to it is asked at each frame and beat, and `end` says that
it is over. `act`, `by` and `stage` choose of what may be seen (choice.py); ranges stay contiguous.

Nothing is queued for a viewer: who is slow gets one longer frame for all that passed meanwhile, and
who reads nothing for a while is sent away, to come again from where they are.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from functools import partial

from monitor.refusal import Refusal
from trading.account.gate import Gate
from webui.api.shape import PROBLEM_JSON, reference, shaped
from webui.page.source import Source
from webui.serve.door.address import address
from webui.serve.door.answer import LATER, say
from webui.serve.door.message import ENDED, Message, Send
from webui.serve.live.asking import Asked, BadStream, asked
from webui.serve.live.hub import NOTHING, Hub
from webui.serve.live.seat import Full
from webui.serve.live.watching import Tasks, credentials

log = logging.getLogger("batong.live")
SILENCE = 8.0  # seconds between two signs of life
UNREAD = 20.0  # seconds for which what was sent may lie unread
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def stream(
    scope: Message, send: Send, hub: Hub, source: Source, gate: Gate, tasks: Tasks
) -> None:
    """Serve one viewer until it may see no more; when it leaves, the server cancels this.

    So nothing waits here for its leaving: tasks for that would be half of what a viewer costs.
    """
    try:
        who = address(scope, source.settings.trusted_proxies)
        async with hub.seats.seated(who, partial(_known, scope, gate)):
            await _serve(send, hub, await asked(scope, source, gate, tasks))
    except BadStream as error:
        await _refuse(send, error.status, str(error))
    except Full:
        await _refuse(send, 503, "观看人数已满，请稍后再试 / too many viewers, try again later")
    except OSError:
        return  # it left in the middle of a frame


async def _known(scope: Message, gate: Gate) -> bool:
    """Tell whether somebody signed in asks."""
    if not (token := credentials(scope, None).token):
        return False
    with suppress(Refusal):
        await asyncio.to_thread(gate.enter, token)
        return True
    return False


async def _serve(send: Send, hub: Hub, wanted: Asked) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    with suppress(TimeoutError):  # it reads nothing: sent away, and it comes again by itself
        await _tell(send, hub, wanted)
        return
    await send(ENDED)


async def _tell(send: Send, hub: Hub, wanted: Asked) -> None:
    """Send frames and beats until the right to them is over; raises TimeoutError."""
    sent = wanted.after
    await _write(send, b"retry: 2000\n\n")
    while True:
        head = await hub.beyond(sent, SILENCE)
        try:
            viewers = await wanted.watch()
            frame = await hub.frame(viewers, wanted.choice, sent, head) if head else NOTHING
            if frame.is_look:
                await wanted.look()
        except Refusal as over:
            await _end(send, over.code)
            return
        except Exception:
            log.exception("no frame; the viewer comes again by itself")
            await send(ENDED)
            return
        if head is None:
            await _write(send, b"event: beat\ndata: %d\n\n" % sent)
            continue
        sent = head.size
        await _write(send, b"event: frame\nid: %d\ndata: %b\n\n" % (sent, frame.data))


async def _write(send: Send, data: bytes) -> None:
    """Send, and wait while the viewer's connection is full; raises TimeoutError."""
    async with asyncio.timeout(UNREAD):
        await send({"type": "http.response.body", "body": data, "more_body": True})


async def _end(send: Send, why: str) -> None:
    """Say that the right to watch is over; whoever comes again is asked who it is."""
    await _write(send, b"event: end\ndata: %b\n\n" % why.encode())
    await send(ENDED)


async def _refuse(send: Send, status: int, detail: str) -> None:
    number = reference()
    body = json.dumps(shaped(status, detail, number), ensure_ascii=False)
    more = [(b"retry-after", b"%d" % LATER)] if status in (429, 503) else []
    await say(send, status, body, PROBLEM_JSON.encode(), [*more, (b"x-reference", number.encode())])
