"""Who may know what, and when: the one function through which every reading of a record goes.

disclosure.toml: action × audience → now | close | reveal | result | case. Default never.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.record.table import Opening, Record
from monitor.role import Role


class Audience(StrEnum):
    """Who reads."""

    PUBLIC = "public"
    PARTY = "party"  # whoever did it: by pseudonym or by organisation
    OWNER = "owner"  # tenderee and its agency
    CENTRE = "centre"
    FINANCE = "finance"
    INSPECTOR = "inspector"  # the competent department
    DISCIPLINE = "discipline"


class When(StrEnum):
    """From which moment of the trade on."""

    NOW = "now"
    CLOSE = "close"
    REVEAL = "reveal"
    RESULT = "result"
    CASE = "case"


MOMENTS = {
    When.CLOSE: "opening.close",
    When.REVEAL: "opening.reveal",
    When.RESULT: "award.issue",
    When.CASE: "case.close",
}
"""The public act that opens each moment. Until it is on record, the moment has not come."""

ENDS = {"opening.fail": (When.CLOSE, When.REVEAL, When.RESULT)}
"""A failed opening ends the trade; what waited for its moments is open from then on."""


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

    @classmethod
    def for_role(cls, role: Role, org: UUID, masks: frozenset[str] = frozenset()) -> Viewer:
        """Return the viewer that a signed-in role is."""
        audience = {
            Role.TENDEREE: Audience.OWNER,
            Role.AGENCY: Audience.OWNER,
            Role.CENTRE: Audience.CENTRE,
            Role.FINANCE: Audience.FINANCE,
            Role.DEPARTMENT: Audience.INSPECTOR,
            Role.DISCIPLINE: Audience.DISCIPLINE,
        }.get(role, Audience.PUBLIC)
        return cls(audience, org, masks)


VISITOR = Viewer(Audience.PUBLIC)


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A record as one viewer may see it: number and commitment always, the rest if allowed."""

    record_id: UUID
    seq: int | None
    commitment: bytes
    salt: bytes
    body: bytes

    @property
    def facts(self) -> dict[str, Any]:
        """Return the body as a dictionary."""
        decoded: dict[str, Any] = json.loads(self.body)
        return decoded


def timeline(session: Session, project: UUID, viewer: Viewer) -> list[Disclosed]:
    """Return, in order of time, the records of a project that this viewer may see now.

    A record that may not be seen leaves no trace here: no number, no id, no commitment.
    """
    rows = session.execute(
        select(Record.id, Record.seq, Record.commitment, Opening.salt, Opening.body)
        .join(Opening, Opening.record_id == Record.id)
        .where(Record.chain == project)
        .order_by(Record.id)
    ).all()
    bodies = [json.loads(row.body) for row in rows]
    reached = _moments_reached(bodies)
    return [
        Disclosed(row.id, row.seq, row.commitment, row.salt, row.body)
        for row, body in zip(rows, bodies, strict=True)
        if may_see(body, viewer, reached)
    ]


def _moments_reached(bodies: list[dict[str, Any]]) -> frozenset[When]:
    done = {body["action"] for body in bodies if "done" in body["outcome"]}
    reached = {when for when, name in MOMENTS.items() if name in done}
    for name, ended in ENDS.items():
        if name in done:
            reached.update(ended)
    return frozenset(reached | {When.NOW})


def may_see(body: dict[str, Any], viewer: Viewer, reached: frozenset[When]) -> bool:
    """Tell whether this viewer may see this record, given the moments the trade has reached.

    What the public may see, everybody may; but a refused attempt is never shown to the public.
    """
    row = TABLE[body["action"]]
    by_audience = {row.get(Audience.PUBLIC), row.get(viewer.audience)} & reached
    if by_audience and not ("refused" in body["outcome"] and viewer.audience is Audience.PUBLIC):
        return True
    return row.get(Audience.PARTY) in reached and _is_party(body["actor"], viewer)


def _is_party(actor: dict[str, str], viewer: Viewer) -> bool:
    if actor["id"] in viewer.masks:
        return True
    return viewer.org is not None and actor.get("org") == str(viewer.org)
