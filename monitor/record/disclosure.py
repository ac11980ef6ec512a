"""Who may know what, and when: the one function through which every reading of a record goes.

disclosure.toml: action × audience → now | close | reveal | result | case. Default never.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Uuid, column, select, table
from sqlalchemy.orm import Session

from monitor.log.commitment import Opening as LeafOpening
from monitor.record.moment import Reached, When
from monitor.record.table import Opening, Record


class Audience(StrEnum):
    """Who reads."""

    PUBLIC = "public"
    PARTY = "party"  # whoever did it: by pseudonym or by organisation
    ADDRESSEE = "addressee"  # the organisation that the act names as the one it is meant for
    OWNER = "owner"  # tenderee and its agency
    CENTRE = "centre"
    FINANCE = "finance"
    INSPECTOR = "inspector"  # the competent department
    DISCIPLINE = "discipline"


def _load() -> dict[str, dict[Audience, When]]:
    path = Path(__file__).parent.parent / "disclosure.toml"
    raw = tomllib.loads(path.read_text("utf-8"))
    return {
        name: {Audience(audience): When(when) for audience, when in row.items()}
        for name, row in _flatten(raw)
    }


def _flatten(raw: dict[str, Any]) -> Iterable[tuple[str, dict[str, str]]]:
    for noun, verbs in raw.items():
        for verb, row in verbs.items():
            yield f"{noun}.{verb}", row


TABLE = _load()


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: an audience, and what makes them a party (an organisation or pseudonyms)."""

    audience: Audience
    org: UUID | None = None
    masks: frozenset[str] = frozenset()


VISITOR = Viewer(Audience.PUBLIC)
LEAF = table("leaf", column("idx", BigInteger), column("record_id", Uuid))


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A record as one viewer may see it; `index` is its leaf, None before it is sequenced."""

    record_id: UUID
    seq: int | None
    commitment: bytes
    salt: bytes
    body: bytes
    index: int | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """Return the body as a dictionary."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


def timeline(session: Session, project: UUID, viewer: Viewer) -> list[Disclosed]:
    """Return, in order of time, the records of a project that this viewer may see now.

    A record that may not be seen leaves no trace here: no number, no id, no commitment.
    """
    rows, bodies, reached = _leaves(session, project)
    return [
        Disclosed(row.id, row.seq, row.commitment, row.salt, row.body, row.idx)
        for row in rows
        if row.id in bodies and may_see(bodies[row.id], viewer, reached.at(bodies[row.id]))
    ]


def chain_of(session: Session, record: UUID) -> UUID | None:
    """Return the project whose chain a record is in; for deciding who looks, never to be told."""
    return session.scalar(select(Record.chain).where(Record.id == record))


def disclosed(session: Session, record: UUID, viewer: Viewer) -> Disclosed | None:
    """Return one record if this viewer may see it now; None else, as for one that is not there."""
    chain = chain_of(session, record)
    if chain is None:
        return None
    seen = timeline(session, chain, viewer)
    return next((each for each in seen if each.record_id == record), None)


@dataclass(frozen=True, slots=True)
class Held:
    """A record as the archive keeps it; `index` is its leaf, None before it is sequenced.

    salt and body are empty when the opening was erased or waits for a case to end; `public` tells
    whether the public may have the opening now.
    """

    record_id: UUID
    seq: int | None
    commitment: bytes
    index: int | None
    salt: bytes
    body: bytes
    public: bool


def custody(session: Session, chain: UUID, through: UUID | None = None) -> list[Held]:
    """Return all records of a chain in order of time, up to one of them, with their openings.

    For the archive in custody and for nobody's page. A record that waits for a case to end is
    there by its commitment alone (disclosure.toml, `case`).
    """
    rows, bodies, reached = _leaves(session, chain)
    kept = {key for key, body in bodies.items() if not _waits_for_case(body, reached.at(body))}
    return [
        Held(
            row.id,
            row.seq,
            row.commitment,
            row.idx,
            row.salt if row.id in kept else b"",
            row.body if row.id in kept else b"",
            row.id in kept and may_see(bodies[row.id], VISITOR, reached.at(bodies[row.id])),
        )
        for row in rows
        if through is None or row.id <= through
    ]


def openings(session: Session, viewer: Viewer, size: int) -> list[LeafOpening]:
    """Return, by leaf, what this viewer may see of every chain within a tree of that size."""
    found = []
    for chain in chains(session):
        rows, bodies, reached = _leaves(session, chain)
        found += [
            LeafOpening(row.idx, row.salt, row.body)
            for row in rows
            if row.idx is not None and row.idx < size and row.id in bodies
            if may_see(bodies[row.id], viewer, reached.at(bodies[row.id]))
        ]
    return sorted(found, key=lambda each: each.index)


def chains_within(session: Session, start: int, end: int) -> set[UUID]:
    """Return the chains that have a leaf from `start` up to, but not including, `end`."""
    query = (
        select(Record.chain)
        .join(LEAF, LEAF.c.record_id == Record.id)
        .where(LEAF.c.idx >= start, LEAF.c.idx < end)
        .distinct()
    )
    return set(session.scalars(query))


def chains(session: Session) -> list[UUID]:
    """Return every chain of the record: the projects, and NOBODY for acts outside of one."""
    return list(session.scalars(select(Record.chain).distinct().order_by(Record.chain)))


def _leaves(
    session: Session, chain: UUID
) -> tuple[Sequence[Any], dict[UUID, dict[str, Any]], Reached]:
    """Return a chain's records with openings and leaves, the bodies, the moments reached."""
    query = (
        select(Record.id, Record.seq, Record.commitment, Opening.salt, Opening.body, LEAF.c.idx)
        .outerjoin(Opening, Opening.record_id == Record.id)
        .outerjoin(LEAF, LEAF.c.record_id == Record.id)
        .where(Record.chain == chain)
        .order_by(Record.id)
    )
    rows = session.execute(query).all()
    bodies = {row.id: json.loads(row.body) for row in rows if row.body is not None}
    return rows, bodies, Reached.of(bodies.values())


def _waits_for_case(body: dict[str, Any], reached: frozenset[When]) -> bool:
    return When.CASE in TABLE[body["action"]].values() and When.CASE not in reached


def may_see(body: dict[str, Any], viewer: Viewer, reached: frozenset[When]) -> bool:
    """Tell whether this viewer may see this record, given the moments that were reached for it.

    What the public may see, everybody may; but a refused attempt is never shown to the public.
    """
    row = TABLE[body["action"]]
    # Being a party is never an audience of its own: it is proven by pseudonym or organisation.
    proven = {Audience.PARTY, Audience.ADDRESSEE}
    audience = Audience.PUBLIC if viewer.audience in proven else viewer.audience
    by_audience = {row.get(Audience.PUBLIC), row.get(audience)} & reached
    if by_audience and not ("refused" in body["outcome"] and audience is Audience.PUBLIC):
        return True
    if row.get(Audience.ADDRESSEE) in reached and _is_addressed(body["facts"], viewer):
        return True
    return row.get(Audience.PARTY) in reached and _is_party(body["actor"], viewer)


def _is_addressed(facts: dict[str, Any], viewer: Viewer) -> bool:
    return viewer.org is not None and facts.get("addressee") == str(viewer.org)


def _is_party(actor: dict[str, str], viewer: Viewer) -> bool:
    if actor["id"] in viewer.masks:
        return True
    return viewer.org is not None and actor.get("org") == str(viewer.org)
