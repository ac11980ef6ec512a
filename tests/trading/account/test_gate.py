"""Sessions: how long they last, who ends them, what they may do, and under which mask."""

from datetime import timedelta
from fnmatch import fnmatchcase
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from monitor.record.platform import Platform
from monitor.refusal import NotAllowed, NotFound, Refusal
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.valkey import EmbeddedValkey
from tests.builders import an_actor
from tests.stories.test_role_matrix import registered
from tests.trading.account.desk import HOME, PASSWORD, Desk, a_member, a_newcomer
from trading.account.credential import ConfirmFirst
from trading.account.entry import Wrong, expel
from trading.account.gate import CONFIRM, MASKED, EnrolFirst, Forged, OfficeEnded
from trading.account.limit.limiter import TooMany
from trading.account.proof.device import Source
from trading.account.proof.mask import message
from trading.account.session import Policy, SignedOut
from trading.notice.participation import mask_of
from trading.registration.party import appoint, dismiss

P = 2**255 - 19
EIGHTH = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
DEAD = "unix:///nowhere/valkey.sock"


def records(platform: Platform) -> int:
    with platform.read() as session:
        return int(session.execute(text("SELECT count(*) FROM record")).scalar_one())


def is_in(desk: Desk, token: str) -> bool:
    try:
        desk.accounts.gate.actor_of(token)
    except SignedOut:
        return False
    return True


def test_an_idle_session_ends_and_does_not_come_back(desk: Desk) -> None:
    token = desk.enter(a_member(desk)).token
    for _ in range(5):
        desk.later(minutes=29)
        assert is_in(desk, token)
    desk.later(minutes=31)
    assert not is_in(desk, token)
    assert not is_in(desk, token)


def test_a_session_in_constant_use_ends_after_eight_hours(desk: Desk) -> None:
    token = desk.enter(a_member(desk)).token
    for _ in range(23):
        desk.later(minutes=20)
        assert is_in(desk, token)
    desk.later(minutes=20)
    assert not is_in(desk, token)


def test_using_a_session_writes_nothing_on_record(desk: Desk) -> None:
    token = desk.enter(a_member(desk)).token
    before = records(desk.platform)
    for _ in range(3):
        desk.later(minutes=5)
        assert is_in(desk, token)
    assert records(desk.platform) == before


def test_without_valkey_the_absolute_limit_still_ends_a_session(desk: Desk) -> None:
    token = desk.enter(a_member(desk)).token
    elsewhere = desk.reopened(DEAD)
    desk.later(hours=7, minutes=59)
    elsewhere.gate.actor_of(token)
    desk.later(minutes=1)
    with pytest.raises(SignedOut):
        elsewhere.gate.actor_of(token)


def test_what_valkey_forgot_counts_as_not_used_since_sign_in(desk: Desk) -> None:
    member = a_member(desk)
    entrance = desk.enter(member)
    desk.later(minutes=20)
    assert is_in(desk, entrance.token)
    desk.accounts.gate.seen.forget([entrance.session])
    desk.later(minutes=20)
    assert not is_in(desk, entrance.token)


@pytest.mark.parametrize("token", ["", "x" * 43, "\ud800", "' OR 1=1"])
def test_a_token_that_nobody_gave_out_is_nobody(desk: Desk, token: str) -> None:
    with pytest.raises(SignedOut):
        desk.accounts.gate.actor_of(token)


def test_the_digest_that_a_database_thief_finds_is_no_token(desk: Desk) -> None:
    desk.enter(a_member(desk))
    with desk.platform.read() as session:
        digests = session.scalars(text("SELECT digest FROM account_session")).all()
    assert digests
    assert not any(is_in(desk, digest.hex()) for digest in digests)


def test_a_token_is_dead_after_sign_out(desk: Desk) -> None:
    token = desk.enter(a_member(desk)).token
    desk.accounts.sign_out(token)
    assert not is_in(desk, token)
    with pytest.raises(SignedOut):
        desk.accounts.sign_out(token)


