"""Who may know what, and when: the one function through which every reading of a record goes.

disclosure.toml: action × audience → now | close | reveal | result | case. Default never.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitor.log.commitment import Opening as LeafOpening
from monitor.record.moment import ENDS_ITS_OWN, Reached, When
from monitor.record.sight import LEAF, Own, Part, Way, reached, shown
from monitor.record.table import Opening, Record
from monitor.role import NOBODY


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


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A record as one viewer may see it; `index` is its leaf, None before it is sequenced.

    `is_anothers`: shown by right of an office alone; the public may not see it, nor did the viewer
    do it, nor is it addressed to them.
    """

    record_id: UUID
    chain: UUID
    seq: int | None
    commitment: bytes
    salt: bytes
    body: bytes
    index: int | None = None
    is_anothers: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """Return the body as a dictionary."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


def timeline(session: Session, project: UUID, viewer: Viewer) -> list[Disclosed]:
    """Return, in order of time, the records of a project that this viewer may see now.

    A record that may not be seen leaves no trace here: no number, no id, no commitment; it is not
    even read, so that the time an answer takes tells nothing of it either.
    """
    return _seen(session, {project: viewer})


def timelines(session: Session, viewers: Mapping[UUID, Viewer]) -> dict[UUID, list[Disclosed]]:
    """Return the timeline of each of these projects, for whoever looks at it."""
    found: dict[UUID, list[Disclosed]] = {project: [] for project in viewers}
    for each in _seen(session, viewers):
        found[each.chain].append(each)
    return found


def between(
    session: Session, viewers: Mapping[UUID, Viewer], start: int, end: int
) -> list[Disclosed]:
    """Return, by leaf, what may be seen of these chains from leaf `start` up to before `end`."""
    found = _seen(session, viewers, Part.LEAVES, start=start, stop=end)
    return sorted(found, key=lambda each: each.index or 0)


def chain_of(session: Session, record: UUID) -> UUID:
    """Return the chain of a record, NOBODY for one that is not there.

    For deciding who looks, never to be told. There is always an answer: what follows from it is
    done for a record that was never there as for one that is hidden.
    """
    found = select(Record.chain).where(Record.id == record).scalar_subquery()
    return session.scalars(select(func.coalesce(found, NOBODY))).one()


def disclosed(session: Session, chain: UUID, record: UUID, viewer: Viewer) -> Disclosed | None:
    """Return one record of a chain if this viewer may see it now; None else, as for no record."""
    return next(iter(_seen(session, {chain: viewer}, Part.RECORD, record=record)), None)


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
    found = between(session, dict.fromkeys(chains(session), viewer), 0, size)
    return [LeafOpening(each.index or 0, each.salt, each.body) for each in found]


def chains(session: Session) -> list[UUID]:
    """Return every chain of the record: the projects, and NOBODY for acts outside of one."""
    return list(session.scalars(select(Record.chain).distinct().order_by(Record.chain)))


def _seen(
    session: Session, viewers: Mapping[UUID, Viewer], part: Part = Part.WHOLE, **told: Any
) -> list[Disclosed]:
    """Return what may be seen: selected by what stands beside each body, judged by the body."""
    found = []
    for viewer in dict.fromkeys(viewers.values()):
        ways = _ways(viewer)
        chains = [chain for chain, who in viewers.items() if who == viewer]
        moments = reached(session, chains, ways)
        own = {"org": str(viewer.org), "masks": sorted(viewer.masks)}
        for row in shown(session, moments, ways, part, **own, **told):
            body = json.loads(row.body)
            now = moments[row.chain].at(body)
            if may_see(body, viewer, now):
                found.append(
                    Disclosed(
                        row.id, row.chain, row.seq, row.commitment, row.salt, row.body, row.idx,
                        _is_anothers(body, viewer, now),
                    )
                )  # fmt: skip
    return found


def _ways(viewer: Viewer) -> list[Way]:
    """Return in which ways a viewer comes to see records: the rule of `may_see`, for selecting."""
    audience = _open_audience(viewer)
    own = Own.DONE if audience is Audience.PUBLIC else Own.ALL
    ways = [Way(own, _acts(Audience.PUBLIC, audience))]
    if viewer.org is not None:
        ways += [Way(Own.ADDRESSED, _acts(Audience.ADDRESSEE))]
        ways += [Way(Own.BY_ORG, _acts(Audience.PARTY))]
    if viewer.masks:
        ways += [Way(Own.MASKED, _acts(Audience.PARTY))]
    return ways


def _acts(*audiences: Audience) -> Mapping[When, Sequence[str]]:
    """Return which acts one of these audiences may see from each moment on."""
    found: dict[When, list[str]] = {}
    for action, row in TABLE.items():
        for when in {row[each] for each in audiences if each in row}:
            found.setdefault(when, []).append(action)
    return found


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
    if "refused" in body["outcome"] and body["action"] in ENDS_ITS_OWN:
        return True
    return When.CASE in TABLE[body["action"]].values() and When.CASE not in reached


def may_see(body: dict[str, Any], viewer: Viewer, reached: frozenset[When]) -> bool:
    """Tell whether this viewer may see this record, given the moments that were reached for it.

    What the public may see, everybody may; but a refused attempt is never shown to the public.
    """
    row = TABLE[body["action"]]
    audience = _open_audience(viewer)
    by_audience = {row.get(Audience.PUBLIC), row.get(audience)} & reached
    # That somebody tried to decide a complaint would tell of one that is sealed still.
    shut = audience is Audience.PUBLIC or body["action"] in ENDS_ITS_OWN
    if by_audience and not ("refused" in body["outcome"] and shut):
        return True
    if row.get(Audience.ADDRESSEE) in reached and _is_addressed(body["facts"], viewer):
        return True
    return row.get(Audience.PARTY) in reached and _is_party(body["actor"], viewer)


def _is_anothers(body: dict[str, Any], viewer: Viewer, reached: frozenset[When]) -> bool:
    """Tell whether what a viewer may see is neither open to the public nor of their own."""
    if may_see(body, VISITOR, reached):
        return False
    return not (_is_party(body["actor"], viewer) or _is_addressed(body["facts"], viewer))


def _open_audience(viewer: Viewer) -> Audience:
    """Being a party is never an audience of its own: it is proven by pseudonym or organisation."""
    proven = {Audience.PARTY, Audience.ADDRESSEE}
    return Audience.PUBLIC if viewer.audience in proven else viewer.audience


def _is_addressed(facts: dict[str, Any], viewer: Viewer) -> bool:
    return viewer.org is not None and facts.get("addressee") == str(viewer.org)


def _is_party(actor: dict[str, str], viewer: Viewer) -> bool:
    if actor["id"] in viewer.masks:
        return True
    return viewer.org is not None and actor.get("org") == str(viewer.org)
