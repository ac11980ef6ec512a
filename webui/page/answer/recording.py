"""Reading what is secret is an act: recorded before the answer leaves (reading.toml says which).

Default deny: an address without a row in the table is not served at all.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial, wraps
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask, Response, current_app, g, request

from monitor.record.once import Once
from monitor.record.platform import Platform
from monitor.role import Actor, Role
from trading import board
from trading.account.proof.vault import Vault
from trading.supervision.look import SPAN, inspect, judge, keep, look
from webui.page.view import source
from webui.page.wearer import Wearer, wearer

TABLE = Path(__file__).with_name("reading.toml")
READS, SENDS = "GET", "POST"
PARTS = ("open", "own", "look")
"""The parts of the table that hold the addresses that are read."""
ANOTHERS = "anothers"
NAMED = ("record", "person", "paper", "dossier", "number", "attachment")
"""The places of an address that name the thing itself."""
FIRST = "1"
TOLD = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.NOT_MODIFIED}
KEPT = 10_000
"""Looks of the present span that a process remembers, to ask the database once for each."""


HasTask = Callable[[Wearer, UUID | None, str], bool]


class UnlistedReadingError(RuntimeError):
    """An address is not in the table, or the table names one that is not served."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A row of the table: what reading the address is a look at, and when."""

    kind: str
    by: frozenset[Role] = frozenset(Role)
    only: frozenset[str] = frozenset()
    when: str = ""

    def is_look(self, role: Role, told: Mapping[str, Any]) -> bool:
        """Tell whether what this role has just been shown is a look."""
        meant = not self.only or told.get("name") in self.only
        shown = self.when != ANOTHERS or bool(g.get("shows_anothers"))
        return role in self.by and meant and shown


@dataclass(frozen=True, slots=True)
class Look:
    """Who looked at what: in which trade (None outside of one), of which kind, which thing."""

    actor: Actor
    project: UUID | None
    kind: str
    what: str = ""


@dataclass(slots=True)
class Recorder:
    """Puts looks on record, each once a span."""

    platform: Platform
    vault: Vault = field(repr=False)
    _known: set[bytes] = field(default_factory=set)

    def put(self, seen: Look, now: datetime, has_task: Callable[[], bool]) -> None:
        """Put a look on record unless the same is there for this span; raises every refusal.

        has_task: asked only where it is put on record.
        """
        key = self._key(seen, now)
        if key in self._known:
            return
        once, actor, project = Once(key, key, lambda _, __: b""), seen.actor, seen.project
        told = {"kind": seen.kind, "what": seen.what}
        if actor.mask is not None:
            self.platform.perform_once(once, judge, actor, project, **told)
        elif actor.role in inspect.by:
            self.platform.perform_once(once, inspect, actor, project, **told)
        elif actor.role in keep.by:
            self.platform.perform_once(once, keep, actor, project, **told)
        else:
            self.platform.perform_once(once, look, actor, project, has_task=has_task(), **told)
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known.add(key)

    def _key(self, seen: Look, now: datetime) -> bytes:
        actor = seen.actor
        span = int(now.timestamp() // SPAN.total_seconds())
        who = (actor.person, actor.org, actor.role, actor.mask)
        parts = (*who, seen.project, seen.kind, seen.what, span)
        return self.vault.mac("look", *(str(part).encode() for part in parts))


def records_looks(actor: Actor) -> bool:
    """Tell whether what is shown to this actor by right of the office is a look.

    A tenderer and an expert are shown their own alone; a look of a tenderer would tell,
    before CLOSE, who is about to bid (招标投标法 22).
    """
    return actor.mask is not None or actor.role in look.by | inspect.by | keep.by


def install(app: Flask, platform: Platform, has_task: HasTask) -> None:
    """Record every reading that the table says is one; raises UnlistedReadingError.

    has_task: tells whether something waits for a person in a trade, or in what was looked at of
    that kind outside of one.
    """
    recorder = Recorder(platform, app.extensions["accounts"].gate.vault)
    reads = {rule.rule for rule in app.url_map.iter_rules() if READS in (rule.methods or ())}
    sends = {rule.rule for rule in app.url_map.iter_rules() if SENDS in (rule.methods or ())}
    listed = {rule for part in PARTS for rule in table()[part]}
    if unlisted := (listed ^ reads) | (set(table()["sent"]) - sends):
        raise UnlistedReadingError(f"reading.toml: {', '.join(sorted(unlisted))}")
    for rule in app.url_map.iter_rules():
        found = (looks() if READS in (rule.methods or ()) else sent()).get(rule.rule)
        if found:
            view = app.view_functions[rule.endpoint]
            app.view_functions[rule.endpoint] = _recorded(view, found, recorder, has_task)


@cache
def table() -> dict[str, dict[str, Any]]:
    """Return the table as it is written: open, own and look, each by address."""
    return tomllib.loads(TABLE.read_text("utf-8"))


@cache
def looks() -> dict[str, Reading]:
    """Return the addresses whose reading is a look."""
    return {
        rule: Reading(
            row["kind"], frozenset(Role(one) for one in row.get("by", Role)),
            frozenset(row.get("only", ())), row.get("when", ""),
        )
        for rule, row in table()["look"].items()
    }  # fmt: skip


@cache
def sent() -> dict[str, Reading]:
    """Return the addresses that show such a look when what was sent to them is wrong."""
    return {rule: looks()[page] for rule, page in table()["sent"].items()}


def _recorded(
    view: Callable[..., Any],
    reading: Reading,
    recorder: Recorder,
    has_task: HasTask,
) -> Callable[..., Response]:
    @wraps(view)
    def seen(**told: Any) -> Response:
        answer: Response = current_app.make_response(view(**told))
        who = wearer()
        if who is None or not _shows(answer) or not reading.is_look(who.role, told):
            return answer
        actor = replace(who.actor, mask=g.get("seat"))
        if records_looks(actor):
            project = _project(told)
            recorder.put(
                Look(actor, project, reading.kind, _what(told)), source().now,
                partial(has_task, who, project, reading.kind),
            )  # fmt: skip
        return answer

    return seen


def _what(told: Mapping[str, Any]) -> str:
    """Return what the address names: the thing, else the page of a list.

    Each page shows other things. Were all pages one look, whoever reads a whole list page by page
    would never have looked at many.
    """
    named = next((str(told[name]) for name in NAMED if name in told), "")
    page = request.args.get("page", FIRST)
    return named or (f"page {page}" if page != FIRST else "")


def _shows(answer: Response) -> bool:
    """Tell whether an answer shows what was asked for: a form sent in vain is shown again.

    Who is told that nothing has changed has been told what it is; of a part, that part.
    """
    vain = request.method == SENDS and answer.status_code >= HTTPStatus.BAD_REQUEST
    told = HTTPStatus(answer.status_code) in TOLD
    return told or vain


def _project(told: Mapping[str, Any]) -> UUID | None:
    """Return the trade that is looked at: by the address, or as the view came upon it."""
    if "project" in told:
        return UUID(str(told["project"]))
    if "looked_trade" in g:
        found: UUID | None = g.looked_trade
        return found
    named = told.get("name", "")
    with source().platform.read() as session:
        return board.find(session, named) if named else None
