"""Looks on record: what is secret is handed to whoever put their look at it on record just before.

A GET changes nothing, so it cannot record that something is fetched: an act does, and the fetching
names its record. A record is good for a few minutes, for the person who did it, for one thing.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from monitor.record.table import Opening
from monitor.role import Actor

HOLDS = timedelta(minutes=5)


def done_by(session: Session, record: UUID, names: frozenset[str]) -> str:
    """Return which action a record says was done by one of these; nothing for anybody else's."""
    opening = session.get(Opening, record)
    body = json.loads(opening.body) if opening else {}
    if not body or body["actor"]["id"] not in names or "done" not in body["outcome"]:
        return ""
    return str(body["action"])


def is_on_record(
    session: Session, record: UUID, action: str, actor: Actor, subject: UUID, now: datetime
) -> bool:
    """Tell whether this record is that actor's own look at that subject, done of late."""
    opening = session.get(Opening, record)
    if opening is None:
        return False
    body = json.loads(opening.body)
    told = (body["action"], body["actor"]["id"], body["actor"].get("org"), body["subject"])
    age = now - datetime.fromisoformat(body["time"])
    own = told == (action, str(actor.person), str(actor.org), str(subject))
    return own and "done" in body["outcome"] and timedelta(0) <= age <= HOLDS
