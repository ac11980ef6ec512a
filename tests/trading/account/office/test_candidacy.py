"""Sealed offices: who keeps the accounts comes into none by a straw person or a new password."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from monitor.record.standing import holds_role
from monitor.refusal import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Refusal,
    TooLate,
    WrongStage,
)
from monitor.role import SEALED_ROLES, SYSTEM, Actor, Role
from tests.builders import an_actor
from tests.trading.account.desk import HOME, PASSWORD, Desk, Member, a_member, a_newcomer
from trading.account.credential import BadInvitation
from trading.account.entry import Wrong
from trading.account.office.candidacy import candidacies, waiting_for
from trading.account.office.confirmation import confirm, refuse
from trading.account.proof.device import Source
from trading.account.session import SignedOut
from trading.registration.party import appoint, dismiss


@dataclass
class Body:
    """A body with one officer of a sealed office, and who keeps the platform's accounts."""

    desk: Desk
    officer: Actor
    administrator: Actor

    def do(self, verb: object, actor: Actor, **inputs: object) -> UUID:
        made: UUID = self.desk.platform.perform(verb, actor, None, **inputs)  # type: ignore[arg-type]
        return made

    def refused(self, verb: object, actor: Actor, **inputs: object) -> type[Refusal]:
        with pytest.raises(Refusal) as told:
            self.do(verb, actor, **inputs)
        return type(told.value)

    def seat(self, person: UUID) -> dict[str, object]:
        """What appoints somebody beside the officer."""
        role = self.officer.role
        category = "works" if role is Role.DEPARTMENT else None
        return {
            "person": person, "organisation": self.officer.org, "role": role, "category": category,
        }  # fmt: skip

    def proposed(self, person: UUID) -> UUID:
        return self.do(appoint, self.administrator, **self.seat(person))

    def holds(self, person: UUID) -> bool:
        actor = Actor(person, self.officer.org, self.officer.role)
        with self.desk.platform.read() as session:
            return holds_role(session, actor, self.desk.clock.now())

    def waiting(self, actor: Actor) -> list[UUID]:
        with self.desk.platform.read() as session:
            return [row.id for row in waiting_for(session, actor, self.desk.clock.now())]

    def states(self, person: UUID) -> list[str]:
        """How a person's candidacies stand now, the newest first."""
        with self.desk.platform.read() as session:
            return [row.state_at(self.desk.clock.now()) for row in candidacies(session, person)]

    def invite(self, by: Actor, person: UUID) -> str:
        return self.desk.accounts.invite(by, person, "")


def a_body(desk: Desk, role: Role = Role.DISCIPLINE) -> Body:
    officer = an_actor(desk.platform, role)
    return Body(desk, officer, an_actor(desk.platform, Role.ADMINISTRATOR))


def straw(desk: Desk) -> tuple[Member, str]:
    """Somebody whose password and second factor whoever keeps accounts knows; signed in."""
    member = a_member(desk, Role.TENDEREE)
    return member, desk.enter(member).token


@pytest.mark.parametrize("role", sorted(SEALED_ROLES))
def test_a_straw_person_is_in_no_sealed_office_before_a_colleague_says_so(
    desk: Desk, role: Role
) -> None:
    body = a_body(desk, role)
    member, token = straw(desk)
    person = member.actor.person
    candidacy = body.proposed(person)
    assert not body.holds(person)
    assert [each.role for each in desk.accounts.offices(token)] == [Role.TENDEREE.value]
    seat = Actor(person, body.officer.org, role)
    stranger = an_actor(desk.platform, role)
    for somebody in (seat, stranger, body.administrator, SYSTEM):
        assert body.refused(confirm, somebody, candidacy=candidacy) in {NotAllowed, NotFound}
    assert not body.holds(person)
    assert not body.waiting(stranger)
    assert body.waiting(body.officer) == [candidacy]
    body.do(confirm, body.officer, candidacy=candidacy)
    assert body.holds(person)
    told = desk.records("candidacy.confirm")[-1]
    assert told["actor"]["id"] == str(body.officer.person)
    assert told["facts"]["proposed_by"] == str(body.administrator.person)


def test_what_an_account_was_entered_with_ends_when_its_person_comes_into_a_sealed_office(
    desk: Desk,
) -> None:
    body = a_body(desk)
    member, token = straw(desk)
    person = member.actor.person
    candidacy = body.proposed(person)
    held = body.invite(body.administrator, person)
    body.do(confirm, body.officer, candidacy=candidacy)
    with pytest.raises(SignedOut):
        desk.accounts.gate.actor_of(token)
    with pytest.raises(BadInvitation):
        desk.accounts.set_password(held, PASSWORD, Source(HOME))
    for code in (member.code(desk), member.recovery[0], ""):
        with pytest.raises(Wrong):
            desk.enter(member, code=code)
    with pytest.raises(NotAllowed, match="a colleague of their own sealed office"):
        body.invite(body.administrator, person)
    fresh = body.invite(body.officer, person)
    desk.accounts.set_password(fresh, "chosen by the person alone", Source(HOME))
    desk.enter(member, password="chosen by the person alone", code="")