def test_a_revoked_device_is_out_at_once_and_the_revoker_is_not(desk: Desk) -> None:
    member = a_member(desk)
    lost, mine = desk.enter(member), desk.enter(member)
    assert lost.session in {each.session for each in desk.accounts.devices(mine.token)}
    desk.accounts.revoke(mine.token, (lost.session,))
    assert not is_in(desk, lost.token)
    assert is_in(desk, mine.token)
    assert lost.session not in {each.session for each in desk.accounts.devices(mine.token)}


def test_nobody_revokes_a_rivals_session(desk: Desk) -> None:
    victim, rival = desk.enter(a_member(desk)), desk.enter(a_member(desk))
    with pytest.raises(NotFound):
        desk.accounts.revoke(rival.token, (victim.session,))
    assert is_in(desk, victim.token)


def test_an_administrator_expels_in_sight_of_the_inspectors_and_the_person_returns(
    desk: Desk,
) -> None:
    member, administrator = a_member(desk), an_actor(desk.platform, Role.ADMINISTRATOR)
    token = desk.enter(member).token
    desk.platform.perform(expel, administrator, None, person=member.actor.person)
    assert not is_in(desk, token)
    assert desk.records("account.expel")[-1]["actor"]["id"] == str(administrator.person)
    assert is_in(desk, desk.enter(member).token)
    with pytest.raises(NotAllowed):
        desk.platform.perform(expel, member.actor, None, person=administrator.person)


def test_a_dismissed_appointment_ends_at_once(desk: Desk) -> None:
    member = a_member(desk)
    token = desk.enter(member).token
    desk.platform.perform(dismiss, SYSTEM, None, appointment=member.appointment)
    with pytest.raises(OfficeEnded):
        desk.accounts.gate.actor_of(token)
    with pytest.raises(OfficeEnded):
        desk.accounts.confirm(token, PASSWORD, member.code(desk), Source(HOME))
    desk.accounts.sign_out(token)
    assert not is_in(desk, token)


def test_one_acts_under_one_office_at_a_time_and_a_page_of_another_is_refused(desk: Desk) -> None:
    member = a_member(desk)
    second = desk.platform.perform(
        appoint, SYSTEM, None, person=member.actor.person, organisation=member.actor.org,
        role=Role.WITNESS,
    )  # fmt: skip
    token, gate = desk.enter(member).token, desk.accounts.gate
    assert gate.actor_of(token, member.appointment) == member.actor
    with pytest.raises(NotAllowed, match="another of your offices"):
        gate.actor_of(token, second)
    desk.accounts.switch(token, second)
    assert gate.actor_of(token, second).role is Role.WITNESS
    with pytest.raises(NotAllowed, match="another of your offices"):
        gate.actor_of(token, member.appointment)


def test_switching_lends_nobody_an_office(desk: Desk) -> None:
    member, finance = a_member(desk), a_member(desk, Role.FINANCE)
    token = desk.enter(member).token
    for foreign in (finance.appointment, uuid4()):
        with pytest.raises(NotFound):
            desk.accounts.switch(token, foreign)
    assert desk.accounts.gate.actor_of(token) == member.actor


def test_weighty_acts_ask_for_a_proof_of_the_last_five_minutes(desk: Desk) -> None:
    member = a_member(desk, Role.FINANCE)
    token, gate = desk.enter(member).token, desk.accounts.gate
    assert gate.admit(token, "deposit.approve_refund") == member.actor
    desk.later(minutes=5, seconds=1)
    with pytest.raises(ConfirmFirst):
        gate.admit(token, "deposit.approve_refund")
    assert gate.admit(token, "deposit.announce") == member.actor
    with pytest.raises(Wrong):
        desk.accounts.confirm(token, "wrong herons at dawn", member.code(desk), Source(HOME))
    with pytest.raises(ConfirmFirst):
        gate.admit(token, "deposit.approve_refund")
    desk.accounts.confirm(token, PASSWORD, member.code(desk), Source(HOME))
    gate.admit(token, "deposit.approve_refund")


def test_a_confirmation_is_not_given_with_another_persons_password(desk: Desk) -> None:
    member = a_member(desk, Role.FINANCE)
    token = desk.enter(member).token
    code = member.code(desk)
    desk.accounts.confirm(token, PASSWORD, code, Source(HOME))
    with pytest.raises(Wrong):
        desk.accounts.confirm(token, PASSWORD, code, Source(HOME))


