"""Invitations, passwords and second factors: who may give, set and change them."""

import pytest

from monitor.refusal import NotAllowed, NotFound, Refusal
from monitor.role import SYSTEM, Role
from tests.builders import an_actor
from tests.trading.account.desk import HOME, PASSWORD, Desk, a_member, a_newcomer, an_invited, enrol
from trading.account.credential import BadInvitation, ConfirmFirst
from trading.account.entry import Wrong
from trading.account.limit.limiter import TooMany
from trading.account.proof.device import Source
from trading.account.session import SignedOut
from trading.registration.party import appoint


def test_an_invitation_is_used_once(desk: Desk) -> None:
    member, invitation = an_invited(desk)
    desk.accounts.set_password(invitation, PASSWORD, Source(HOME))
    with pytest.raises(BadInvitation):
        desk.accounts.set_password(invitation, "another herons at dawn", Source(HOME))
    desk.enter(member)
    assert desk.records("account.set_password")[-1]["outcome"]["refused"] == "not_allowed"


def test_a_bad_password_does_not_use_the_invitation_up(desk: Desk) -> None:
    member, invitation = an_invited(desk)
    for bad in ("short", "password1234", "abababababababab", f"{member.name}{member.name}1"):
        with pytest.raises(Refusal) as refused:
            desk.accounts.set_password(invitation, bad, Source(HOME))
        assert refused.value.field == "password"
    desk.accounts.set_password(invitation, PASSWORD, Source(HOME))


def test_an_invitation_lapses_after_its_time_and_by_the_next_one(desk: Desk) -> None:
    member, first = an_invited(desk)
    second = desk.accounts.invite(SYSTEM, member.actor.person, "")
    with pytest.raises(BadInvitation):
        desk.accounts.set_password(first, PASSWORD, Source(HOME))
    desk.later(hours=72)
    with pytest.raises(BadInvitation):
        desk.accounts.set_password(second, PASSWORD, Source(HOME))


def test_an_invited_guesser_of_invitations_is_slowed_by_address(desk: Desk) -> None:
    for _ in range(20):
        with pytest.raises(BadInvitation):
            desk.accounts.set_password("guess", PASSWORD, Source(HOME))
    with pytest.raises(TooMany):
        desk.accounts.set_password("guess", PASSWORD, Source(HOME))


def test_an_administrator_who_resets_a_password_still_has_no_second_factor(desk: Desk) -> None:
    member, administrator = (
        a_member(desk, Role.FINANCE),
        an_actor(desk.platform, Role.ADMINISTRATOR),
    )
    token = desk.enter(member).token
    invitation = desk.accounts.invite(administrator, member.actor.person, "")
    desk.accounts.set_password(invitation, "what the administrator chose", Source(HOME))
    with pytest.raises(SignedOut):
        desk.accounts.gate.actor_of(token)
    with pytest.raises(Wrong):
        desk.enter(member, password="what the administrator chose", code="")


def test_an_administrator_invites_neither_himself_nor_takes_an_office(desk: Desk) -> None:
    administrator = a_member(desk, Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed, match="invites himself"):
        desk.accounts.invite(administrator.actor, administrator.actor.person, "")
    finance = a_member(desk, Role.FINANCE)
    token = desk.enter(administrator).token
    with pytest.raises(Refusal):
        desk.accounts.switch(token, finance.appointment)
    with pytest.raises(NotAllowed, match="appoints himself"):
        desk.platform.perform(
            appoint, desk.accounts.gate.actor_of(token), None, person=administrator.actor.person,
            organisation=administrator.actor.org, role=Role.FINANCE,
        )  # fmt: skip
    assert desk.accounts.gate.actor_of(token) == administrator.actor


def test_only_an_administrator_invites(desk: Desk) -> None:
    target = an_actor(desk.platform, Role.TENDERER)
    for role in (Role.CENTRE, Role.FINANCE, Role.TENDERER):
        with pytest.raises(NotAllowed):
            desk.accounts.invite(an_actor(desk.platform, role), target.person, "guest-name")


def test_one_name_belongs_to_one_account(desk: Desk) -> None:
    member = a_newcomer(desk)
    other = an_actor(desk.platform, Role.TENDERER)
    with pytest.raises(Refusal, match="taken"):
        desk.accounts.invite(SYSTEM, other.person, member.name.upper())


def test_a_password_is_changed_by_the_present_one_and_ends_the_other_sessions(desk: Desk) -> None:
    member = a_member(desk)
    other, token = desk.enter(member).token, desk.enter(member).token
    with pytest.raises(Wrong):
        desk.accounts.change_password(token, "not the present one", member.code(desk), "x" * 20)
    with pytest.raises(Refusal, match="characters"):
        desk.accounts.change_password(token, PASSWORD, member.code(desk), "short")
    desk.accounts.change_password(token, PASSWORD, member.code(desk), "nine storks rest at noon")
    desk.accounts.gate.actor_of(token)
    with pytest.raises(SignedOut):
        desk.accounts.gate.actor_of(other)
    with pytest.raises(Wrong):
        desk.enter(member)
    desk.enter(member, password="nine storks rest at noon")


def test_a_session_alone_does_not_replace_the_second_factor(desk: Desk) -> None:
    member = a_member(desk)
    token = desk.enter(member).token
    desk.later(minutes=6)
    with pytest.raises(ConfirmFirst):
        enrol(desk, member, token)
    desk.accounts.confirm(token, PASSWORD, member.code(desk), Source(HOME))
    before = member.secret
    enrol(desk, member, token)
    assert member.secret != before
    desk.enter(member)


def test_an_offered_second_factor_is_of_its_own_session(desk: Desk) -> None:
    victim, attacker = a_newcomer(desk), a_newcomer(desk)
    mine, theirs = desk.enter(attacker).token, desk.enter(victim).token
    offer = desk.accounts.offer_totp(mine)
    attacker.secret = offer.secret
    for ticket in (offer.ticket, offer.ticket[:-8] + "AAAAAAA=", "", "é"):
        with pytest.raises(Wrong):
            desk.accounts.enrol_totp(theirs, ticket, attacker.code(desk))
    desk.accounts.enrol_totp(mine, offer.ticket, attacker.code(desk))


def test_a_new_second_factor_ends_the_old_recovery_codes(desk: Desk) -> None:
    member = a_member(desk)
    old = member.recovery[0]
    enrol(desk, member, desk.enter(member).token)
    with pytest.raises(Wrong):
        desk.enter(member, code=old)
    desk.enter(member, code=member.recovery[0])


def test_the_code_that_enrolled_is_not_good_for_signing_in(desk: Desk) -> None:
    member = a_newcomer(desk)
    token = desk.enter(member).token
    offer = desk.accounts.offer_totp(token)
    member.secret = offer.secret
    code = member.code(desk)
    desk.accounts.enrol_totp(token, offer.ticket, code)
    with pytest.raises(Wrong):
        desk.enter(member, code=code)


def test_nobody_is_invited_who_was_not_enrolled(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.accounts.invite(SYSTEM, SYSTEM.person, "ghost")
