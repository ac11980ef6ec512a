"""Parties: organisations and persons, their appointments, and who is what in a project.

The administrator keeps accounts and nothing else: these are the only acts that role may do.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from monitor.record.act import Act
from monitor.record.action import Visibility, action
from monitor.record.identity import new_id
from monitor.record.standing import Appointment, Standing
from monitor.record.table import Recorded
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import PROJECT_ROLES, SEALED_ROLES, Role
from trading.account.office.candidacy import propose
from trading.registration.credit_code import CreditCodeInvalid, checked

MAX_NAME = 200
CONFLICTING = {
    Role.TENDEREE: {Role.DEPARTMENT},
    Role.AGENCY: {Role.DEPARTMENT},
    Role.DEPARTMENT: {Role.TENDEREE, Role.AGENCY},
}
"""Standings that one organisation may not hold together: nobody supervises its own tender."""


class Kind(StrEnum):
    """What an organisation is, which decides what its people may be appointed to."""

    COMPANY = "company"  # 企业
    INSTITUTION = "institution"  # 事业单位, 社会团体, 公证处
    AUTHORITY = "authority"  # 机关
    CENTRE = "centre"  # 公共资源交易中心


_MARKET = {Role.TENDEREE, Role.AGENCY, Role.TENDERER, Role.EXPERT, Role.TRUSTEE, Role.WITNESS}
OFFICES = {
    Kind.COMPANY: _MARKET,
    Kind.INSTITUTION: _MARKET,
    Kind.AUTHORITY: {Role.TENDEREE, Role.DEPARTMENT, Role.DISCIPLINE, Role.TRUSTEE, Role.WITNESS},
    Kind.CENTRE: {Role.CENTRE, Role.FINANCE, Role.ADMINISTRATOR, Role.TRUSTEE},
}
"""The platform's operator never bids there (电子招标投标办法 16, 23), an authority never judges."""