def test_guessing_at_the_confirmation_is_slowed(desk: Desk) -> None:
    token = desk.enter(a_member(desk)).token
    for _ in range(5):
        with pytest.raises(Wrong):
            desk.accounts.confirm(token, "guess", "000000", Source(HOME))
    with pytest.raises(TooMany):
        desk.accounts.confirm(token, "guess", "000000", Source(HOME))


def test_every_demand_names_an_act_of_the_house() -> None:
    actions = registered()
    for pattern in (*CONFIRM, *MASKED):
        assert any(fnmatchcase(name, pattern) for name in actions), pattern
    for name in MASKED:
        assert actions[name].by == {Role.TENDERER}


def test_a_forms_token_of_another_session_is_refused(desk: Desk) -> None:
    gate = desk.accounts.gate
    victim, attacker = desk.enter(a_member(desk)).token, desk.enter(a_member(desk)).token
    gate.require_csrf(victim, gate.csrf(victim))
    for forged in (gate.csrf(attacker), "", "é", gate.csrf(victim)[:-1]):
        with pytest.raises(Forged):
            gate.require_csrf(victim, forged)
    with pytest.raises(Forged):
        gate.require_csrf("", gate.csrf(""))


def test_a_policy_may_let_a_role_act_without_a_second_factor(
    desk: Desk, valkey: EmbeddedValkey
) -> None:
    member = a_newcomer(desk)
    token = desk.enter(member).token
    with pytest.raises(EnrolFirst):
        desk.accounts.gate.actor_of(token)
    demo = desk.reopened(valkey.url, Policy(second_factor=frozenset()))
    assert demo.gate.actor_of(token) == member.actor
    demo.close()


def proven(desk: Desk, token: str, key: Ed25519PrivateKey, project: UUID) -> str:
    challenge = desk.accounts.gate.challenge(token, project)
    signature = key.sign(message(project, challenge))
    raw = key.public_key().public_bytes_raw()
    return desk.accounts.gate.prove_mask(token, project, raw, challenge, signature)


def test_who_holds_the_bid_key_acts_under_its_mask(desk: Desk) -> None:
    member, key, project = a_member(desk), Ed25519PrivateKey.generate(), uuid4()
    token = desk.enter(member).token
    ticket = proven(desk, token, key, project)
    actor = desk.accounts.gate.admit(token, "bid.submit", project=project, ticket=ticket)
    mask = mask_of(key.public_key().public_bytes_raw())
    assert actor == Actor(member.actor.person, member.actor.org, Role.TENDERER, mask)


@pytest.mark.parametrize("role", [Role.CENTRE, Role.FINANCE, Role.TENDEREE, Role.EXPERT])
def test_nobody_else_hides_behind_a_tenderers_mask(desk: Desk, role: Role) -> None:
    project, token = uuid4(), desk.enter(a_member(desk, role)).token
    ticket = proven(desk, token, Ed25519PrivateKey.generate(), project)
    with pytest.raises(NotAllowed, match="under its own name"):
        desk.accounts.gate.admit(token, "venue.book", project=project, ticket=ticket)


def test_an_experts_mask_is_vouched_for_by_who_saw_it_proven(desk: Desk) -> None:
    project, expert, rival = uuid4(), a_member(desk, Role.EXPERT), a_member(desk)
    token, theirs, gate = desk.enter(expert).token, desk.enter(rival).token, desk.accounts.gate
    ticket = gate.vouch(token, project, "e-0123")
    actor = gate.admit(token, "evaluation.score", project=project, ticket=ticket)
    assert actor.mask == "e-0123"
    for wrong in (ticket, gate.vouch(theirs, project, "e-0123")):
        with pytest.raises(NotAllowed):
            gate.admit(theirs, "evaluation.score", project=project, ticket=wrong)


def test_a_tenderer_does_nothing_masked_without_the_proof(desk: Desk) -> None:
    token = desk.enter(a_member(desk)).token
    for name in set(MASKED) - set(CONFIRM):
        with pytest.raises(NotAllowed, match="prove your bid key"):
            desk.accounts.gate.admit(token, name, project=uuid4())


