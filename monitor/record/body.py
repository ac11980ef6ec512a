"""The body of a record: what stays of an act, composed of what is known once it is done.

Nothing here reads or writes: the caller appends, and the database tells what changes it saw.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from monitor.clock import time_text
from monitor.log.canonical import canonical
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.refusal import Refusal
from monitor.role import NOBODY

MAX_BODY = 65_000
ROOM = "0" * 64
"""Stands in a body for the digest of its change lines: `batong_append` writes that in."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next numbered act of a project stands: its number and the commitment before it."""

    seq: int
    prev: bytes | None


def compose(
    act: Act, action: Action[Any, Any], place: Place, refusal: Refusal | None
) -> dict[str, Any]:
    """Return the body; a refused act has no place in the chain and gathers nothing."""
    body: dict[str, Any] = {
        "v": 1,
        "id": str(act.record_id),
        "time": time_text(act.now),
        "project": str(act.project or NOBODY),
        "actor": act.actor.as_recorded(),
        "action": action.name,
        "outcome": _outcome(refusal),
        "subject": act.subject,
        "facts": act.attempted if refusal else act.attempted | act.facts,
        "changes": ROOM,
        "rules": act.rules,
    }
    if refusal:
        return body
    if action.visibility is not Visibility.SECRET:
        body["seq"] = place.seq
        body["prev"] = place.prev.hex() if place.prev else ""
    if act.gathers is not None:
        body["gathers"] = act.gathers
    return body


def _outcome(refusal: Refusal | None) -> dict[str, Any]:
    if refusal is None:
        return {"done": True}
    return {"refused": refusal.code, "rule": refusal.rule, "field": refusal.field}


def encode(body: dict[str, Any]) -> bytes:
    """Return its canonical bytes; raises ValueError for one longer than a record may be."""
    encoded = canonical(body)
    if len(encoded) > MAX_BODY:
        raise ValueError(f"{body['action']}: a record body of {len(encoded)} bytes")
    return encoded