def test_an_officers_password_is_no_administrators_to_reset(desk: Desk) -> None:
    """Else whoever has not set up the second factor yet could be replaced by one invitation."""
    member = a_newcomer(desk, Role.DISCIPLINE)
    body = a_body(desk)
    colleague = an_actor(desk.platform, Role.DISCIPLINE, member.actor.org)
    elsewhere = an_actor(desk.platform, Role.DEPARTMENT, member.actor.org)
    for by in (body.administrator, body.officer, elsewhere):
        with pytest.raises(NotAllowed):
            body.invite(by, member.actor.person)
    desk.enter(member)
    with pytest.raises(NotAllowed, match="invites himself"):
        body.invite(member.actor, member.actor.person)
    again = body.invite(colleague, member.actor.person)
    desk.accounts.set_password(again, "nine storks rest at noon", Source(HOME))
    desk.enter(member, password="nine storks rest at noon")


def test_an_officer_invites_nobody_but_colleagues(desk: Desk) -> None:
    body = a_body(desk)
    clerk = an_actor(desk.platform, Role.CENTRE)
    with pytest.raises(NotAllowed, match="no colleague of your office"):
        desk.accounts.invite(body.officer, clerk.person, "some.name")


def test_the_first_holder_of_a_sealed_office_comes_in_at_set_up_alone(desk: Desk) -> None:
    body = a_body(desk)
    person = an_actor(desk.platform, Role.TENDEREE).person
    office = body.do(appoint, SYSTEM, **body.seat(person))
    body.do(dismiss, body.administrator, appointment=office)
    empty = an_actor(desk.platform, Role.TENDEREE, None)
    seat = body.seat(person) | {"organisation": an_actor(desk.platform, Role.DEPARTMENT).org}
    assert body.refused(appoint, body.administrator, **seat) is NotAllowed
    assert body.proposed(empty.person)


def test_nobody_comes_from_one_sealed_office_into_another(desk: Desk) -> None:
    """Else the colleagues of the one would invite somebody who sits in the other."""
    body, other = a_body(desk), a_body(desk, Role.DEPARTMENT)
    assert (
        body.refused(appoint, body.administrator, **body.seat(other.officer.person)) is NotAllowed
    )
    person = an_actor(desk.platform, Role.TENDEREE).person
    here, there = body.proposed(person), other.proposed(person)
    body.do(confirm, body.officer, candidacy=here)
    assert other.refused(confirm, other.officer, candidacy=there) is NotAllowed
    assert not other.holds(person)


def test_a_candidate_is_refused_for_a_reason_and_decided_on_once(desk: Desk) -> None:
    body = a_body(desk)
    person = an_actor(desk.platform, Role.TENDEREE).person
    candidacy = body.proposed(person)
    assert body.refused(appoint, body.administrator, **body.seat(person)) is Conflict
    for empty in ("", " ", "x" * 501):
        assert body.refused(refuse, body.officer, candidacy=candidacy, reason=empty) is Invalid
    body.do(refuse, body.officer, candidacy=candidacy, reason="不是本机关的人")
    assert body.refused(confirm, body.officer, candidacy=candidacy) is WrongStage
    assert not body.holds(person)
    with desk.platform.read() as session:
        assert [row.reason for row in candidacies(session, person)] == ["不是本机关的人"]
    assert body.proposed(person) != candidacy, "asked anew it is another candidacy"


def test_whom_nobody_confirms_in_thirty_days_is_put_forward_anew(desk: Desk) -> None:
    """Else a word given today would let in whom somebody asked for when the office was another."""
    body = a_body(desk)
    late, punctual = (an_actor(desk.platform, Role.TENDEREE).person for _ in range(2))
    old, timely = body.proposed(late), body.proposed(punctual)
    desk.later(days=30, microseconds=-1)
    assert set(body.waiting(body.officer)) == {old, timely}
    assert body.refused(appoint, body.administrator, **body.seat(late)) is Conflict
    body.do(confirm, body.officer, candidacy=timely)
    desk.later(microseconds=1)
    assert (body.waiting(body.officer), body.states(late)) == ([], ["lapsed"])
    with pytest.raises(TooLate, match="lapsed after 30 days"):
        body.do(confirm, body.officer, candidacy=old)
    assert body.refused(refuse, body.officer, candidacy=old, reason="太晚") is TooLate
    assert not body.holds(late)
    again = body.proposed(late)
    assert (body.waiting(body.officer), body.states(late)) == ([again], ["waiting", "lapsed"])
    assert body.refused(confirm, body.officer, candidacy=old) is WrongStage
    body.do(confirm, body.officer, candidacy=again)
    assert body.holds(late)