@pytest.mark.parametrize("name", ["objection.file", "evaluation.confirm_price"])
def test_before_close_no_record_of_a_project_can_name_a_tenderer(desk: Desk, name: str) -> None:
    token, before = desk.enter(a_member(desk)).token, records(desk.platform)
    with pytest.raises(NotAllowed, match="prove your bid key") as refusal:
        desk.accounts.gate.admit(token, name, project=uuid4())
    assert refusal.value.rule == "招标投标法 22"
    assert records(desk.platform) == before


def test_nobody_takes_a_rivals_mask(desk: Desk) -> None:
    gate, project = desk.accounts.gate, uuid4()
    rival, mine = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    victim, token = desk.enter(a_member(desk)).token, desk.enter(a_member(desk)).token
    challenge, raw = gate.challenge(token, project), rival.public_key().public_bytes_raw()
    theirs = proven(desk, victim, rival, project)
    own = proven(desk, token, mine, project)
    for key, said, signature in (
        (raw, challenge, mine.sign(message(project, challenge))),
        (raw, challenge, rival.sign(message(uuid4(), challenge))),
        (raw, challenge, b""),
        (raw[:31], challenge, rival.sign(message(project, challenge))),
        (raw, "made-up", rival.sign(message(project, "made-up"))),
    ):
        with pytest.raises(NotAllowed):
            gate.prove_mask(token, project, key, said, signature)
    mask, signed = theirs.split(".")[0], own.split(".")[1]
    for ticket in (theirs, f"{mask}.{signed}", f"{mask}.", mask, own[:-4] + "AAAA"):
        with pytest.raises(NotAllowed):
            gate.admit(token, "bid.submit", project=project, ticket=ticket)
    with pytest.raises(NotAllowed):
        gate.admit(token, "bid.submit", project=uuid4(), ticket=own)


SMALL = [
    y.to_bytes(32, "little")[:31] + bytes([y.to_bytes(32, "little")[31] | sign])
    for y in (0, 1, P - 1, P, P + 1, EIGHTH, P - EIGHTH)
    for sign in (0, 128)
]


@pytest.mark.parametrize("key", SMALL, ids=lambda key: key.hex()[:8] + key.hex()[-2:])
def test_a_key_for_which_anybody_can_sign_makes_no_mask(desk: Desk, key: bytes) -> None:
    gate, project = desk.accounts.gate, uuid4()
    token = desk.enter(a_newcomer(desk)).token
    signed = key[:31] + bytes([key[31] & 127])
    for _ in range(16):
        challenge = gate.challenge(token, project)
        for anybodys in (signed + bytes(32), b"\x01" + bytes(63)):
            with pytest.raises(NotAllowed):
                gate.prove_mask(token, project, key, challenge, anybodys)


def test_a_challenge_is_of_one_session_and_of_five_minutes(desk: Desk) -> None:
    gate, project, key = desk.accounts.gate, uuid4(), Ed25519PrivateKey.generate()
    raw = key.public_key().public_bytes_raw()
    first, second = desk.enter(a_member(desk)).token, desk.enter(a_member(desk)).token
    challenge = gate.challenge(first, project)
    signature = key.sign(message(project, challenge))
    with pytest.raises(NotAllowed):
        gate.prove_mask(second, project, raw, challenge, signature)
    desk.later(minutes=5, seconds=1)
    with pytest.raises(NotAllowed):
        gate.prove_mask(first, project, raw, challenge, signature)


def test_a_ticket_dies_with_its_session(desk: Desk) -> None:
    member, project = a_member(desk), uuid4()
    first = desk.enter(member)
    ticket = proven(desk, first.token, Ed25519PrivateKey.generate(), project)
    desk.accounts.sign_out(first.token)
    again = desk.enter(member)
    for token in (first.token, again.token):
        with pytest.raises(Refusal):
            desk.accounts.gate.admit(token, "bid.submit", project=project, ticket=ticket)


def test_sessions_end_by_the_row_even_if_somebody_lengthens_the_policy(
    desk: Desk, valkey: EmbeddedValkey
) -> None:
    token = desk.enter(a_member(desk)).token
    longer = desk.reopened(valkey.url, Policy(absolute=timedelta(days=9), idle=timedelta(days=9)))
    desk.later(hours=9)
    with pytest.raises(SignedOut):
        longer.gate.actor_of(token)
    longer.close()
