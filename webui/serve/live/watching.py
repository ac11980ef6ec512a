"""Who watches a stream, and as what: asked when it is opened, at every frame and at every beat.

The public stream asks nothing. A wearer's stream is of the session: it ends when the session does,
and when the person switches to another office.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from uuid import UUID

from monitor.record.disclosure import VISITOR, Audience, Viewer
from monitor.record.standing import stands_in
from monitor.refusal import NotAllowed, Refusal
from monitor.role import NOBODY, PROJECT_ROLES, Actor
from trading.account.gate import Gate, OfficeEnded
from trading.desk.body import standings
from trading.desk.docket import matters
from trading.supervision.watch import watched
from webui.page.answer.cookie import ticket_name
from webui.page.answer.recording import Look, Recorder, records_looks
from webui.page.source import Source
from webui.page.wearer import AUDIENCES
from webui.serve.live.choice import Choice

Viewers = frozenset[tuple[UUID, Viewer]]
Watch = Callable[[], Awaitable[Viewers]]
"""Answers as what each chain is looked at now; raises a Refusal when that right is over."""

Looks = Callable[[], Awaitable[None]]
"""Puts on record that the watcher was shown what is secret; raises every refusal."""

Tasks = Callable[[str, UUID | None], bool]
"""Tells whether something waits in a trade, or in all, for whoever has that session's token."""

WATCHERS = frozenset(AUDIENCES)
"""Who may watch all of their trades in one stream; anybody signed in may watch a single one."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What came with the request: a session's token, and a ticket for acting masked."""

    token: str = field(repr=False)
    ticket: str = field(repr=False)


def visitor(project: UUID) -> Watch:
    """Return the watch of anybody over one project's public records."""
    viewers = frozenset({(project, VISITOR)})

    async def look() -> Viewers:
        return viewers

    return look


async def wearer(source: Source, gate: Gate, told: Credentials, project: UUID | None) -> Watch:
    """Return the watch of whoever is signed in, over one project or all of theirs.

    Raises SignedOut, NotAllowed.
    """
    opened = (await asyncio.to_thread(gate.enter, told.token)).appointment

    def look() -> Viewers:
        found = gate.enter(told.token)
        if found.actor is None:
            raise OfficeEnded
        if found.appointment != opened:
            raise NotAllowed("已切换身份 / another office is worn now", rule="account.switch")
        masks = _masks(gate, told, project)
        with source.platform.read() as session:
            return frozenset(_viewers(session, found.actor, project, masks).items())

    async def watch() -> Viewers:
        return await asyncio.to_thread(look)

    await watch()
    return watch


async def nobody_looks() -> None:
    """Record nothing: a visitor is shown what is public."""


def looking(
    source: Source, gate: Gate, told: Credentials, project: UUID | None, tasks: Tasks
) -> Looks:
    """Return what records the looks of whoever is signed in at a stream, each once a span.

    A look at a stream is the same look as one at the page beside it, and as unusual.
    """
    recorder, kind = Recorder(source.platform, gate.vault), "wall" if project is None else "records"

    def look() -> None:
        actor = gate.enter(told.token).actor
        if actor is not None and records_looks(actor):
            recorder.put(
                Look(actor, project, kind), source.now,
                lambda: tasks(told.token, project),
            )  # fmt: skip

    async def looked() -> None:
        await asyncio.to_thread(look)

    return looked


def credentials(scope: Mapping[str, Any], project: UUID | None) -> Credentials:
    """Return what came with a request: a program's headers, or a browser's cookies."""
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    kind, _, token = headers.get(b"authorization", "").partition(" ")
    jar = _cookies(headers.get(b"cookie", ""))
    prefix = "__Host-" if scope.get("scheme") == "https" else ""
    if kind.lower() != "bearer":
        token = jar.get(f"{prefix}session", "")
    ticket = headers.get(b"x-ticket", "")
    if project is not None and not ticket:
        ticket = jar.get(f"{prefix}{ticket_name(project)}", "")
    return Credentials(token.strip(), ticket)


def every(session: Any, actor: Actor) -> dict[UUID, Viewer]:
    """Return as what an actor looks at each of their trades, and at what belongs to none.

    Raises NotAllowed for a role that watches one trade at a time.
    """
    if actor.role not in WATCHERS:
        raise NotAllowed("请指明项目 / name the project", rule="monitor/role.py", field="project")
    own = Viewer(AUDIENCES[actor.role], actor.org)
    outside = VISITOR if actor.role in PROJECT_ROLES else own
    return {NOBODY: outside} | dict.fromkeys(watched(session, actor), own)


def narrowed(
    session: Any, viewers: Mapping[UUID, Viewer], chosen: Choice, now: datetime
) -> dict[UUID, Viewer]:
    """Return of these trades those that are chosen: by stage, by category, by who stands in them.

    All, where none of that is chosen; what belongs to no trade is left out else.
    """
    if not chosen.narrows:
        return dict(viewers)
    found = matters(session, viewers, now)
    stand = standings(session, viewers) if chosen.bodies else {}
    kept = {
        each.project
        for each in found
        if not chosen.stages or each.stage.value in chosen.stages
        if not chosen.categories or each.category in chosen.categories
        if not chosen.bodies or chosen.bodies & {str(one) for one in stand.get(each.project, ())}
    }
    return {one: viewer for one, viewer in viewers.items() if one in kept}


def _viewers(
    session: Any, actor: Actor, project: UUID | None, masks: frozenset[str]
) -> dict[UUID, Viewer]:
    if project is None:
        return every(session, actor)
    return {project: _viewer(session, actor, project, masks)}


def _viewer(session: Any, actor: Actor, project: UUID, masks: frozenset[str]) -> Viewer:
    audience = AUDIENCES.get(actor.role, Audience.PARTY)
    if actor.role in PROJECT_ROLES and not stands_in(session, actor, project):
        audience = Audience.PUBLIC
    return Viewer(audience, actor.org, masks)


def _masks(gate: Gate, told: Credentials, project: UUID | None) -> frozenset[str]:
    """Return the pseudonym that this session has proven in the project, if any."""
    if project is None or not told.ticket:
        return frozenset()
    try:
        mask = gate.masked(told.token, project, told.ticket).mask
    except Refusal:
        return frozenset()
    return frozenset({mask} if mask else ())


def _cookies(header: str) -> dict[str, str]:
    jar = SimpleCookie()
    try:
        jar.load(header)
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}
