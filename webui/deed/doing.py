"""Doing a deed: admitted by the gate, read, performed once; every refusal is on record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import date, datetime
from typing import Any, NoReturn
from uuid import UUID

from monitor.record.identity import new_id
from monitor.record.once import Once, UsedBefore
from monitor.refusal import Invalid, Refusal
from trading.account.gate import Gate
from trading.account.proof.vault import Vault
from webui.deed.deed import Case, Deed
from webui.deed.field import Typed
from webui.deed.fill.paper import discard_unused
from webui.page.source import Source

CONTEXT = "answered"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: whose session, from which of the person's offices, about what, and its key."""

    token: str = field(repr=False)
    typed: Mapping[str, Typed] = field(repr=False)
    project: UUID | None = None
    appointment: UUID | None = None
    ticket: str = field(default="", repr=False)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What is answered: the record, the project, and the action's result as JSON tells it."""

    record: UUID
    project: UUID | None
    result: Any


@dataclass(frozen=True, slots=True)
class Doer:
    """Does deeds for whoever is signed in."""

    source: Source
    gate: Gate

    def do(self, deed: Deed, asked: Asked) -> Done:
        """Do it, or answer as before if this very request was done. Raises every refusal."""
        actor = self.gate.admit(
            asked.token,
            deed.name,
            appointment=asked.appointment,
            project=asked.project,
            ticket=asked.ticket,
        )
        actor = deed.wearing(actor, asked.typed)
        platform = self.source.platform
        now = platform.clock.now()
        project = new_id(now) if deed.fresh else None if deed.whole else asked.project
        case = Case(self.source, actor, project, now)
        try:
            self._place(deed, case)
            inputs = deed.read(case, asked.typed)
        except Refusal as refusal:
            platform.refuse(deed.action, actor, project, refusal)
        once = self._once(deed, asked, project)
        try:
            reply = platform.perform_once(once, deed.action, actor, project, **inputs)
        except UsedBefore as refusal:
            platform.refuse(deed.action, actor, project, refusal)
        finally:
            discard_unused(self.source, project, inputs)
        told = json.loads(self.gate.vault.open(reply, CONTEXT))
        found = UUID(told["project"]) if told["project"] else None
        return Done(UUID(told["record"]), found, told["result"])

    def refuse(self, deed: Deed, asked: Asked, refusal: Refusal) -> NoReturn:
        """Put on record that it was asked for in a way that cannot be done; raises the refusal."""
        actor = self.gate.admit(
            asked.token, deed.name, project=asked.project, ticket=asked.ticket,
        )  # fmt: skip
        actor = deed.wearing(actor, asked.typed)
        self.source.platform.refuse(deed.action, actor, asked.project, refusal)

    def _place(self, deed: Deed, case: Case) -> None:
        if not deed.whole and case.project is None:
            raise Invalid("project", "请指明项目 / name the project", rule="webui/deed")

    def _once(self, deed: Deed, asked: Asked, project: UUID | None) -> Once:
        vault = self.gate.vault
        asking = (deed.name.encode(), str(asked.project or "").encode(), told(asked.typed))
        return Once(
            vault.mac("once", asked.token.encode("utf-8", "replace"), asked.key.encode()),
            vault.mac("asked", *asking),
            lambda record, result: sealed(vault, record, project, result),
        )


def sealed(vault: Vault, record: UUID, project: UUID | None, result: object) -> bytes:
    """Return the answer as it is kept: whoever steals the database alone reads nothing of it."""
    answer = {
        "record": str(record),
        "project": str(project) if project else None,
        "result": as_json(result),
    }
    return vault.seal(json.dumps(answer, ensure_ascii=False).encode(), CONTEXT)


def told(typed: Mapping[str, Typed]) -> bytes:
    """Return what was typed as bytes that are the same for the same request."""
    return json.dumps(typed, sort_keys=True, default=_digest).encode()


def _digest(data: object) -> str:
    """Return what stands for a file: its SHA-256, for it may be large."""
    return hashlib.sha256(data).hexdigest() if isinstance(data, bytes) else ""


def as_json(value: object) -> Any:
    """Return a result as JSON tells it: ids, moments and bytes as text."""
    if isinstance(value, UUID | datetime | date):
        return value.isoformat() if isinstance(value, date) else str(value)
    if isinstance(value, bytes):
        return value.hex()
    if is_dataclass(value) and not isinstance(value, type):
        return as_json(asdict(value))
    if isinstance(value, dict):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(each) for each in value]
    return value if isinstance(value, str | int | bool | None) else str(value)
