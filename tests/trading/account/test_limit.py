"""Limits: guessing becomes slow, and no rival can keep anybody out before a deadline."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pyotp
import pytest

from monitor.refusal import Refusal
from monitor.role import Actor
from monitor.runtime.valkey import EmbeddedValkey, connect
from tests.trading.account.desk import HOME, START, Desk, Member, a_member
from trading.account.door import Attempt, Entrance
from trading.account.entry import Wrong
from trading.account.keeping import Keeping
from trading.account.limit.counter import Charge, Counting, LocalCounters, ValkeyCounters
from trading.account.limit.limiter import NoCounter, TooMany
from trading.account.proof.device import KEPT, LASTING, Devices, Source, normal_address
from trading.account.proof.vault import Vault

DEAD = "unix:///nowhere/valkey.sock"
OFFICE = "198.51.100.20"
SLOWED = ["Wrong", "TooMany"]  # one try is left at the end of the wait, and no second


def guess(
    desk: Desk, member: Member, address: str, device: str = "", accounts: Keeping | None = None
) -> str:
    """One wrong attempt; the name of the refusal."""
    attempt = Attempt(member.name, "a rival's guess", "000000")
    try:
        (accounts or desk.accounts).door.sign_in(attempt, Source(address, device))
    except Refusal as refusal:
        return type(refusal).__name__
    raise AssertionError("a guess came in")


def hammer(desk: Desk, member: Member) -> list[str]:
    """A rival who guesses from ever new addresses, for as long as it takes to be slowed most.

    What the rival's next two tries come to.
    """
    waited, n = timedelta(0), 0
    while waited < timedelta(minutes=5):
        n += 1
        attempt = Attempt(member.name, "a rival's guess", "000000")
        try:
            desk.accounts.door.sign_in(attempt, Source(f"192.0.2.{n}"))
        except TooMany as refusal:
            waited = refusal.wait
            desk.later(seconds=waited.total_seconds())
        except Wrong:
            continue
    return [guess(desk, member, f"192.0.2.{n}") for n in (199, 200)]


def inside(desk: Desk, entrance: Entrance) -> Actor:
    """Who came in."""
    return desk.accounts.gate.actor_of(entrance.token)


def test_guessing_from_one_address_becomes_slow_and_slower(desk: Desk) -> None:
    member = a_member(desk)
    assert [guess(desk, member, OFFICE) for _ in range(6)] == ["Wrong"] * 5 + ["TooMany"]
    waits = []
    for _ in range(5):
        with pytest.raises(TooMany) as refused:
            desk.enter_at_once(member, OFFICE)
        waits.append(refused.value.wait)
        desk.later(seconds=refused.value.wait.total_seconds())
        assert guess(desk, member, OFFICE) == "Wrong"
    assert waits == sorted(waits)
    assert waits[-1] >= 8 * waits[0]


def test_guessing_from_many_addresses_becomes_slow_too(desk: Desk) -> None:
    member = a_member(desk)
    outcomes = [guess(desk, member, f"192.0.2.{n}") for n in range(60)]
    assert outcomes.count("Wrong") == 20


def test_one_address_that_tries_many_names_becomes_slow(desk: Desk) -> None:
    outcomes = []
    for n in range(30):
        attempt = Attempt(f"name-{n}", "a rival's guess")
        try:
            desk.accounts.door.sign_in(attempt, Source(OFFICE))
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)
    assert outcomes.count("Wrong") == 20
    assert outcomes[-1] == "TooMany"


def test_unknown_names_are_limited_as_known_ones_are(desk: Desk) -> None:
    known, unknown = a_member(desk), Member(a_member(desk).actor, uuid4(), "no-such-name")
    of_known = [guess(desk, known, OFFICE) for _ in range(8)]
    of_unknown = [guess(desk, unknown, "198.51.100.21") for _ in range(8)]
    assert of_known == of_unknown


def test_the_owner_comes_in_from_a_known_address_while_a_rival_hammers(desk: Desk) -> None:
    member = a_member(desk)
    assert hammer(desk, member) == SLOWED
    assert inside(desk, desk.enter_at_once(member, HOME)) == member.actor


def test_the_owner_comes_in_with_a_known_device_from_anywhere_while_a_rival_hammers(
    desk: Desk,
) -> None:
    member = a_member(desk)
    device = desk.enter(member).device
    assert hammer(desk, member) == SLOWED
    entrance = desk.enter_at_once(member, "2001:db8:77::1", device)
    assert inside(desk, entrance) == member.actor


def test_the_owner_comes_in_by_device_while_a_rival_behind_the_same_address_hammers(
    desk: Desk,
) -> None:
    member = a_member(desk)
    device = desk.enter(member).device
    while guess(desk, member, HOME) != "TooMany":
        pass
    with pytest.raises(TooMany):
        desk.enter_at_once(member, HOME)
    assert inside(desk, desk.enter_at_once(member, HOME, device)) == member.actor


def test_a_stranger_with_all_the_right_answers_waits_for_minutes_and_not_for_ever(
    desk: Desk,
) -> None:
    member = a_member(desk)
    assert hammer(desk, member) == SLOWED
    with pytest.raises(TooMany) as refused:
        desk.enter_at_once(member, OFFICE)
    assert refused.value.wait <= timedelta(minutes=5)
    desk.later(minutes=5)
    assert inside(desk, desk.enter(member, OFFICE)) == member.actor


def test_success_pays_the_attempt_back(desk: Desk) -> None:
    member = a_member(desk)
    for _ in range(8):
        assert guess(desk, member, HOME) == "Wrong"
        assert inside(desk, desk.enter(member, HOME)) == member.actor


def test_an_office_of_many_people_behind_one_address_is_not_slowed(desk: Desk) -> None:
    for _ in range(22):
        a_member_at = a_member(desk, address=OFFICE)
    assert inside(desk, desk.enter(a_member_at, OFFICE)) == a_member_at.actor


FORGED: dict[str, Callable[[str], str]] = {
    "nothing": lambda good: "",
    "a bent signature": lambda good: good[:-2] + ("AA" if good[-2:] != "AA" else "BB"),
    "another nonce": lambda good: "AAAA" + good[4:],
    "a later date": lambda good: good[:30] + "A" + good[31:],
    "not base64": lambda good: "é" * 54,
    "far too long": lambda good: "x." * 10_000,
}


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_device_token_is_a_strangers(desk: Desk, forgery: str) -> None:
    member = a_member(desk)
    good = desk.enter(member).device
    forged = FORGED[forgery](good)
    assert forged != good
    assert hammer(desk, member) == SLOWED
    assert guess(desk, member, "192.0.2.201", forged) == "TooMany"
    assert guess(desk, member, "192.0.2.201", good) == "Wrong"


def test_a_rivals_own_device_token_opens_no_tries_at_another_account(desk: Desk) -> None:
    member, rival = a_member(desk), a_member(desk)
    device = desk.enter(rival).device
    assert hammer(desk, member) == SLOWED
    assert guess(desk, member, "192.0.2.201", device) == "TooMany"


def test_a_stolen_device_token_buys_a_few_tries_and_the_owners_address_stays_open(
    desk: Desk,
) -> None:
    member = a_member(desk)
    stolen = desk.enter(member).device
    outcomes = [guess(desk, member, "192.0.2.9", stolen) for _ in range(12)]
    assert outcomes == ["Wrong"] * 10 + ["TooMany"] * 2
    assert inside(desk, desk.enter_at_once(member, HOME)) == member.actor


def test_a_device_is_known_for_half_a_year_and_several_people_share_it() -> None:
    devices, cookie = Devices(Vault("x" * 43)), ""
    people = [uuid4() for _ in range(KEPT + 1)]
    desk_moment = START
    for person in people:
        cookie = devices.renewed(cookie, person, desk_moment)
    known = [devices.known(cookie, person, desk_moment) is not None for person in people]
    assert known == [False] + [True] * KEPT
    again = devices.renewed(cookie, people[-1], desk_moment)
    same = devices.known(again, people[-1], desk_moment)
    assert same == devices.known(cookie, people[-1], desk_moment)
    late = desk_moment + LASTING + timedelta(seconds=1)
    assert devices.known(cookie, people[-1], late) is None
    assert Devices(Vault("y" * 43)).known(cookie, people[-1], desk_moment) is None


@pytest.mark.parametrize(
    ("typed", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("203.0.113.7, 10.0.0.1", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_address_counts_by_its_one_form(typed: str, counted: str) -> None:
    assert normal_address(typed) == counted


def test_without_valkey_a_known_device_comes_in_and_a_stranger_does_not(desk: Desk) -> None:
    member = a_member(desk)
    device = desk.enter(member).device
    alone = desk.reopened(DEAD)
    attempt = desk.attempt(member)
    for source in (Source(HOME), Source(OFFICE), Source(OFFICE, device[:-3] + "AAA")):
        with pytest.raises(NoCounter):
            alone.door.sign_in(attempt, source)
    assert alone.door.sign_in(attempt, Source(OFFICE, device)).session


def test_without_valkey_a_known_device_is_counted_in_the_process(desk: Desk) -> None:
    member = a_member(desk)
    device = desk.enter(member).device
    alone = desk.reopened(DEAD)
    outcomes = [guess(desk, member, OFFICE, device, alone) for _ in range(12)]
    assert outcomes == ["Wrong"] * 10 + ["TooMany"] * 2


def test_who_hammers_does_not_fill_the_record_with_himself(desk: Desk) -> None:
    member = a_member(desk)
    before = len(desk.records("account.sign_in"))
    for _ in range(40):
        guess(desk, member, OFFICE)
    tried = desk.records("account.sign_in")[before:]
    reasons = [body["facts"]["reason"] for body in tried]
    assert reasons == ["password"] * 5 + ["limit"]


COUNTING = Counting("test", 3, timedelta(seconds=4), timedelta(seconds=60), timedelta(hours=1))


def test_both_kinds_of_counter_count_alike(valkey: EmbeddedValkey) -> None:
    client = connect(valkey.url)
    shared, local, now = ValkeyCounters(client), LocalCounters(), START
    charges = [Charge(COUNTING, f"test:{uuid4()}"), Charge(COUNTING, f"test:{uuid4()}", whole=True)]
    told = []
    for n in range(40):
        moment = now + timedelta(seconds=3 * n)
        waits = (shared.take(charges, moment), local.take(charges, moment))
        told.append(waits[0])
        assert waits[0] == waits[1]
    assert told[:3] == [timedelta(0)] * 3
    assert max(told) > timedelta(seconds=20)
    client.close()


def test_the_counters_of_a_process_stay_few() -> None:
    local, now = LocalCounters(), START
    for n in range(5000):
        local.take([Charge(COUNTING, str(n))], now)
    assert len(local._kept) == 4096


def test_attempts_at_the_same_time_are_as_dear_as_one_after_another(valkey: EmbeddedValkey) -> None:
    client, now, key = connect(valkey.url), START, f"test:{uuid4()}"
    counters, start = ValkeyCounters(client), threading.Barrier(8)
    let_in: list[timedelta] = []

    def attempt() -> None:
        start.wait()
        let_in.extend(counters.take([Charge(COUNTING, key)], now) for _ in range(5))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert let_in.count(timedelta(0)) == 3
    client.close()


def two_codes(desk: Desk, member: Member, apart: int = 1) -> str:
    """What the authenticator shows now and, some steps later, then; the time passes."""
    desk.later(seconds=30)
    first = pyotp.TOTP(member.secret).at(desk.clock.moment)
    desk.later(seconds=30 * apart)
    return f"{first} {pyotp.TOTP(member.secret).at(desk.clock.moment)}"


def test_who_has_the_authenticator_comes_in_from_anywhere_while_a_rival_floods(desk: Desk) -> None:
    """A new machine, a new address, an hour before the deadline, and a rival who never stops."""
    member = a_member(desk)
    hammer(desk, member)
    with pytest.raises(TooMany):
        desk.enter(member, OFFICE)
    codes = two_codes(desk, member)
    guess(desk, member, "192.0.2.201")
    assert guess(desk, member, "192.0.2.202") == "TooMany", "the flood goes on"
    assert inside(desk, desk.enter(member, OFFICE, code=codes)) == member.actor


@pytest.mark.parametrize("apart", [0, 2])
def test_two_codes_that_are_not_in_a_row_open_no_way(desk: Desk, apart: int) -> None:
    member = a_member(desk)
    hammer(desk, member)
    codes = two_codes(desk, member, apart)
    guess(desk, member, "192.0.2.201")
    with pytest.raises(TooMany):
        desk.enter(member, OFFICE, code=codes)


def test_two_codes_are_good_once_and_in_their_order(desk: Desk) -> None:
    member = a_member(desk)
    codes = two_codes(desk, member)
    turned = " ".join(reversed(codes.split()))
    with pytest.raises(Wrong):
        desk.enter(member, OFFICE, code=turned)
    desk.enter(member, OFFICE, code=codes)
    with pytest.raises(Wrong):
        desk.enter(member, OFFICE, code=codes)


def test_a_thief_of_the_authenticator_guesses_passwords_no_faster(desk: Desk) -> None:
    """From however many addresses: those who show two codes share a counter of their own."""
    member = a_member(desk)
    outcomes = []
    for n in range(30):
        attempt = Attempt(member.name, "a thief's guess", two_codes(desk, member))
        try:
            desk.accounts.door.sign_in(attempt, Source(f"192.0.2.{n}"))
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)
    assert outcomes[:20] == ["Wrong"] * 20
    assert outcomes[24:].count("TooMany") >= 3


def test_who_guesses_twelve_digits_pays_as_every_stranger_does(desk: Desk) -> None:
    member = a_member(desk)
    outcomes = []
    for n in range(40):
        attempt = Attempt(member.name, member.password, f"{n:06d}{n + 1:06d}")
        try:
            desk.accounts.door.sign_in(attempt, Source(f"192.0.2.{n}"))
        except Refusal as refusal:
            outcomes.append(type(refusal).__name__)
    assert outcomes.count("Wrong") == 20
