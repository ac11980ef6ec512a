"""The moments of a trade: which public acts were done, read from the record, never from a flag.

An act that names a section in its facts is done for that section alone; one that names none is
done for the whole project. What is not tied to a section waits until all of them are there.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.orm import Session

from monitor.record.table import Opening, Record, Sight


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

MASK = "p-"
"""What a pseudonym begins with; a person's id, in hexadecimal, never does."""
OPENS = frozenset({"case.open", "tip.take"})
"""The secret acts that begin a case: until all of them have ended, what belongs to none waits."""
ENDS_ITS_OWN = frozenset({"complaint.decide", "complaint.decline", "complaint.withdraw"})
"""Acts that end what bears the very case that they name: a complaint. Nothing else waits for it."""
BODY = cast(func.convert_from(Opening.body, "UTF8"), JSONB)
IS_DONE = BODY["outcome"].has_key("done")


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


def every(session: Session, chain: UUID, section: UUID | None, *actions: str) -> list[Done]:
    """Return all of these public acts done for the section (None: for whichever), in order."""
    rows = session.execute(_acts(chain, section, actions).limit(None).order_by(Record.seq))
    return [Done(row.id, json.loads(row.body)) for row in rows]


def firsts(session: Session, chain: UUID, section: UUID | None, *actions: str) -> dict[str, Done]:
    """Return of each of these public acts the first that was done for the section, by its name."""
    rows = session.execute(
        _acts(chain, section, actions)
        .add_columns(Sight.action)
        .ext(distinct_on(Sight.action))
        .limit(None)
        .order_by(Sight.action, Record.seq)
    )
    return {row.action: Done(row.id, json.loads(row.body)) for row in rows}


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
        select(Record.chain, Sight.action, BODY["time"].astext)
        .join(Opening, Opening.record_id == Record.id)
        .join(Sight, Sight.record_id == Record.id)
        .where(Record.chain.in_(projects), Record.seq.is_not(None), Sight.done)
        .order_by(Record.id)
    )
    rows = session.execute(query).all()
    return [(chain, action, datetime.fromisoformat(time)) for chain, action, time in rows]


def _acts(chain: UUID, section: UUID | None, actions: Sequence[str]) -> Select[UUID, bytes]:
    query = (
        select(Record.id, Opening.body)
        .join(Opening, Opening.record_id == Record.id)
        .join(Sight, Sight.record_id == Record.id)
        .where(Sight.chain == chain, Sight.action.in_(actions), Sight.done)
        .where(Record.seq.is_not(None))
        .limit(1)
    )
    if section is None:
        return query
    return query.where(func.coalesce(Sight.section, str(section)) == str(section))


def _one(session: Session, query: Select[UUID, bytes]) -> Done | None:
    row = session.execute(query).first()
    return None if row is None else Done(row.id, json.loads(row.body))


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of a trade: which ended, and the last record that the end of one opens.

    What belongs to a case (`case` in its facts) is open when that case ended; what belongs to none,
    when one ended after it and none is open still. A refused attempt tells of no case: it would
    tell of one that is not open yet, and stays shut.
    """

    ended: frozenset[str] = frozenset()
    through: str = ""

    @classmethod
    def of(cls, acts: Iterable[dict[str, Any]]) -> Cases:
        """Read the cases from what was done in a trade, in order."""
        opened, ended, through = set[str](), set[str](), ""
        for act in acts:
            if act["action"] in OPENS:
                opened.add(str(act["facts"].get("case")))
            if act["action"] in ENDS_ITS_OWN:
                ended.add(str(act["facts"].get("case")))
            if When.CASE in BRINGS.get(act["action"], ()):
                ended.add(str(act["facts"].get("case")))
                through = act["id"]
        return cls(frozenset(ended), "" if opened - ended else through)

    def opens(self, body: dict[str, Any]) -> bool:
        """Tell whether a record that waits for a case to end waits no longer."""
        case = body["facts"].get("case")
        if case is not None:
            return str(case) in self.ended
        return "done" in body["outcome"] and body["id"] <= self.through


@dataclass(frozen=True, slots=True)
class Reached:
    """The moments that a trade has reached: each section's own, and those of all its sections."""

    sections: dict[str, frozenset[When]]
    whole: frozenset[When]
    cases: Cases = field(default_factory=Cases)

    @classmethod
    def of(cls, bodies: Iterable[dict[str, Any]]) -> Reached:
        """Read the moments from a chain's records. A refused attempt names no section."""
        acts = [body for body in bodies if "done" in body["outcome"]]
        named = {name for act in acts if (name := section_of(act)) is not None}
        brought = [(act["action"], section_of(act)) for act in acts]
        return cls.told(named, brought, Cases.of(acts))

    @classmethod
    def told(
        cls, named: Iterable[str], brought: Collection[tuple[str, str | None]], cases: Cases
    ) -> Reached:
        """Return the moments of these sections, by the acts done: each for a section, or none."""
        project = frozenset({When.NOW}).union(*_moments(brought, None))
        sections = {name: project.union(*_moments(brought, name)) for name in named}
        whole = frozenset.intersection(*sections.values()) if sections else project
        return cls(sections, whole, cases)

    def at(self, body: dict[str, Any]) -> frozenset[When]:
        """Return the moments that count for a record: its section's, or those of all sections."""
        found = self.sections.get(section_of(body) or "", self.whole) - {When.CASE}
        # What was done under a pseudonym tells of a bidder: it waits for CLOSE too (招标投标法 22).
        shut = is_masked(body) and When.CLOSE not in found
        return found | {When.CASE} if self.cases.opens(body) and not shut else found


def is_masked(body: dict[str, Any]) -> bool:
    """Tell whether a record's act was done under a pseudonym, not under a person's own id."""
    return str(body["actor"]["id"]).startswith(MASK)


def section_of(body: dict[str, Any]) -> str | None:
    """Return the section that a record names in its facts, or None."""
    found = body["facts"].get("section")
    return None if found is None else str(found)


def _moments(
    acts: Iterable[tuple[str, str | None]], section: str | None
) -> Iterator[tuple[When, ...]]:
    return (BRINGS.get(action, ()) for action, place in acts if place == section)
