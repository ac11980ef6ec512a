"""Outages 系统故障: measured by the platform and by witnesses.

The scheduler writes down a beat every few minutes. A gap in the whole record, not of beats alone,
is an outage: whoever stops the scheduler while the site works makes none. What becomes of a
deadline that lies inside one is in lost_deadline.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, and_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session

from monitor.clock import time_text
from monitor.log.note import NoteError, VerifierKey
from monitor.log.witness.measure import FORM, GAP, open_measure
from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import instant_of, new_id
from monitor.record.table import Record, Recorded
from monitor.refusal import Conflict, Invalid, WrongStage
from monitor.role import Role
from monitor.work.errand import Errand
from trading.supervision.wording import worded

EVERY = timedelta(minutes=5)
"""How often a beat is written."""
HEART = UUID(int=1)
MAX_NAME = 100


class Source(StrEnum):
    """Who measured an outage."""

    PLATFORM = "platform"
    WITNESS = "witness"


class Heartbeat(Recorded):
    """The last beat of the platform: one row."""

    __tablename__ = "heartbeat"
    at: Mapped[datetime]


class Outage(Recorded):
    """A time in which the platform was away, by its own beats or as a witness saw it."""

    __tablename__ = "outage"
    __table_args__ = (
        CheckConstraint("source IN ('platform','witness')", name="source"),
        CheckConstraint("until > since", name="until"),
    )
    source: Mapped[str]
    org: Mapped[UUID]
    since: Mapped[datetime]
    until: Mapped[datetime]
    witness: Mapped[str | None]
    """The name of the witness that measured it; none where the platform did."""


@action("outage.beat", by=(Role.SYSTEM,), visibility=Visibility.SECRET)
def beat(act: Act) -> None:
    """Write down that the platform is there."""
    row = act.session.get(Heartbeat, HEART, with_for_update=True)
    if row is None:
        row = Heartbeat(id=HEART, at=act.now)
        act.session.add(row)
    row.at = act.now
    act.note(subject=str(HEART))


@action("outage.note", by=(Role.SYSTEM,))
def note(act: Act) -> UUID:
    """Write down, in public, that the platform was away since its last beat; return its id.

    Raises WrongStage where it was not.
    """
    row = act.session.get(Heartbeat, HEART, with_for_update=True)
    found = gap(act.session, row.at, act.now) if row is not None else None
    if row is None or found is None:
        raise WrongStage("没有中断 / there was no gap")
    row.at = act.now
    return _written(act, new_id(act.now), None, found)


@action("outage.witness", by=(Role.WITNESS, Role.DEPARTMENT, Role.CENTRE), standing=False)
def witness(act: Act, *, name: str, since: datetime, until: datetime) -> UUID:
    """Write down that a witness, by its name in the log, could not reach the platform.

    Its own people bring it, or staff and inspectors to whom it was told: the record says who. It
    stands beside the platform's own measure, in public; it moves nothing by itself. Return the
    outage's id; raises Invalid.
    """
    act.require(since < until <= act.now, Invalid("until", "时间有误 / not a time that has passed"))
    told = worded("name", name, MAX_NAME)
    act.note(witness=told)
    return _written(act, new_id(act.now), told, (since, until))


@action("outage.measure", by=(Role.SYSTEM,), standing=False)
def measure(act: Act, *, note: str, origin: str, keys: Sequence[VerifierKey]) -> UUID:
    """Write down, in public, what a witness's own program measured and signed; return its id.

    origin: of the platform's log; keys: by which witnesses sign measures. The note stands in the
    record, for all to check. Like any witness's measure it moves nothing by itself. Raises Invalid
    for what none of them signed, or of another log; Conflict for one that is there already.
    """
    try:
        signed = open_measure(note, keys)
    except NoteError as fault:
        raise Invalid("note", f"见证人的测量无效 / {fault}", rule=FORM) from fault
    found = signed.measure
    act.require(found.origin == origin, Invalid("origin", "不是本日志 / another log", rule=FORM))
    act.require(found.until <= act.now, Invalid("until", "时间有误 / not a time that has passed"))
    act.on_conflict(
        "outage_pkey", lambda _: Conflict("已登记 / on record already", field="note", rule=FORM)
    )
    act.note(witness=signed.key.name, key=str(signed.key), note=note)
    return _written(act, found.id, signed.key.name, (found.since, found.until))


def pulse_due(session: Session, now: datetime) -> Errand | None:
    """Return the beat, or the outage, that is to be written down now, if any."""
    row = session.get(Heartbeat, HEART)
    if row is not None and gap(session, row.at, now) is not None:
        return Errand(note, None)
    return Errand(beat, None) if row is None or now - row.at >= EVERY else None


def gap(session: Session, since: datetime, now: datetime) -> tuple[datetime, datetime] | None:
    """Return the longest time since a beat in which nobody did anything, if that was an outage."""
    if now - since < GAP:
        return None
    ids = session.scalars(select(Record.id).where(Record.id > new_id(since)).order_by(Record.id))
    moments = [since, *(each for one in ids if since < (each := instant_of(one)) < now), now]
    longest = max(pairwise(moments), key=lambda pair: pair[1] - pair[0])
    return longest if longest[1] - longest[0] >= GAP else None


def lost_in(session: Session, deadline: datetime) -> Outage | None:
    """Return the outage, by the platform's own beats, in which a deadline lies; the last one."""
    query = select(Outage).where(covers(deadline)).order_by(Outage.until.desc()).limit(1)
    return session.scalar(query)


def covers(deadline: datetime | InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
    """Return the clause that an outage, by the platform's own beats, holds a deadline in it."""
    measured = Outage.source == Source.PLATFORM.value
    return and_(measured, Outage.since <= deadline, Outage.until >= deadline)


def is_lost(session: Session, deadline: datetime, now: datetime) -> bool:
    """Tell whether a deadline lies in an outage, written down already or not."""
    row = session.get(Heartbeat, HEART)
    fresh = gap(session, row.at, now) if row is not None else None
    inside = fresh is not None and fresh[0] <= deadline <= fresh[1]
    return inside or lost_in(session, deadline) is not None


def is_written(session: Session, outage: UUID) -> bool:
    """Tell whether an outage of that name is on record."""
    return session.get(Outage, outage) is not None


def outages(session: Session, most: int = 100) -> list[Outage]:
    """Return the outages, the last first: they are public."""
    return list(session.scalars(select(Outage).order_by(Outage.until.desc()).limit(most)))


def _written(act: Act, name: UUID, witness: str | None, span: tuple[datetime, datetime]) -> UUID:
    since, until = span
    source = Source.PLATFORM if witness is None else Source.WITNESS
    row = Outage(
        id=name, source=source.value, org=act.actor.org, since=since, until=until, witness=witness
    )
    act.session.add(row)
    act.note(
        subject=str(row.id), source=source.value, since=time_text(since), until=time_text(until)
    )
    return row.id
