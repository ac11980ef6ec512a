"""Arrivals that were neither taken in nor refused yet: being checked, or left by our own fault."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bidding.submission import submit
from monitor.record.arrival import Arrival
from monitor.record.table import Opening, Record


def unsettled(session: Session, project: UUID, end: datetime) -> set[str]:
    """Return the arrivals up to that moment which were neither taken in nor refused yet."""
    stamped = session.scalars(
        select(Arrival.id).where(Arrival.project == project, Arrival.at <= end)
    )
    return {str(arrival) for arrival in stamped} - _answered(session, project, Record.seq.is_(None))


def unanswered(session: Session, project: UUID, mask: str, digest: bytes) -> UUID | None:
    """Return a pseudonym's last arrival of these bytes if it was neither taken in nor refused."""
    last = session.scalar(
        select(Arrival.id)
        .where(Arrival.project == project, Arrival.mask == mask, Arrival.digest == digest)
        .order_by(Arrival.at.desc())
        .limit(1)
    )
    if last is None:
        return None
    names_it = func.convert_from(Opening.body, "UTF8").contains(str(last))
    return None if str(last) in _answered(session, project, names_it) else last


def _answered(session: Session, project: UUID, among: ColumnElement[bool]) -> set[Any]:
    judged = session.scalars(
        select(func.convert_from(Opening.body, "UTF8"))
        .join(Record, Record.id == Opening.record_id)
        .where(Record.chain == project, among)
    )
    return {
        body["facts"].get("arrival")
        for body in map(json.loads, judged)
        if body["action"] == submit.name
    }
