"""Complaints 投诉: the register, and who may read what stands in it.

A complaint is sealed until it ends: what is recorded of it bears its id as the case, and is its
complainant's, its department's and discipline's alone until it was decided, declined or withdrawn.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.law.duty import Duty
from monitor.law.fact import COMPLAINT
from monitor.law.watch import standing_duties
from monitor.record.act import Act
from monitor.record.standing import Appointment
from monitor.record.table import Recorded
from monitor.refusal import NotFound, WrongStage
from monitor.role import Actor, Role
from trading.registration.project import Project, found_project, trade_of


class Matter(StrEnum):
    """What is complained of: what an objection was made to before, or something else."""

    DOCUMENTS = "documents"
    OPENING = "opening"
    RESULT = "result"
    OTHER = "other"


class State(StrEnum):
    """How far a complaint has come."""

    FILED = "filed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    DECIDED = "decided"
    WITHDRAWN = "withdrawn"


class Outcome(StrEnum):
    """How it was decided."""

    UPHELD = "upheld"
    PARTLY = "partly"
    DISMISSED = "dismissed"


ENDED = frozenset({State.DECLINED, State.DECIDED, State.WITHDRAWN})


class Complaint(Recorded):
    """One complaint, by a pseudonym or an organisation, to one department."""

    __tablename__ = "complaint"
    __table_args__ = (
        Index(
            "complaint_ground_key", "project", "ground", unique=True,
            postgresql_where=text("state <> 'declined'"),
        ),
        CheckConstraint("(mask IS NULL) <> (org IS NULL)", name="author"),
        CheckConstraint("octet_length(ground) = 32", name="ground"),
        CheckConstraint(
            "matter IN ('documents','opening','result','other')", name="matter"
        ),
        CheckConstraint(
            "state IN ('filed','accepted','declined','decided','withdrawn')", name="state"
        ),
        CheckConstraint("outcome IN ('upheld','partly','dismissed')", name="outcome"),
        CheckConstraint("(state = 'decided') = (outcome IS NOT NULL)", name="decided"),
        CheckConstraint(
            "(state IN ('declined','decided','withdrawn')) = (ended_at IS NOT NULL)", name="ended"
        ),
    )  # fmt: skip
    project: Mapped[UUID] = mapped_column(ForeignKey("project.id"), index=True)
    addressed: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    """The department that deals with it."""
    mask: Mapped[str | None]
    org: Mapped[UUID | None]
    matter: Mapped[str]
    objection: Mapped[UUID | None] = mapped_column(ForeignKey("objection.id"))
    ground: Mapped[bytes]
    """What it is about, as a digest: the same is not complained of twice."""
    respondent: Mapped[str]
    told: Mapped[str]
    request: Mapped[str]
    basis: Mapped[str]
    interest: Mapped[str | None]
    known_at: Mapped[datetime]
    filed_at: Mapped[datetime]
    state: Mapped[str]
    accepted_at: Mapped[datetime | None]
    testing_since: Mapped[datetime | None]
    """Since when a test, an inspection or experts are waited for: those days do not count."""
    outcome: Mapped[str | None]
    reply: Mapped[str | None]
    """Why it was not taken up, or the decision, or why it was withdrawn."""
    ended_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        """Tell whether it waits for its department still."""
        return self.state not in ENDED


def ground_of(*parts: str) -> bytes:
    """Return the digest of what a complaint is about."""
    return hashlib.sha256("\0".join(parts).encode()).digest()


def found(act: Act, complaint: UUID) -> Complaint:
    """Return a complaint that was brought to the acting department, locked; raises NotFound.

    Another department's, or one of another trade, is answered like one that is not there.
    """
    row = act.session.get(Complaint, complaint, with_for_update=True)
    if row is None or (row.project, row.addressed) != (act.project, act.actor.org):
        raise NotFound("没有此投诉 / no such complaint", field="complaint")
    return row


def taken_up(act: Act, complaint: UUID) -> Complaint:
    """Return a complaint that the acting department has taken up and not decided, locked.

    Raises NotFound, WrongStage.
    """
    row = found(act, complaint)
    act.require(
        row.state == State.ACCEPTED,
        WrongStage("投诉未受理或已办结 / not taken up, or ended", field="complaint"),
    )
    return row


def complaints(
    session: Session, actor: Actor, now: datetime, masks: Collection[str] = ()
) -> list[Complaint]:
    """Return the complaints that this actor may read, the open first, the newest first.

    Somebody who holds a department's office for the trade's category, those brought to it; a
    tenderer its own: under its name, and under pseudonyms proven to be its own. Nobody else any.
    """
    query = select(Complaint)
    if actor.role is Role.DEPARTMENT:
        offices = (
            select(Appointment.category)
            .where(Appointment.person == actor.person, Appointment.org == actor.org)
            .where(Appointment.role == Role.DEPARTMENT.value, Appointment.since <= now)
            .where((Appointment.until.is_(None)) | (Appointment.until > now))
        )
        query = query.join(Project, Project.id == Complaint.project)
        query = query.where(Complaint.addressed == actor.org, Project.category.in_(offices))
    elif actor.role is Role.TENDERER:
        query = query.where((Complaint.org == actor.org) | Complaint.mask.in_(masks))
    else:
        return []
    ended = Complaint.ended_at.is_not(None)
    return list(session.scalars(query.order_by(ended, Complaint.filed_at.desc(), Complaint.id)))


def owed_on(session: Session, row: Complaint, now: datetime) -> list[Duty]:
    """Return what the law makes owed on a complaint and is not done, the soonest limit first."""
    trade = trade_of(found_project(session, row.project))
    return [
        duty
        for duty in standing_duties(session, row.project, trade, now)
        if duty.subject == f"{COMPLAINT}:{row.id}" and duty.ended is None
    ]
