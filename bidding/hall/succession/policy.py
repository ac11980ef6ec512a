"""Who may follow a trustee: a body of its own, named for what it is, within the quorum policy."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from bidding.envelope.roster import Authority, Roster, Seat
from bidding.envelope.trustee.successor import PATIENCE
from bidding.hall.preparation.readiness import ReadinessTest
from bidding.terms import roster_of
from monitor.record.act import Act
from monitor.record.standing import Appointment
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import Role
from trading.notice.dealt_key import RULE
from trading.notice.holder import holders, insiders
from trading.notice.quorum import COALITION, check_holders
from trading.registration.party import found_organisation


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


def require_kind(act: Act, project: UUID, uscc: str, kind: Authority, roster: Roster) -> None:
    """Refuse a kind other than what the body is: it would slip through the quorum policy."""
    told = {seat.kind for seat in roster.seats if seat.authority == uscc}
    if (own := insiders(act.session, project).get(uscc)) is not None:
        told.add(Authority(own))
    wrong = told - {kind} if told else {kind} & {Authority(each) for each in COALITION}
    act.require(
        not wrong,
        Invalid("kind", "与该单位的身份不符 / is not what this body is", rule=RULE),
    )


def require_quorum(act: Act, project: UUID, seat: int, kind: Authority, authority: str) -> None:
    """Refuse a body with another seat, or by which one body or coalition would be a quorum.

    Counted is who ever could know a seat's key: the set itself, and each successor that was ever
    confirmed in any trade with this set, whatever became of it. Raises NotAllowed, Invalid.
    """
    roster = roster_of(act.session, project)
    seats = [(each.index, each.kind.value, each.authority) for each in roster.seats]
    held = holders(act.session, project, roster.digest, seats)
    act.require(
        authority not in {body for index, _, body in held if index != seat},
        NotAllowed(
            "该单位在同一名册中已有或曾获准接任其他席位 / "
            "this body holds another seat of this set, or was confirmed for one",
            field="person", rule=RULE,
        ),
    )  # fmt: skip
    check_holders(roster.threshold, [*held, (seat, kind.value, authority)])


def require_silent(act: Act, project: UUID, seat: Seat) -> None:
    """Refuse while any machine of a seat answers: a test answered of late says so.

    A standby's key opens what is sealed to the seat: whose other machine is lost still holds it.
    """
    machines = [device.recipient for device in seat.devices]
    heard = act.session.scalar(
        select(ReadinessTest.id)
        .where(ReadinessTest.project == project, ReadinessTest.recipient.in_(machines))
        .where(ReadinessTest.answered_at > act.now - PATIENCE)
        .limit(1)
    )
    act.require(
        heard is None,
        Conflict("该席位的程序正在应答 / this seat's own program answers", rule=RULE, field="seat"),
    )


def is_insider(act: Act, project: UUID, org: UUID) -> bool:
    """Tell whether a body is of those who may not meet a quorum together."""
    return found_organisation(act.session, org).uscc in insiders(act.session, project)
