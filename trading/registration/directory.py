"""The directory 名录: who is registered, enrolled and appointed, and how each one's account stands.

For whoever keeps accounts. It tells nothing of when anybody signs in: before CLOSE that would tell
who is about to bid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from monitor.record.standing import Appointment
from monitor.role import Role
from trading.account.account import Account, Invitation
from trading.registration.party import Kind, Organisation, Person

Row = TypeVar("Row")
PAGE = 50
NAMED = 3
"""People whose names stand beside their organisation; the rest is a number."""


class State(StrEnum):
    """How somebody's account stands."""

    NONE = "none"
    INVITED = "invited"
    LAPSED = "lapsed"  # invited, and no password set in time
    ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Office:
    """A running appointment."""

    id: UUID
    org: UUID
    org_name: str
    role: Role
    category: str | None
    since: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """A person with the running appointments, oldest first, and the state of the account.

    `invited_until` is when the present invitation ends, None where there is none to use.
    """

    id: UUID
    name: str
    offices: tuple[Office, ...]
    account: str
    state: State
    second_factor: bool
    invited_until: datetime | None


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation, how many people hold an office there, and the names of a few of them."""

    id: UUID
    uscc: str
    name: str
    kind: Kind
    number: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet(Generic[Row]):
    """One page of a list, and whether another follows."""

    rows: tuple[Row, ...]
    more: bool


def people(
    session: Session, now: datetime, words: str = "", role: Role | None = None, page: int = 1
) -> Sheet[Known]:
    """Return people by name, account, or an organisation of theirs by name or credit code.

    The newest first, but those of the pool of experts last: they are many, and kept elsewhere.
    """
    query = select(Person.id).outerjoin(Account, Account.person == Person.id)
    if sought := _words(words):
        there = _holders(now).where(_organisation_has(sought))
        names = or_(_has(Person.name, sought), _has(Account.name, sought))
        query = query.where(or_(names, Person.id.in_(there)))
    if role is not None:
        query = query.where(Person.id.in_(_holders(now).where(Appointment.role == role.value)))
    experts = _holders(now).where(Appointment.role == Role.EXPERT.value)
    ordered = query.order_by(Person.id.in_(experts), Person.id.desc())
    ids, more = _cut(session.scalars(ordered.offset((page - 1) * PAGE).limit(PAGE + 1)).all())
    return Sheet(tuple(_known(session, ids, now)), more)


def person_known(session: Session, person: UUID, now: datetime) -> Known | None:
    """Return one person, or None."""
    return next(iter(_known(session, [person], now)), None)


def organisations(
    session: Session, now: datetime, words: str = "", kind: Kind | None = None, page: int = 1
) -> Sheet[Unit]:
    """Return organisations by name or credit code, the newest first."""
    query = select(Organisation)
    if sought := _words(words):
        query = query.where(_organisation_has(sought))
    if kind is not None:
        query = query.where(Organisation.kind == kind.value)
    ordered = query.order_by(Organisation.id.desc())
    rows, more = _cut(session.scalars(ordered.offset((page - 1) * PAGE).limit(PAGE + 1)).all())
    there = _people_of(session, [row.id for row in rows], now)
    return Sheet(
        tuple(
            Unit(row.id, row.uscc, row.name, Kind(row.kind), len(there[row.id]),
                 tuple(name for _, name in there[row.id][:NAMED]))
            for row in rows
        ),
        more,
    )  # fmt: skip


def everybody(session: Session, now: datetime) -> list[Known]:
    """Return everybody but the pool's experts, for a list to choose from, by name."""
    experts = _holders(now).where(Appointment.role == Role.EXPERT.value)
    query = select(Person.id).where(Person.id.not_in(experts)).order_by(Person.name, Person.id)
    return _known(session, session.scalars(query).all(), now)


def every_organisation(session: Session) -> list[tuple[UUID, str, str]]:
    """Return id, name and credit code of every organisation, by name, to choose from."""
    query = select(Organisation.id, Organisation.name, Organisation.uscc)
    found = session.execute(query.order_by(Organisation.name, Organisation.id))
    return [(row.id, row.name, row.uscc) for row in found]


def holder(session: Session, appointment: UUID) -> UUID | None:
    """Return who holds or held an appointment."""
    return session.scalar(select(Appointment.person).where(Appointment.id == appointment))


def _known(session: Session, ids: Sequence[UUID], now: datetime) -> list[Known]:
    """Return these people, in this order."""
    names = {
        row.id: row.name
        for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    }
    offices, accounts = _offices(session, ids, now), _accounts(session, ids, now)
    none = ("", State.NONE, False, None)
    return [
        Known(each, names[each], tuple(offices[each]), *accounts.get(each, none))
        for each in ids
        if each in names
    ]


def _offices(
    session: Session, people: Sequence[UUID], now: datetime
) -> defaultdict[UUID, list[Office]]:
    query = (
        select(Appointment, Organisation.name)
        .join(Organisation, Organisation.id == Appointment.org)
        .where(Appointment.person.in_(people), _runs(now))
        .order_by(Appointment.since, Appointment.id)
    )
    found = defaultdict[UUID, list[Office]](list)
    for row, name in session.execute(query):
        office = Office(row.id, row.org, name, Role(row.role), row.category, row.since)
        found[row.person].append(office)
    return found


def _accounts(
    session: Session, people: Sequence[UUID], now: datetime
) -> dict[UUID, tuple[str, State, bool, datetime | None]]:
    open_until = (
        select(Invitation.account, func.max(Invitation.ends).label("ends"))
        .where(Invitation.used_at.is_(None), Invitation.void_at.is_(None), Invitation.ends > now)
        .group_by(Invitation.account)
        .subquery()
    )
    query = (
        select(Account, open_until.c.ends)
        .outerjoin(open_until, open_until.c.account == Account.id)
        .where(Account.person.in_(people))
    )
    return {
        row.person: (row.name, _state(row, ends), row.totp is not None, ends)
        for row, ends in session.execute(query)
    }


def _state(row: Account, invited_until: datetime | None) -> State:
    if row.password is not None:
        return State.ACTIVE
    return State.INVITED if invited_until else State.LAPSED


def _people_of(
    session: Session, organisations: Sequence[UUID], now: datetime
) -> defaultdict[UUID, list[tuple[UUID, str]]]:
    query = (
        select(Appointment.org, Person.id, Person.name)
        .join(Person, Person.id == Appointment.person)
        .where(Appointment.org.in_(organisations), _runs(now))
        .distinct()
        .order_by(Appointment.org, Person.id)
    )
    found = defaultdict[UUID, list[tuple[UUID, str]]](list)
    for org, person, name in session.execute(query):
        found[org].append((person, name))
    return found


def _holders(now: datetime) -> Any:
    """Select who holds a running appointment, with the organisation to ask for."""
    return (
        select(Appointment.person)
        .join(Organisation, Organisation.id == Appointment.org)
        .where(_runs(now))
    )


def _runs(now: datetime) -> ColumnElement[bool]:
    open_ended = or_(Appointment.until.is_(None), Appointment.until > now)
    return (Appointment.since <= now) & open_ended


def _organisation_has(words: str) -> ColumnElement[bool]:
    return or_(_has(Organisation.name, words), _has(Organisation.uscc, words))


def _has(column: Any, words: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.icontains(words, autoescape=True)
    return found


def _words(typed: str) -> str:
    return typed.replace("\0", "").strip()


def _cut(rows: Sequence[Row]) -> tuple[Sequence[Row], bool]:
    return rows[:PAGE], len(rows) > PAGE
