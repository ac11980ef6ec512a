"""Coming in: who gets in, what is told to those who do not, and what stands on record of it."""

import json
import threading
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.refusal import NotAllowed, Refusal
from monitor.role import NOBODY, SYSTEM, Role
from tests.trading.account.desk import HOME, PASSWORD, Desk, a_member, a_newcomer, an_invited
from trading.account.account import Account
from trading.account.entry import Opening, Trace, Tried, Wrong, sign_in
from trading.account.gate import EnrolFirst
from trading.account.proof.code import new_recovery_codes
from trading.account.proof.password import Busy, Hasher, Lane
from trading.account.session import SignedOut
from trading.registration.party import appoint, dismiss


def test_a_member_comes_in_and_acts_as_who_they_were_appointed(desk: Desk) -> None:
    member = a_member(desk)
    entrance = desk.enter(member)
    assert desk.accounts.gate.actor_of(entrance.token) == member.actor
    done = desk.records("account.sign_in")[-1]
    assert done["outcome"] == {"done": True}
    assert done["actor"]["id"] == str(member.actor.person)
    assert set(done["facts"]["address"]) == {"sha256"}


def test_a_password_alone_lets_nobody_act_but_enrol(desk: Desk) -> None:
    member = a_newcomer(desk, Role.FINANCE)
    token = desk.enter(member).token
    with pytest.raises(EnrolFirst):
        desk.accounts.gate.actor_of(token)


