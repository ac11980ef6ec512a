"""How every trustee's seat stood the last test of its keys, and which seats nobody answered for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bidding.hall.preparation.readiness import ReadinessTest
from bidding.hall.succession.place import standing_roster
from bidding.terms import published
from trading.notice.document import TenderDocument

PATIENCE = timedelta(minutes=10)
"""How long a machine may take before its seat counts as away."""


class State(StrEnum):
    """How a seat, or one machine of it, stood the last test."""

    UNASKED = "unasked"
    WAITING = "waiting"
    READY = "ready"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of a seat, with its last test; None before the first."""

    recipient: str
    state: State
    test: ReadinessTest | None


@dataclass(frozen=True, slots=True)
class Tried:
    """One seat: ready as soon as one machine of it is; standby keys are told one by one."""

    seat: int
    name: str
    machines: tuple[Machine, ...]

    @property
    def state(self) -> State:
        """Return the best state of its machines."""
        found = {machine.state for machine in self.machines}
        return next(
            s for s in (State.READY, State.WAITING, State.AWAY, State.UNASKED) if s in found
        )

    @property
    def silent(self) -> tuple[Machine, ...]:
        """Return the machines that did not answer."""
        return tuple(each for each in self.machines if each.state is State.AWAY)


def tried(session: Session, project: UUID, now: datetime) -> tuple[Tried, ...]:
    """Return how every seat stood the last test before the deadline that holds now."""
    ends = published(session, project).deadline
    last: dict[str, ReadinessTest] = {}
    for row in session.scalars(
        select(ReadinessTest)
        .where(ReadinessTest.project == project, ReadinessTest.deadline == ends)
        .order_by(ReadinessTest.asked_at, ReadinessTest.id)
    ):
        last[row.recipient] = row
    return tuple(
        Tried(
            seat.index,
            seat.name,
            tuple(
                Machine(each.recipient, _state(last.get(each.recipient), now),
                        last.get(each.recipient))
                for each in seat.devices
            ),
        )
        for seat in standing_roster(session, project).seats
    )  # fmt: skip


def away(session: Session, projects: Iterable[UUID], now: datetime) -> dict[UUID, list[Tried]]:
    """Return, of these trades before their deadlines, those with seats that nobody answered for."""
    asked = session.scalars(
        select(ReadinessTest.project)
        .join(TenderDocument, TenderDocument.project == ReadinessTest.project)
        .where(ReadinessTest.project.in_(list(projects)), ReadinessTest.answered_at.is_(None))
        .where(ReadinessTest.deadline == TenderDocument.deadline, ReadinessTest.deadline >= now)
        .where(ReadinessTest.asked_at <= now - PATIENCE)
        .distinct()
    )
    seats = {
        project: [seat for seat in tried(session, project, now) if seat.state is State.AWAY]
        for project in asked
    }
    return {project: found for project, found in seats.items() if found}


def _state(row: ReadinessTest | None, now: datetime) -> State:
    if row is None:
        return State.UNASKED
    if row.answered_at is not None:
        return State.READY
    return State.AWAY if now >= row.asked_at + PATIENCE else State.WAITING
