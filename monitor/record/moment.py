"""The moments of a trade: which public acts were done, read from the record, never from a flag.

An act that names a section in its facts is done for that section alone; one that names none is
done for the whole project. What is not tied to a section waits until all of them are there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from monitor.record.table import Opening, Record


class When(StrEnum):
    """From which moment of the trade on."""

    NOW = "now"
    CLOSE = "close"
    REVEAL = "reveal"
    RESULT = "result"
    CASE = "case"


BRINGS = {
    "opening.close": (When.CLOSE,),
    "opening.reveal": (When.REVEAL,),
    "award.issue": (When.RESULT,),
    "case.close": (When.CASE,),
    "opening.fail": (When.CLOSE, When.REVEAL, When.RESULT),
}
"""The public acts that bring each moment: until one is on record, the moment has not come.

A failed opening ends its section; what waited for the section's moments is open from then on.
"""

BODY = cast(func.convert_from(Opening.body, "UTF8"), JSONB)
IS_DONE = BODY["outcome"].has_key("done")
SECTION = BODY["facts"]["section"].astext


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done: its record and its body."""

    record: UUID
    body: dict[str, Any]

    @property
    def at(self) -> datetime:
        """Return when it was done, aware UTC."""
        return datetime.fromisoformat(self.body["time"])


def acts(session: Session, chain: UUID) -> list[Done]:
    """Return every act of a chain that was done, secret ones too, in order: for nobody to read."""
    rows = session.execute(
        select(Record.id, Opening.body)
        .join(Opening, Opening.record_id == Record.id)
        .where(Record.chain == chain)
        .order_by(Record.id)
    )
    found = [Done(row.id, json.loads(row.body)) for row in rows]
    return [each for each in found if "done" in each.body["outcome"]]


def first(session: Session, chain: UUID, section: UUID | None, *actions: str) -> Done | None:
    """Return the first of these public acts done for the section (None: for whichever one)."""
    return _one(session, _acts(chain, section, actions).order_by(Record.seq))


def last(session: Session, chain: UUID, section: UUID | None, *actions: str) -> Done | None:
    """Return the last of these public acts done for the section (None: for whichever one)."""
    return _one(session, _acts(chain, section, actions).order_by(Record.seq.desc()))


def done(session: Session, chain: UUID, section: UUID | None, *actions: str) -> bool:
    """Tell whether one of these public acts was done for the section (None: for whichever one)."""
    return first(session, chain, section, *actions) is not None


def done_at(session: Session, chain: UUID, section: UUID | None, *actions: str) -> datetime | None:
    """Return when the first of these public acts was done; None if none was."""
    found = first(session, chain, section, *actions)
    return None if found is None else found.at


def last_at(session: Session, chain: UUID, section: UUID | None, *actions: str) -> datetime | None:
    """Return when the last of these public acts was done; None if none was."""
    found = last(session, chain, section, *actions)
    return None if found is None else found.at


def milestones(session: Session, projects: Sequence[UUID]) -> list[tuple[UUID, str, datetime]]:
    """Return project, action and moment of every public act that was done, in order of time."""
    query = (
        select(Record.chain, BODY["action"].astext, BODY["time"].astext)
        .join(Opening, Opening.record_id == Record.id)
        .where(Record.chain.in_(projects), Record.seq.is_not(None), IS_DONE)
        .order_by(Record.id)
    )
    rows = session.execute(query).all()
    return [(chain, action, datetime.fromisoformat(time)) for chain, action, time in rows]


def _acts(chain: UUID, section: UUID | None, actions: Sequence[str]) -> Select[UUID, bytes]:
    query = (
        select(Record.id, Opening.body)
        .join(Opening, Opening.record_id == Record.id)
        .where(Record.chain == chain, Record.seq.is_not(None), IS_DONE)
        .where(BODY["action"].astext.in_(actions))
        .limit(1)
    )
    if section is None:
        return query
    return query.where(func.coalesce(SECTION, str(section)) == str(section))


def _one(session: Session, query: Select[UUID, bytes]) -> Done | None:
    row = session.execute(query).first()
    return None if row is None else Done(row.id, json.loads(row.body))


@dataclass(frozen=True, slots=True)
class Reached:
    """The moments that a trade has reached: each section's own, and those of all its sections."""

    sections: dict[str, frozenset[When]]
    whole: frozenset[When]

    @classmethod
    def of(cls, bodies: Iterable[dict[str, Any]]) -> Reached:
        """Read the moments from a chain's records. A refused attempt names no section."""
        acts = [body for body in bodies if "done" in body["outcome"]]
        project = frozenset({When.NOW}).union(*(_brought(act, None) for act in acts))
        named = {name for act in acts if (name := section_of(act)) is not None}
        sections = {name: project.union(*(_brought(act, name) for act in acts)) for name in named}
        return cls(sections, frozenset.intersection(*sections.values()) if sections else project)

    def at(self, body: dict[str, Any]) -> frozenset[When]:
        """Return the moments that count for a record: its section's, or those of all sections."""
        return self.sections.get(section_of(body) or "", self.whole)


def section_of(body: dict[str, Any]) -> str | None:
    """Return the section that a record names in its facts, or None."""
    found = body["facts"].get("section")
    return None if found is None else str(found)


def _brought(body: dict[str, Any], section: str | None) -> tuple[When, ...]:
    return BRINGS.get(body["action"], ()) if section_of(body) == section else ()
