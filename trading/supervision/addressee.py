"""Addressees: whom supervision may warn or order in a trade, and in which role they answer."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from monitor.record.act import Act
from monitor.record.standing import Standing
from monitor.refusal import Invalid, NotAllowed
from monitor.role import PROJECT_ROLES, Role
from trading.registration.party import Kind, Organisation, found_organisation, standings

ADDRESSEES = (Role.TENDEREE, Role.AGENCY, Role.CENTRE, Role.FINANCE, Role.TRUSTEE)
"""Who may be addressed. Never a tenderer: before CLOSE an order would name one (招标投标法 22)."""


def addressees(session: Session, project: UUID) -> list[tuple[UUID, str, Role]]:
    """Return whom an order may be addressed to in a trade: (organisation, its name, its role)."""
    rows = session.execute(
        select(Organisation.id, Organisation.name, Standing.role)
        .join(Standing, Standing.org == Organisation.id)
        .where(Standing.project == project)
        .where(Standing.role.in_([role.value for role in ADDRESSEES]))
        .order_by(Standing.id)
    )
    centres = session.scalars(
        select(Organisation).where(Organisation.kind == Kind.CENTRE.value).order_by(Organisation.id)
    )
    found = [(org, name, Role(role)) for org, name, role in rows]
    serving = [(one.id, one.name) for one in centres]
    return found + [(*one, role) for one in serving for role in (Role.CENTRE, Role.FINANCE)]


def require_part(act: Act, project: UUID, org: UUID, role: Role) -> None:
    """Refuse one who may not be addressed in that role here; raises Invalid, NotFound, NotAllowed.

    org: an organisation that stands in the trade in that role, or a centre that serves it.
    """
    unit = found_organisation(act.session, org)
    act.require(
        role in ADDRESSEES,
        Invalid("role", "不得向此角色发督办单 / not a role that may be ordered"),
    )
    part = role in standings(act.session, project, unit.id)
    serves = role not in PROJECT_ROLES and unit.kind == Kind.CENTRE
    act.require(
        part or serves,
        NotAllowed("该单位在本项目中没有此身份 / has no such part here", field="addressee"),
    )
