"""Candidacies: whom the administrator would appoint to a sealed office, until a colleague decides.

Whoever keeps the accounts could else appoint a straw person, and read and sign what that office
alone may. Nothing of the office is open to a candidate. The first holder is appointed at set-up.
Whom nobody confirms in time is put forward anew: a colleague's word is about who asks today.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from monitor.record.act import Act
from monitor.record.identity import new_id
from monitor.record.standing import Appointment
from monitor.record.table import Recorded
from monitor.refusal import Conflict, NotAllowed
from monitor.role import SEALED_ROLES, Actor, Role

RULE = "candidacy.confirm"
LASTING = timedelta(days=30)


class State(StrEnum):
    """How far a candidacy has come."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    LAPSED = "lapsed"
    """Nobody decided in time; written down when the same person is put forward anew."""


class Candidacy(Recorded):
    """Somebody whom the administrator would appoint to a sealed office of an organisation."""

    __tablename__ = "candidacy"
    __table_args__ = (
        CheckConstraint("state IN ('waiting','confirmed','refused','lapsed')", name="state"),
        CheckConstraint(
            "(state IN ('confirmed','refused')) = (decided_at IS NOT NULL)", name="decided"
        ),
        CheckConstraint("(decided_at IS NULL) = (decided_by IS NULL)", name="decided_by"),
        CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name="reason"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two"),
        CheckConstraint("decided_by IS NULL OR decided_by <> person", name="other"),
        Index(
            "candidacy_waiting_key", "person", "org", "role",
            unique=True, postgresql_where=text("state = 'waiting'"),
        ),
    )  # fmt: skip
    person: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    org: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str]
    category: Mapped[str | None]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    state: Mapped[str]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    """Why it was refused, for whoever proposed it."""

    @property
    def until(self) -> datetime:
        """Return until when a colleague may decide."""
        return self.proposed_at + LASTING

    def state_at(self, now: datetime) -> State:
        """Return how far it has come: from `until` on what still waits has lapsed."""
        lapsed = self.state == State.WAITING and now >= self.until
        return State.LAPSED if lapsed else State(self.state)


def propose(act: Act, person: UUID, org: UUID, role: Role, category: str | None) -> UUID:
    """Write down whom the administrator would appoint; return the candidacy's id.

    Raises NotAllowed where the office has no holder yet or the person holds another such office,
    Conflict where the same waits already.
    """
    act.require(
        holders(act.session, role, org, act.now),
        NotAllowed(
            "该岗位尚无在任人员，首任须在开设时任命 / "
            "nobody holds this office yet: its first holder is appointed at set-up",
            field="role",
            rule=RULE,
        ),
    )
    require_no_sealed(act, person)
    _lapse(act, person, org, role)
    act.on_conflict(
        "candidacy_waiting_key",
        lambda _: Conflict(
            "此任命正待该岗位同事确认 / waits for a colleague of that office already", field="role"
        ),
    )
    row = Candidacy(
        id=new_id(act.now), person=person, org=org, role=role.value, category=category,
        proposed_by=act.actor.person, proposed_at=act.now, state=State.WAITING.value,
        decided_by=None, decided_at=None, reason=None,
    )  # fmt: skip
    act.session.add(row)
    return row.id


def _lapse(act: Act, person: UUID, org: UUID, role: Role) -> None:
    """Write down that the same candidacy of before has lapsed, if it has: it waits no more."""
    earlier = select(Candidacy).where(
        Candidacy.person == person, Candidacy.org == org, Candidacy.role == role.value,
        Candidacy.state == State.WAITING.value, Candidacy.proposed_at <= act.now - LASTING,
    )  # fmt: skip
    for row in act.session.scalars(earlier.with_for_update()):
        row.state = State.LAPSED.value
    act.session.flush()  # before the new row, which else would be the second that waits


def require_no_sealed(act: Act, person: UUID) -> None:
    """Raise NotAllowed for whoever holds a sealed office: one could be entered by the other."""
    act.require(
        not sealed_offices(act.session, person, act.now),
        NotAllowed(
            "此人已任监督、纪检或受托岗位，不得兼任 / holds a sealed office: nobody holds two",
            field="person",
            rule=RULE,
        ),
    )


def sealed_offices(session: Session, person: UUID, now: datetime) -> set[tuple[Role, UUID]]:
    """Return the sealed offices that a person holds, as role and organisation."""
    rows = session.execute(
        select(Appointment.role, Appointment.org)
        .where(Appointment.person == person, Appointment.role.in_(SEALED_ROLES))
        .where(Appointment.since <= now)
        .where((Appointment.until.is_(None)) | (Appointment.until > now))
    )
    return {(Role(row.role), row.org) for row in rows}


def holders(session: Session, role: Role, org: UUID, now: datetime) -> list[UUID]:
    """Return the persons who hold that office of that organisation, the oldest first."""
    query = (
        select(Appointment.person)
        .where(Appointment.role == role.value, Appointment.org == org, Appointment.since <= now)
        .where((Appointment.until.is_(None)) | (Appointment.until > now))
        .order_by(Appointment.since, Appointment.id)
    )
    return list(session.scalars(query))


def waiting_for(session: Session, actor: Actor, now: datetime) -> list[Candidacy]:
    """Return what waits for the word of this actor's office, the oldest first."""
    if actor.role not in SEALED_ROLES:
        return []
    query = select(Candidacy).where(
        Candidacy.role == actor.role.value, Candidacy.org == actor.org,
        Candidacy.state == State.WAITING.value, Candidacy.proposed_at > now - LASTING,
    )  # fmt: skip
    return list(session.scalars(query.order_by(Candidacy.id)))


def candidacies(session: Session, person: UUID) -> Sequence[Candidacy]:
    """Return a person's candidacies that did not come to an appointment, the newest first."""
    query = select(Candidacy).where(
        Candidacy.person == person, Candidacy.state != State.CONFIRMED.value
    )
    return list(session.scalars(query.order_by(Candidacy.id.desc())))


def proposed(session: Session, candidacy: UUID) -> UUID | None:
    """Return whom a candidacy is of."""
    return session.scalar(select(Candidacy.person).where(Candidacy.id == candidacy))
