"""Ready-made parties for tests, made by the platform's own actions."""

import secrets
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import TABLE
from monitor.record.platform import Platform
from monitor.record.standing import Standing, stands_in
from monitor.refusal import Refusal
from monitor.role import SYSTEM, Actor, Role
from trading.notice.participation import join, mask_of
from trading.registration.credit_code import ALPHABET, check_character
from trading.registration.party import Kind, Organisation, appoint, assign, enrol, register

KIND_OF = {
    Role.CENTRE: Kind.CENTRE,
    Role.FINANCE: Kind.CENTRE,
    Role.ADMINISTRATOR: Kind.CENTRE,
    Role.DEPARTMENT: Kind.AUTHORITY,
    Role.DISCIPLINE: Kind.AUTHORITY,
}


def a_credit_code() -> str:
    """A unified social credit code that nobody has, rightly checked."""
    body = "91350100MA" + "".join(secrets.choice(ALPHABET) for _ in range(7))
    return body + check_character(body)


def an_organisation(
    platform: Platform,
    kind: Kind = Kind.COMPANY,
    *,
    name: str | None = None,
    uscc: str | None = None,
) -> UUID:
    """A registered organisation; its id."""
    code = uscc or a_credit_code()
    return platform.perform(
        register, SYSTEM, None, uscc=code, name=name or f"测试单位{code[-8:]}", kind=kind
    )


def an_actor(
    platform: Platform,
    role: Role,
    org: UUID | None = None,
    *,
    mask: str | None = None,
    category: str = "works",
) -> Actor:
    """A new person, appointed to the role for the organisation (or for a new one that suits)."""
    if org is None:
        org = an_organisation(platform, KIND_OF.get(role, Kind.COMPANY))
    person = platform.perform(enrol, SYSTEM, None, name=f"测试人{secrets.token_hex(2)}")
    platform.perform(
        appoint,
        SYSTEM,
        None,
        person=person,
        organisation=org,
        role=role,
        category=category if role is Role.DEPARTMENT else None,
    )
    return Actor(person, org, role, mask)


def a_standing(
    platform: Platform, project: UUID, actor: Actor, centre: Actor | None = None
) -> Actor:
    """The actor, whose organisation now stands in its role in the project (assigned by the centre)."""
    with platform.read() as session:
        if stands_in(session, actor, project):
            return actor
    centre = centre or an_actor(platform, Role.CENTRE)
    platform.perform(assign, centre, project, organisation=actor.org, role=actor.role)
    return actor


def who_stands(session: Session, project: UUID, role: Role) -> list[Organisation]:
    """The organisations that hold this standing in a project."""
    query = select(Organisation).join(Standing, Standing.org == Organisation.id)
    found = query.where(Standing.project == project, Standing.role == role.value)
    return list(session.scalars(found))


def a_participation(platform: Platform, project: UUID, org: UUID | None = None) -> Actor:
    """A tenderer who has joined the project under a pseudonym."""
    key = secrets.token_bytes(32)
    bidder = an_actor(platform, Role.TENDERER, org, mask=mask_of(key))
    platform.perform(join, bidder, project, public_key=key, sealed_identity=secrets.token_bytes(64))
    return bidder


def the_act(platform: Platform, name: str, project: UUID, *, fail: Refusal | None = None) -> None:
    """A public act of that name on record, done by the system (or refused), and nothing else.

    It stands for acts of higher packages, of which only the moment counts here.
    """

    TABLE.setdefault(name, {})

    def run(act: Act) -> None:
        act.require(fail is None, fail or Refusal(""))

    verb = Action(name, frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    platform.perform(verb, SYSTEM, project)
