"""What a viewer asks of a stream: whose eyes, from which place in the log, and what of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from monitor.log.tree import root_from
from monitor.refusal import Invalid, NotAllowed
from trading import board
from trading.account.gate import Gate
from trading.account.session import SignedOut
from webui.page.source import Head, Source
from webui.serve.live.choice import Choice, choice
from webui.serve.live.watching import (
    Looks,
    Tasks,
    Viewers,
    Watch,
    credentials,
    looking,
    narrowed,
    nobody_looks,
    visitor,
    wearer,
)

CHOSEN = ("stage", "category", "body")
FIELDS = frozenset({"project", "as", "after", "seen", "root", "act", "by", *CHOSEN})
Query = Mapping[str, Sequence[str]]


class BadStream(ValueError):
    """The request names no project, or a place that is not in the log, or nobody is signed in."""

    def __init__(self, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Asked:
    """Who watches, the size that they have, and what they chose.

    look: puts on record that they were shown what is secret; raises every refusal.
    """

    watch: Watch
    look: Looks
    after: int
    choice: Choice


async def asked(scope: Mapping[str, Any], source: Source, gate: Gate, tasks: Tasks) -> Asked:
    """Return what a request asks for; raises BadStream."""
    told = scope["query_string"].decode("latin-1")
    query = parse_qs(told, keep_blank_values=True)
    if unknown := sorted(query.keys() - FIELDS):
        raise BadStream(f"{unknown[0][:40]!a}: 没有此参数 / no such parameter")
    try:
        chosen = choice(query)
    except Invalid as wrong:
        raise BadStream(f"{wrong.field}: {wrong.message}") from None
    after = await asyncio.to_thread(_place, source, query, dict(scope["headers"]))
    watch, look = await _watch(scope, source, gate, tasks, query)
    if chosen.narrows:
        watch = _narrowed(watch, source, chosen)
    return Asked(watch, look, after, chosen)


def _place(source: Source, query: Query, headers: Mapping[bytes, bytes]) -> int:
    """Return the size from which a viewer goes on; raises BadStream beyond the log, or for another.

    `seen` and `root` tell the log that the viewer followed: its size then and its root, in hex.
    """
    head = source.head()
    size = head.size if head else 0
    resumed = headers.get(b"last-event-id", b"").decode("latin-1")
    after = _size("after", resumed or _one(query, "after") or "0", size)
    if "seen" in query or "root" in query:
        _follow(source, head, _size("seen", _one(query, "seen"), size), _one(query, "root"))
    return after


def _size(field: str, told: str, most: int) -> int:
    if not (told.isascii() and told.isdecimal() and len(told) < 19 and int(told) <= most):
        raise BadStream(f"{field}: 应为 0 至 {most} / must be a size of the log, 0 to {most}")
    return int(told)


def _follow(source: Source, head: Head | None, seen: int, root: str) -> None:
    """Hold the log to the one that a viewer has seen: never go on silently in another."""
    here = root_from(source.tiles.hash_reader(head.size), seen) if head else b""
    if here.hex() != root.lower():
        raise BadStream("root: 不是同一日志 / this is not the log that you have seen", 409)


async def _watch(
    scope: Mapping[str, Any], source: Source, gate: Gate, tasks: Tasks, query: Query
) -> tuple[Watch, Looks]:
    wanted, own = _one(query, "project"), _one(query, "as") == "wearer"
    project = await asyncio.to_thread(_find, source, wanted) if wanted or not own else None
    if project is None and (wanted or not own):
        raise BadStream("project: 没有此项目 / no such project")
    if project is not None and not own:
        return visitor(project), nobody_looks
    told = credentials(scope, project)
    try:
        watch = await wearer(source, gate, told, project)
        return watch, looking(source, gate, told, project, tasks)
    except SignedOut as nobody:
        raise BadStream(nobody.message, 401) from None
    except NotAllowed as no:
        raise BadStream(no.message, 403) from None


def _narrowed(watch: Watch, source: Source, chosen: Choice) -> Watch:
    """Return the watch of those trades alone that are chosen, as they stand at each frame."""

    def kept(viewers: Viewers) -> Viewers:
        with source.platform.read() as session:
            return frozenset(narrowed(session, dict(viewers), chosen, source.now).items())

    async def look() -> Viewers:
        return await asyncio.to_thread(kept, await watch())

    return look


def _find(source: Source, wanted: str) -> UUID | None:
    with source.platform.read() as session:
        return board.find(session, wanted)


def _one(query: Query, field: str) -> str:
    return query.get(field, [""])[0]
