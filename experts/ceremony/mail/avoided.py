"""Whose people a draw avoids by the trade itself, as it stood when the draw was asked for."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from experts.ceremony.mail.request import DrawRequest
from monitor.record.identity import moment_of
from monitor.record.standing import Standing
from monitor.role import Role
from trading.registration.party import Organisation, found_organisation
from trading.registration.project import found_project


def purchaser_of(session: Session, request: DrawRequest) -> str:
    """Return the owner's credit code."""
    return _code(session, found_project(session, request.project).owner)


def agents_of(session: Session, request: DrawRequest) -> list[str]:
    """Return the agency's credit code; [] where the owner has none."""
    agency = found_project(session, request.project).agency
    return [] if agency is None else [_code(session, agency)]


def supervisors_of(session: Session, request: DrawRequest) -> list[str]:
    """Return the credit codes of the trade's supervising departments (招标投标法实施条例 46).

    One that came after the request does not count: centre, inspector and the proof that an expert
    is given later must find the same.
    """
    rows = session.execute(
        select(Standing.id, Organisation.uscc)
        .join(Organisation, Organisation.id == Standing.org)
        .where(Standing.project == request.project, Standing.role == Role.DEPARTMENT.value)
    )
    return sorted(row.uscc for row in rows if moment_of(row.id) <= request.asked_at)


def _code(session: Session, organisation: UUID) -> str:
    return found_organisation(session, organisation).uscc
