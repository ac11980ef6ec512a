"""The roll: who has an account, and the offices that each may act from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from monitor.record.standing import Appointment
from monitor.role import Role
from trading.account.account import Account
from trading.registration.party import Organisation, Person


@dataclass(frozen=True, slots=True)
class Office:
    """A person's running appointment, by names: what a page says of who acts."""

    appointment: UUID
    account: str
    person: UUID
    person_name: str
    org: UUID
    org_name: str
    role: Role
    category: str | None


def roll(
    session: Session,
    now: datetime,
    account: UUID | None = None,
    without: Role | None = None,
) -> list[Office]:
    """Return the running appointments of all accounts, or of one, the oldest first.

    `without` leaves out whoever holds a role.
    """
    query = (
        select(Appointment, Account.name, Person.name, Organisation.name)
        .join(Account, Account.person == Appointment.person)
        .join(Person, Person.id == Appointment.person)
        .join(Organisation, Organisation.id == Appointment.org)
        .where(Appointment.since <= now)
        .where((Appointment.until.is_(None)) | (Appointment.until > now))
        .order_by(Appointment.since, Appointment.id)
    )
    if account is not None:
        query = query.where(Account.id == account)
    if without is not None:
        query = query.where(Appointment.role != without.value)
    return [_office(row) for row in session.execute(query)]


def _office(row: Row[Appointment, str, str, str]) -> Office:
    appointment, account, person, org = row
    return Office(
        appointment.id, account, appointment.person, person, appointment.org, org,
        Role(appointment.role), appointment.category,
    )  # fmt: skip
