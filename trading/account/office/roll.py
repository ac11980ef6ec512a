"""The roll: who has an account, and the offices that each may act from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, bindparam, select
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


RUNNING = (
    select(Appointment, Account.name, Person.name, Organisation.name)
    .join(Account, Account.person == Appointment.person)
    .join(Person, Person.id == Appointment.person)
    .join(Organisation, Organisation.id == Appointment.org)
    .where(Appointment.since <= bindparam("now"))
    .where((Appointment.until.is_(None)) | (Appointment.until > bindparam("now")))
    .order_by(Appointment.since, Appointment.id)
)
OF_ACCOUNT = RUNNING.where(Account.id == bindparam("account"))
"""Asked with every request, so put together once."""


def roll(session: Session, now: datetime, without: Role | None = None) -> list[Office]:
    """Return the running appointments of all accounts, the oldest first.

    `without` leaves out whoever holds a role.
    """
    query = RUNNING if without is None else RUNNING.where(Appointment.role != without.value)
    return [_office(row) for row in session.execute(query, {"now": now})]


def offices_of(session: Session, now: datetime, account: UUID) -> list[Office]:
    """Return the running appointments of one account, the oldest first."""
    told = session.execute(OF_ACCOUNT, {"now": now, "account": account})
    return [_office(row) for row in told]


def _office(row: Row[Appointment, str, str, str]) -> Office:
    appointment, account, person, org = row
    return Office(
        appointment.id, account, appointment.person, person, appointment.org, org,
        Role(appointment.role), appointment.category,
    )  # fmt: skip
