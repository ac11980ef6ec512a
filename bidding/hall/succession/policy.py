"""Who may follow a trustee: a body of its own, named for what it is, within the quorum policy."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from bidding.envelope.roster import Authority, Roster
from bidding.hall.preparation.readiness import ReadinessTest
from monitor.record.act import Act
from monitor.record.standing import Appointment
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.notice.dealt_key import RULE
from trading.notice.quorum import COALITION, Quorum, check_quorum
from trading.registration.party import standings
from trading.registration.project import found_project

PATIENCE = timedelta(minutes=10)
"""How long a machine may take to answer the last call; our own figure, no rule names one."""
_CENTRES = (Role.CENTRE.value, Role.FINANCE.value, Role.ADMINISTRATOR.value)


def successor_body(act: Act, person: UUID) -> UUID:
    """Return the organisation of a successor, a trustee by appointment; raises NotFound."""
    act.require(
        person != act.actor.person,
        NotAllowed("不得指定自己 / nobody names himself", field="person", rule=RULE),
    )
    org = act.session.scalar(
        select(Appointment.org)
        .where(Appointment.person == person, Appointment.role == Role.TRUSTEE.value)
        .where(Appointment.since <= act.now)
        .where((Appointment.until.is_(None)) | (Appointment.until > act.now))
        .limit(1)
    )
    if org is None:
        raise NotFound(
            "此人不是受托人 / this person is no trustee by appointment", field="person", rule=RULE
        )
    return org


def require_kind(
    act: Act, project: UUID, org: UUID, uscc: str, kind: Authority, roster: Roster
) -> None:
    """Refuse a kind other than what the body is: it would slip through the quorum policy."""
    told = {seat.kind for seat in roster.seats if seat.authority == uscc}
    if org == found_project(act.session, project).owner:
        told.add(Authority.TENDEREE)
    elif Role.AGENCY in standings(act.session, project, org):
        told.add(Authority.AGENCY)
    elif _is_centre(act, org):
        told.add(Authority.CENTRE)
    wrong = told - {kind} if told else {kind} & {Authority(each) for each in COALITION}
    act.require(
        not wrong,
        Invalid("kind", "与该单位的身份不符 / is not what this body is", rule=RULE),
    )


def require_quorum(act: Act, standing: Roster, seat: int, kind: Authority, authority: str) -> None:
    """Refuse a body with a seat already, or by which one body or coalition would be a quorum."""
    others = [each for each in standing.seats if each.index != seat]
    act.require(
        authority not in {each.authority for each in others},
        NotAllowed("该单位已有席位 / this body holds a seat already", field="person", rule=RULE),
    )
    seats = [(each.kind.value, each.authority) for each in others]
    check_quorum(Quorum(standing.threshold, ((kind.value, authority), *seats), ""))


def require_silent(act: Act, project: UUID, lost: str) -> None:
    """Refuse while the seat answers: a test answered within the last ten minutes says so."""
    heard = act.session.scalar(
        select(ReadinessTest.id)
        .where(ReadinessTest.project == project, ReadinessTest.recipient == lost)
        .where(ReadinessTest.answered_at > act.now - PATIENCE)
        .limit(1)
    )
    act.require(
        heard is None,
        Conflict("该席位的程序正在应答 / this seat's own program answers", rule=RULE, field="seat"),
    )


def is_insider(act: Act, project: UUID, org: UUID) -> bool:
    """Tell whether a body is of those who may not meet a quorum together."""
    owner = found_project(act.session, project).owner
    agency = Role.AGENCY in standings(act.session, project, org)
    return org == owner or agency or _is_centre(act, org)


def _is_centre(act: Act, org: UUID) -> bool:
    found = select(Appointment.id).where(Appointment.org == org, Appointment.role.in_(_CENTRES))
    return act.session.scalar(found.limit(1)) is not None