class Organisation(Recorded):
    """A legal person, known by its unified social credit code."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("uscc"),)
    uscc: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]


class Person(Recorded):
    """A natural person: a name, and nothing that the platform need not know."""

    __tablename__ = "person"
    name: Mapped[str]


_BY = (Role.ADMINISTRATOR, Role.SYSTEM)


@action("party.register", by=_BY, visibility=Visibility.SECRET)
def register(act: Act, *, uscc: str, name: str, kind: Kind) -> UUID:
    """Register an organisation; return its id. Raises Invalid, or Conflict for a code known."""
    try:
        code = checked(uscc)
    except CreditCodeInvalid as fault:
        raise _bad_code(fault) from fault
    organisation = Organisation(
        id=new_id(act.now), uscc=code, name=_named(name), kind=Kind(kind).value
    )
    act.on_conflict(
        "organisation_uscc_key",
        lambda _: Conflict("该单位已登记 / this organisation is registered already", field="uscc"),
    )
    act.session.add(organisation)
    act.note(
        subject=str(organisation.id), uscc=code, name=organisation.name, kind=organisation.kind
    )
    return organisation.id


@action("party.enrol", by=_BY, visibility=Visibility.SECRET)
def enrol(act: Act, *, name: str) -> UUID:
    """Enrol a person; return the id. The record itself names nobody. Raises Invalid."""
    person = Person(id=new_id(act.now), name=_named(name))
    act.session.add(person)
    act.note(subject=str(person.id))
    act.note_private(name=person.name)
    return person.id


@action("party.appoint", by=_BY, visibility=Visibility.SECRET)
def appoint(
    act: Act, *, person: UUID, organisation: UUID, role: Role, category: str | None = None
) -> UUID:
    """Appoint a person to a role for an organisation, from now; return the appointment's id.

    Into a sealed office the administrator only proposes: it waits for a colleague there, and what
    is returned is the candidacy's id. `category` is a competent department's trade category.
    Raises NotFound, NotAllowed, Conflict.
    """
    unit = found_organisation(act.session, organisation)
    act.require(
        act.session.get(Person, person, with_for_update=True),
        NotFound("没有此人 / no such person", field="person"),
    )
    act.require(
        person != act.actor.person,
        NotAllowed("不得任命自己 / nobody appoints himself", field="person"),
    )
    act.require(
        role in OFFICES[Kind(unit.kind)],
        NotAllowed(
            "该类单位的人员不得任此岗位 / not a role for this kind of organisation",
            field="role",
            rule="电子招标投标办法 16、23",
        ),
    )
    _require_category(role, category)
    held = set(_held(act, person))
    require_separate(role, {offices.role for offices in held})
    act.require(
        (role.value, organisation) not in {(offices.role, offices.org) for offices in held},
        Conflict("此人已任此职 / holds this role already", field="role"),
    )
    waits = role in SEALED_ROLES and act.actor.role is not Role.SYSTEM
    enter = propose if waits else _appointed
    made = enter(act, person, organisation, role, category)
    act.note(
        subject=str(made),
        person=str(person), organisation=str(organisation), role=role.value,
        category=category or "", waits=waits,
    )  # fmt: skip
    return made


@action("party.dismiss", by=_BY, visibility=Visibility.SECRET)
def dismiss(act: Act, *, appointment: UUID) -> None:
    """End an appointment now. Raises NotFound unless it is running, NotAllowed for one's own.

    So the last administrator cannot leave the platform without one.
    """
    found = act.session.get(Appointment, appointment, with_for_update=True)
    if found is None or found.until is not None:
        raise NotFound("没有有效的任职 / no such running appointment", field="appointment")
    act.require(
        found.person != act.actor.person,
        NotAllowed("不得撤销自己的岗位 / nobody dismisses himself", field="appointment"),
    )
    found.until = act.now
    act.note(subject=str(found.id), person=str(found.person), role=found.role)


@action("standing.assign", by=(Role.CENTRE,))
def assign(act: Act, *, organisation: UUID, role: Role) -> UUID:
    """Write down that an organisation is tenderee, agency, department or trustee of the project.

    Raises NotFound, Invalid for another role, NotAllowed, Conflict when it is so already.
    """
    if act.project is None:
        raise NotFound("没有项目 / no project", field="project")
    unit = found_organisation(act.session, organisation)
    act.require(role in PROJECT_ROLES, Invalid("role", "不是项目角色 / not a role in a project"))
    act.require(
        role in OFFICES[Kind(unit.kind)],
        NotAllowed("该类单位不得任此角色 / not a role for this kind of unit", field="role"),
    )
    others = standings(act.session, act.project, organisation)
    act.require(
        not CONFLICTING.get(role, set()) & others,
        NotAllowed(
            "不得监督自己的项目 / nobody supervises its own tender",
            field="role",
            rule="招标投标法实施条例 4",
        ),
    )
    act.on_conflict(
        "standing_project_org_role_key",
        lambda _: Conflict("已是该角色 / has this standing already", field="organisation"),
    )
    standing = Standing(id=new_id(act.now), project=act.project, org=unit.id, role=role.value)
    act.session.add(standing)
    act.note(subject=str(standing.id), uscc=unit.uscc, name=unit.name, role=role.value)
    return standing.id


def found_organisation(session: Session, organisation: UUID) -> Organisation:
    """Return the organisation; raises NotFound."""
    found = session.get(Organisation, organisation)
    if found is None:
        raise NotFound("没有此单位 / no such organisation", field="organisation")
    return found


def organisation_with(session: Session, uscc: str) -> Organisation | None:
    """Return the organisation that has this credit code, if it is registered."""
    return session.scalar(select(Organisation).where(Organisation.uscc == uscc.strip().upper()))


def standings(session: Session, project: UUID, organisation: UUID) -> set[Role]:
    """Return what an organisation is in a project."""
    rows = session.scalars(
        select(Standing.role).where(Standing.project == project, Standing.org == organisation)
    )
    return {Role(row) for row in rows}


def _bad_code(fault: CreditCodeInvalid) -> Invalid:
    zh, en = str(fault).split(" / ")
    words = f"统一社会信用代码{zh} / unified social credit code: {en}"
    return Invalid("uscc", words, rule="GB 32100-2015")


def _named(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= MAX_NAME:
        raise Invalid("name", f"名称应为1至{MAX_NAME}字 / a name of 1 to {MAX_NAME} characters")
    return name


def _appointed(act: Act, person: UUID, org: UUID, role: Role, category: str | None) -> UUID:
    appointment = Appointment(
        id=new_id(act.now), person=person, org=org, role=role.value, category=category,
        since=act.now, until=None,
    )  # fmt: skip
    act.session.add(appointment)
    return appointment.id


def _held(act: Act, person: UUID) -> list[Appointment]:
    return list(
        act.session.scalars(
            select(Appointment).where(
                Appointment.person == person,
                (Appointment.until.is_(None)) | (Appointment.until > act.now),
            )
        )
    )


def _require_category(role: Role, category: str | None) -> None:
    if (role is Role.DEPARTMENT) != bool(category):
        raise Invalid(
            "category",
            "仅行政监督部门须注明交易类别 / a department, and nobody else, has a category",
        )


def require_separate(role: Role, held: set[str]) -> None:
    """Raise NotAllowed where somebody would keep accounts and hold another office as well."""
    if held and (role is Role.ADMINISTRATOR or Role.ADMINISTRATOR.value in held):
        raise NotAllowed(
            "管理员不得兼任其他角色 / an administrator holds no other role", field="role"
        )