TICKING = threading.Lock()
WRONG = {
    "an unknown name": {"name": "nobody-of-that-name"},
    "a name that cannot be": {"name": "\x00'; drop"},
    "a wrong password": {"password": "seven herons cross at dusk"},
    "an overlong password": {"password": "x" * 100_000},
    "a password of broken text": {"password": "\ud800 herons"},
    "no code": {"code": ""},
    "a wrong code": {"code": "000000 "},
    "a foreign recovery code": {"code": new_recovery_codes()[0]},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_whatever_is_wrong_the_answer_and_the_work_are_the_same(desk: Desk, wrong: str) -> None:
    member = a_member(desk)
    checks = desk.engine.checks
    with pytest.raises(Wrong) as refused:
        desk.enter(member, **WRONG[wrong])
    assert str(refused.value) == str(Wrong())
    assert desk.engine.checks == checks + 1
    tried = desk.records("account.sign_in")[-1]
    assert tried["outcome"]["refused"] == "not_allowed"
    assert set(tried["facts"]["address"]) == {"sha256"}
    assert HOME not in json.dumps(tried)


def test_an_account_without_a_password_yet_answers_as_one_that_is_not_there(desk: Desk) -> None:
    member, _ = an_invited(desk)
    checks = desk.engine.checks
    with pytest.raises(Wrong):
        desk.enter(member)
    assert desk.engine.checks == checks + 1


def test_a_code_is_good_once_even_within_its_own_half_minute(desk: Desk) -> None:
    member = a_member(desk)
    code = member.code(desk)
    desk.enter(member, code=code)
    with pytest.raises(Wrong):
        desk.enter(member, code=code)


class TickingClock(MovableClock):
    """A clock that goes on by a microsecond a reading, as no two real acts share a moment."""

    def now(self) -> datetime:
        with TICKING:
            self.moment += timedelta(microseconds=1)
            return self.moment


def test_of_two_who_show_one_code_at_the_same_time_one_comes_in(desk: Desk) -> None:
    member = a_member(desk)
    desk.platform.clock = TickingClock(desk.clock.moment)
    code, outcomes, start = member.code(desk), [], threading.Barrier(4)

    def come() -> None:
        start.wait()
        try:
            desk.enter(member, code=code)
            outcomes.append("in")
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)

    threads = [threading.Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["Wrong", "Wrong", "Wrong", "in"]


def test_a_proof_judged_before_the_password_changed_opens_nothing_after(desk: Desk) -> None:
    member = a_member(desk)
    session = desk.enter(member).token
    with desk.platform.read() as reading:
        account = reading.scalars(select(Account).where(Account.name == member.name)).one()
        reading.expunge_all()
    proof, _ = desk.accounts.door.judged(account, PASSWORD, member.recovery[0], Lane.KNOWN)
    desk.accounts.change_password(session, PASSWORD, member.code(desk), "nine storks rest at noon")
    late = Tried(Trace(HOME, desk.vault), account.id, proof)
    opening = Opening(b"x" * 32, member.appointment, "", timedelta(hours=1))
    with pytest.raises(Wrong):
        desk.platform.perform(sign_in, member.actor, None, tried=late, opening=opening)


def test_a_recovery_code_stands_in_for_the_authenticator_once(desk: Desk) -> None:
    member = a_member(desk)
    code = member.recovery[0].lower().replace("-", " ")
    desk.enter(member, code=code)
    with pytest.raises(Wrong):
        desk.enter(member, code=code)
    desk.enter(member, code=member.recovery[1])


def test_a_token_that_an_attacker_planted_before_sign_in_is_never_taken_up(desk: Desk) -> None:
    member = a_member(desk)
    planted = "planted-by-the-attacker"
    entrance = desk.enter(member, held=planted)
    assert entrance.token != planted
    with pytest.raises(SignedOut):
        desk.accounts.gate.actor_of(planted)


def test_signing_in_again_ends_the_session_that_the_browser_held(desk: Desk) -> None:
    member = a_member(desk)
    first = desk.enter(member)
    second = desk.enter(member, held=first.token)
    desk.accounts.gate.actor_of(second.token)
    with pytest.raises(SignedOut):
        desk.accounts.gate.actor_of(first.token)


def test_holding_another_persons_token_does_not_end_their_session(desk: Desk) -> None:
    victim, attacker = a_member(desk), a_member(desk)
    token = desk.enter(victim).token
    desk.enter(attacker, held=token)
    assert desk.accounts.gate.actor_of(token) == victim.actor


def test_who_holds_no_running_appointment_stays_outside(desk: Desk) -> None:
    member = a_member(desk)
    desk.platform.perform(dismiss, SYSTEM, None, appointment=member.appointment)
    with pytest.raises(NotAllowed, match="no appointment"):
        desk.enter(member)


def test_nobody_comes_in_under_somebody_elses_appointment(desk: Desk) -> None:
    member, finance = a_member(desk), a_member(desk, Role.FINANCE)
    with pytest.raises(NotAllowed, match="no appointment"):
        desk.enter(member, appointment=finance.appointment)


def test_one_may_choose_the_office_to_come_in_under(desk: Desk) -> None:
    member = a_member(desk)
    second = desk.platform.perform(
        appoint, SYSTEM, None, person=member.actor.person, organisation=member.actor.org,
        role=Role.WITNESS,
    )  # fmt: skip
    entrance = desk.enter(member, appointment=second)
    assert desk.accounts.gate.actor_of(entrance.token).role is Role.WITNESS


def test_who_signs_in_is_seen_by_their_own_side_alone(desk: Desk) -> None:
    member = a_member(desk)
    desk.enter(member)
    others = (VISITOR, *(Viewer(each, uuid4()) for each in Audience))
    with desk.platform.read() as session:
        own = timeline(session, NOBODY, Viewer(Audience.PUBLIC, member.actor.org))
        seen = [found for viewer in others for found in timeline(session, NOBODY, viewer)]
    assert "account.sign_in" in {each.facts["action"] for each in own}
    foreign = {each.facts["action"] for each in seen}
    assert foreign & {"account.sign_in", "account.confirm", "account.set_password"} == set()


def test_strangers_cannot_take_the_places_of_those_who_are_known(desk: Desk) -> None:
    hasher = Hasher(desk.engine, places=1, patience=0.01)
    kept = hasher.made(PASSWORD)
    with hasher._place(Lane.STRANGER):
        with pytest.raises(Busy):
            hasher.fits(kept, PASSWORD, Lane.STRANGER)
        assert hasher.fits(kept, PASSWORD, Lane.KNOWN)
    assert hasher.fits(kept, PASSWORD, Lane.STRANGER)


def test_a_name_is_known_however_it_is_typed(desk: Desk) -> None:
    member = a_member(desk)
    wide = "".join(chr(ord(each) + 0xFEE0) for each in member.name.upper())
    entrance = desk.enter(member, name=f" {wide} ")
    assert desk.accounts.gate.actor_of(entrance.token) == member.actor


def test_the_wall_clock_and_not_the_demos_decides_about_codes(desk: Desk) -> None:
    member = a_member(desk)
    demo = MovableClock(desk.clock.moment + timedelta(days=365))
    desk.platform.clock = demo
    assert desk.enter(member).ends == demo.moment + timedelta(hours=8)
