"""The directory: who is found by which words, what is said of accounts, and a page at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses
from tests.builders import a_credit_code, an_actor, an_organisation
from trading.account.account import running
from trading.account.credential import invite
from trading.registration.directory import (
    PAGE,
    State,
    everybody,
    holder,
    organisations,
    people,
    person_known,
)
from trading.registration.party import Kind, dismiss, enrol

START = datetime(2027, 3, 15, 1, 0, tzinfo=UTC)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


def test_a_person_is_found_by_name_account_and_the_organisations_name_and_code(
    platform: Platform,
) -> None:
    code = a_credit_code()
    org = an_organisation(platform, name="寻单位名录所", uscc=code)
    actor = an_actor(platform, Role.TENDERER, org)
    platform.perform(
        invite, SYSTEM, None, person=actor.person, name="found.by.account", digest=b"d" * 32,
        lasting=timedelta(hours=72),
    )  # fmt: skip
    stranger = an_actor(platform, Role.TENDERER)
    with platform.read() as session:
        now = platform.clock.now()
        name = person_known(session, actor.person, now)
        assert name is not None
        for words in (name.name, "BY.ACC", "位名录", code, code[-8:].lower(), f" {code}\0 "):
            assert actor.person in {row.id for row in people(session, now, words).rows}, words
        for words in ("位名录", code):
            assert [row.id for row in people(session, now, words).rows] == [actor.person]
        assert people(session, now, "%").rows == ()
        by_role = {row.id for row in people(session, now, role=Role.TENDERER).rows}
        assert {actor.person, stranger.person} <= by_role
        assert people(session, now, "位名录", Role.CENTRE).rows == ()
        [unit] = organisations(session, now, code).rows
        assert (unit.id, unit.kind, unit.number) == (org, Kind.COMPANY, 1)
        assert organisations(session, now, code, Kind.CENTRE).rows == ()


def test_an_account_is_none_then_invited_then_lapsed(platform: Platform) -> None:
    person, lasting = platform.perform(enrol, SYSTEM, None, name="新同事"), timedelta(hours=72)

    def seen(later: timedelta = timedelta()) -> tuple[State, datetime | None]:
        with platform.read() as session:
            found = person_known(session, person, platform.clock.now() + later)
        assert found is not None
        assert not found.second_factor
        return found.state, found.invited_until

    assert seen() == (State.NONE, None)
    platform.perform(
        invite, SYSTEM, None, person=person, name="new.colleague", digest=b"n" * 32,
        lasting=lasting,
    )  # fmt: skip
    state, until = seen()
    assert (state, until is not None) == (State.INVITED, True)
    assert seen(lasting + timedelta(seconds=1)) == (State.LAPSED, None)


def test_what_has_ended_is_not_told(platform: Platform) -> None:
    actor = an_actor(platform, Role.TENDERER, org := an_organisation(platform, name="终止任职所"))
    with platform.read() as session:
        [office] = running(session, actor.person, platform.clock.now())
        appointment = office.id
        assert holder(session, appointment) == actor.person
    platform.perform(dismiss, SYSTEM, None, appointment=appointment)
    with platform.read() as session:
        now = platform.clock.now() + timedelta(seconds=1)
        found = person_known(session, actor.person, now)
        assert found is not None
        assert found.offices == ()
        assert people(session, now, "终止任职所").rows == ()
        [unit] = organisations(session, now, "终止任职所").rows
        assert (unit.id, unit.number, unit.people) == (org, 0, ())


def test_a_page_holds_fifty_the_newest_first_and_experts_last(platform: Platform) -> None:
    org = an_organisation(platform, name="分页测试所")
    expert = an_actor(platform, Role.EXPERT, org)
    actors = [an_actor(platform, Role.TENDERER, org) for _ in range(PAGE)]
    with platform.read() as session:
        now = platform.clock.now()
        first = people(session, now, "分页测试所")
        second = people(session, now, "分页测试所", page=2)
        chosen = {row.id for row in everybody(session, now)}
    assert [row.id for row in first.rows] == sorted(
        (actor.person for actor in actors), reverse=True
    )
    assert (first.more, second.more) == (True, False)
    assert [row.id for row in second.rows] == [expert.person]
    assert actors[0].person in chosen
    assert expert.person not in chosen
