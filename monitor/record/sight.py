"""What of records a reader may be shown, as one selection: what is hidden from them is not read.

The moments that chains have reached are read from the few acts that bring them, and the sections
that are named from an index alone: both cost the same whatever else happened there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
    table,
    text,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from monitor.record.moment import BRINGS, ENDS_ITS_OWN, MASK, OPENS, Cases, Reached, When
from monitor.record.table import Opening, Record, Sight

SIGHT = Sight.__table__.c
LEAF = table("leaf", column("idx", BigInteger), column("record_id", Uuid))

MOMENTS = text("""
WITH RECURSIVE named (chain, section) AS (
    SELECT c.chain, (SELECT min(s.section) FROM sight s
                     WHERE s.chain = c.chain AND s.done AND s.section IS NOT NULL)
    FROM unnest(CAST(:chains AS uuid[])) AS c (chain)
    UNION ALL
    SELECT n.chain, (SELECT min(s.section) FROM sight s
                     WHERE s.chain = n.chain AND s.done AND s.section > n.section)
    FROM named n WHERE n.section IS NOT NULL)
SELECT c.chain, coalesce(n.sections, '{}') AS sections,
       ARRAY(SELECT DISTINCT ARRAY[s.action, s.section] FROM sight s
             WHERE s.chain = c.chain AND s.action = ANY(CAST(:brings AS text[])) AND s.done)
           AS brought
FROM unnest(CAST(:chains AS uuid[])) AS c (chain)
LEFT JOIN (SELECT chain, array_agg(section) AS sections FROM named
           WHERE section IS NOT NULL GROUP BY chain) AS n ON n.chain = c.chain
""")
"""Each section is looked up as the next one after the last, so none costs more for its acts."""

CASES = text("""
SELECT c.chain, e.ended, CASE WHEN NOT EXISTS (
           SELECT 1 FROM sight s WHERE s.chain = c.chain AND s.done
               AND s.action = ANY(CAST(:opens AS text[]))
               AND coalesce(s.case_id, 'None') <> ALL(e.ended)) THEN e.last END AS through
FROM unnest(CAST(:chains AS uuid[])) AS c (chain),
     LATERAL (SELECT coalesce(array_agg(DISTINCT coalesce(s.case_id, 'None')), '{}') AS ended,
                     max(s.record_id::text) FILTER
                         (WHERE s.action = ANY(CAST(:ends AS text[]))) AS last
              FROM sight s WHERE s.chain = c.chain AND s.done
                  AND s.action = ANY(CAST(:ends AS text[]) || CAST(:own AS text[]))) AS e
""")
ENDS = [action for action, moments in BRINGS.items() if When.CASE in moments]
PLACED = (When.CLOSE, When.REVEAL, When.RESULT)
"""The moments that a section reaches by itself."""


class Own(StrEnum):
    """Which of the acts that an audience may see are meant: all of them, or the reader's own."""

    ALL = "all"
    DONE = "done"
    ADDRESSED = "addressed"
    BY_ORG = "by_org"
    MASKED = "masked"


class Part(StrEnum):
    """How much of the chains is asked for."""

    WHOLE = "whole"
    RECORD = "record"
    LEAVES = "leaves"


