"""What a trustee's own machine is asked beside shares: to deal its key, to hand a piece on, to
answer a last call, to take a seat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bidding.envelope.trustee.keydeal import can_be_dealt
from bidding.hall.succession.piece import good_pieces, may_hand
from bidding.hall.succession.place import (
    ENDED,
    OPEN,
    OVER,
    Cause,
    State,
    Succession,
    dealt_keys,
    held_seats,
    standing_rosters,
    successions,
)
from bidding.terms import rosters_of
from monitor.record.standing import Standing
from monitor.record.table import Sight
from monitor.role import Actor, Role
from trading.notice.dealt_key import DealtKey
from trading.notice.document import TenderDocument
from trading.registration.party import found_organisation
from trading.registration.project import Section


class Step(StrEnum):
    """What is wanted of a machine in a succession."""

    CALL = "call"
    HAND = "hand"
    TAKE = "take"


@dataclass(frozen=True, slots=True)
class Undealt:
    """A key that its machine has yet to deal: in which trade, and the set of trustees there."""

    project: UUID
    recipient: str
    trustees: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A step of a succession that one's own machine is to do."""

    row: Succession
    step: Step


def live(session: Session, org: UUID) -> list[UUID]:
    """Return the trades that trust an organisation and are not all unlocked, by id."""
    acts = select(Sight.record_id).where(Sight.chain == Standing.project, Sight.done)
    unlocked = (
        select(func.count(func.distinct(Sight.section)))
        .where(Sight.chain == Standing.project, Sight.done, Sight.action.in_(OVER))
        .scalar_subquery()
    )
    lots = select(func.count(Section.id)).where(Section.project == Standing.project)
    query = (
        select(Standing.project)
        .join(TenderDocument, TenderDocument.project == Standing.project)
        .where(Standing.org == org, Standing.role == Role.TRUSTEE.value)
        .where(~acts.where(Sight.action.in_(ENDED)).exists())
        .where(lots.scalar_subquery() > unlocked)
        .order_by(Standing.project)
    )
    return list(session.scalars(query))


def undealt(session: Session, org: UUID, projects: list[UUID]) -> list[Undealt]:
    """Return the keys of one's own seats that were not dealt, where they can be."""
    uscc = found_organisation(session, org).uscc
    dealt = {(row.project, row.recipient) for row in dealt_keys(session, projects)}
    return [
        Undealt(project, device.recipient, roster.to_bytes(), roster.digest)
        for project, roster in rosters_of(session, projects).items()
        if can_be_dealt(roster)
        for seat in roster.seats
        if seat.authority == uscc
        for device in seat.devices
        if (project, device.recipient) not in dealt
    ]


def to_read(session: Session, org: UUID, projects: list[UUID]) -> list[DealtKey]:
    """Return the keys dealt to one's own seats, whose pieces one's machine may check."""
    return dealt_keys(session, held_seats(session, org, projects))


def named(session: Session, org: UUID, projects: list[UUID]) -> list[str]:
    """Return the recipients of one's own seats, taken ones too: the keys still needed there."""
    uscc = found_organisation(session, org).uscc
    return sorted(
        {
            device.recipient
            for roster in standing_rosters(session, projects).values()
            for seat in roster.seats
            if seat.authority == uscc
            for device in seat.devices
        }
    )


def wanted(session: Session, actor: Actor, projects: list[UUID]) -> list[Wanted]:
    """Return what successions want of somebody's machine, oldest first."""
    held = held_seats(session, actor.org, projects)
    return [
        Wanted(row, step)
        for row in successions(session, *projects)
        if row.state in OPEN
        for step in _steps(session, actor, row, held.get(row.project))
    ]


def dealt_key(session: Session, row: Succession) -> DealtKey:
    """Return the key that a succession rebuilds, as it was dealt."""
    return session.get_one(DealtKey, row.deal)


def _steps(session: Session, actor: Actor, row: Succession, seat: int | None) -> Iterator[Step]:
    if seat == row.seat:
        if row.cause == Cause.LOST.value:
            yield Step.CALL
    elif row.state is State.CONFIRMED and seat is not None and may_hand(session, row, seat):
        yield Step.HAND
    mine = row.state is State.CONFIRMED and actor.person == row.person
    if mine and good_pieces(session, row):
        yield Step.TAKE