OWN: dict[Own, ColumnElement[bool]] = {
    Own.ALL: true(),
    Own.DONE: SIGHT.done,
    Own.ADDRESSED: SIGHT.addressee == bindparam("org", type_=Text),
    Own.BY_ORG: SIGHT.org == bindparam("org", type_=Text),
    Own.MASKED: SIGHT.actor == any_(bindparam("masks", type_=ARRAY(Text))),
}
PART: dict[Part, ColumnElement[bool]] = {
    Part.WHOLE: true(),
    Part.RECORD: SIGHT.record_id == bindparam("record", type_=Uuid),
    Part.LEAVES: and_(LEAF.c.idx >= bindparam("start"), LEAF.c.idx < bindparam("stop")),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a reader comes to see acts: which of them, from which moment on."""

    own: Own
    acts: Mapping[When, Sequence[str]]


def reached(session: Session, chains: Iterable[UUID], ways: Sequence[Way]) -> dict[UUID, Reached]:
    """Return the moments of each chain; those of cases only where a way waits for them."""
    asked = sorted(chains)
    cases = _cases(session, asked) if any(way.acts.get(When.CASE) for way in ways) else {}
    rows = session.execute(MOMENTS, {"chains": asked, "brings": list(BRINGS)})
    return {
        row.chain: Reached.told(
            row.sections, [tuple(each) for each in row.brought], cases.get(row.chain, Cases())
        )
        for row in rows
    }


def shown(
    session: Session,
    moments: Mapping[UUID, Reached],
    ways: Sequence[Way],
    part: Part = Part.WHOLE,
    **told: Any,
) -> list[Row[Any]]:
    """Return of these chains what can be seen in one of these ways, each once, in order of time.

    `told`: the part that is asked for (`record`; `start`, `stop`), the reader's `org` and `masks`.
    """
    asked = {"chains": list(moments), **told, **dict(_places(moments))}
    for number, way in enumerate(ways):
        asked |= dict(_acts(number, way, moments))
    rows = session.execute(_statement(tuple(way.own for way in ways), part), asked)
    found = {row.id: row for row in rows}
    return [found[key] for key in sorted(found)]


def _cases(session: Session, chains: list[UUID]) -> dict[UUID, Cases]:
    asked = {
        "chains": chains, "opens": sorted(OPENS), "ends": ENDS, "own": sorted(ENDS_ITS_OWN),
    }  # fmt: skip
    rows = session.execute(CASES, asked)
    return {row.chain: Cases(frozenset(row.ended), row.through or "") for row in rows}


def _acts(
    number: int, way: Way, moments: Mapping[UUID, Reached]
) -> Iterator[tuple[str, list[str]]]:
    """Yield the acts of each moment, and those that can be seen by now in some chain."""
    come = {When.NOW, When.CASE}.union(
        *(found for each in moments.values() for found in _any(each))
    )
    for when in When:
        yield f"{when}_{number}", list(way.acts.get(when, ()))
    yield f"names_{number}", [name for when in come for name in way.acts.get(when, ())]


def _any(reached: Reached) -> Iterator[frozenset[When]]:
    yield reached.whole
    yield from reached.sections.values()


def _places(moments: Mapping[UUID, Reached]) -> Iterator[tuple[str, list[Any]]]:
    """Yield where each moment has come: in which chains, and in which sections of others."""
    for when in PLACED:
        yield f"{when}_whole", [chain for chain, each in moments.items() if when in each.whole]
        pairs = [
            (chain, section)
            for chain, each in moments.items()
            for section, found in each.sections.items()
            if when in found
        ]
        yield from _pairs(when, pairs)
    cases = {chain: each.cases for chain, each in moments.items()}
    ended = [(chain, case) for chain, each in cases.items() for case in each.ended]
    yield from _pairs(When.CASE, ended)
    last = [(chain, UUID(each.through)) for chain, each in cases.items() if each.through]
    yield from _pairs("through", last)


def _pairs(name: str, pairs: list[tuple[UUID, Any]]) -> Iterator[tuple[str, list[Any]]]:
    yield f"{name}_chains", [chain for chain, _ in pairs]
    yield f"{name}_keys", [key for _, key in pairs]


@cache
def _statement(owns: tuple[Own, ...], part: Part) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the selection: one text for all readers of a kind, whatever was done in the chains."""
    return union_all(*(_rows(number, own, part) for number, own in enumerate(owns)))


def _rows(number: int, own: Own, part: Part) -> Select[*tuple[Any, ...]]:
    come = [_among(SIGHT.action, f"{when}_{number}") & _come(when) for when in (*PLACED, When.CASE)]
    return (
        select(
            Record.id, Record.chain, Record.seq, Record.commitment,
            Opening.salt, Opening.body, LEAF.c.idx,
        )
        .select_from(Sight)
        .join(Record, Record.id == SIGHT.record_id)
        .join(Opening, Opening.record_id == SIGHT.record_id)
        .outerjoin(LEAF, LEAF.c.record_id == SIGHT.record_id)
        .where(_among(SIGHT.chain, "chains"), _among(SIGHT.action, f"names_{number}"))
        .where(OWN[own], PART[part], or_(_among(SIGHT.action, f"{When.NOW}_{number}"), *come))
    )  # fmt: skip


def _come(when: When) -> ColumnElement[bool]:
    """Tell whether that moment has come for a record: for its section, or for all sections."""
    if when in PLACED:
        whole = _among(SIGHT.chain, f"{when}_whole")
        return whole | _is_pair(SIGHT.section, when)
    last = func.unnest(_told("through_chains", Uuid()), _told("through_keys", Uuid()))
    each = last.table_valued("chain", "key").render_derived()
    earlier = exists().where(each.c.chain == SIGHT.chain, each.c.key >= SIGHT.record_id)
    unmasked = ~SIGHT.actor.startswith(MASK) | _come(When.CLOSE)
    ended = _is_pair(SIGHT.case_id, when) | (SIGHT.case_id.is_(None) & SIGHT.done & earlier)
    return ended & unmasked


def _is_pair(key: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    pairs = func.unnest(_told(f"{name}_chains", Uuid()), _told(f"{name}_keys", Text()))
    each = pairs.table_valued("chain", "key").render_derived()
    return tuple_(SIGHT.chain, key).in_(select(each.c.chain, each.c.key))


def _among(what: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    return what == any_(_told(name, what.type))


def _told(name: str, kind: Any) -> ColumnElement[Any]:
    return bindparam(name, type_=ARRAY(kind))
