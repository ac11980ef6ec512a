"""Who is what: codes that check, offices that do not mix, and an administrator without a trade."""

import csv
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest

import bidding
import experts
import monitor
import trading
from monitor.clock import MovableClock
from monitor.record.action import ACTIONS
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.record.standing import holds_role
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import NOBODY, SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_credit_code, a_standing, an_actor, an_organisation, who_stands
from trading.account.account import running
from trading.registration.credit_code import CreditCodeInvalid, checked
from trading.registration.party import (
    Kind,
    appoint,
    assign,
    dismiss,
    enrol,
    register,
)

BIDDERS = Path(__file__).parents[4] / "shared/data/opening_record_1528_bidders.csv"
START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
DAYS = count(1)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START + timedelta(days=next(DAYS))))
    yield platform
    platform.close()


def a_person(platform: Platform) -> UUID:
    return platform.perform(enrol, SYSTEM, None, name="王某")


def test_the_standards_own_example_checks_and_any_one_wrong_place_does_not() -> None:
    example = "91350100M000100Y43"  # GB 32100-2015, its example
    assert checked(f" {example.lower()} ") == example
    for place in range(18):
        wrong = "2" if example[place] != "2" else "3"
        with pytest.raises(CreditCodeInvalid):
            checked(example[:place] + wrong + example[place + 1 :])


@pytest.mark.skipif(
    not BIDDERS.exists(),
    reason=f"the real opening record, ../shared/data/{BIDDERS.name}, is absent",
)
def test_the_codes_of_1528_real_bidders_all_check() -> None:
    with BIDDERS.open(encoding="utf-8-sig") as file:
        codes = [row["uscc"] for row in csv.DictReader(file)]
    assert len(codes) == 1528
    assert [checked(code) for code in codes] == codes


@pytest.mark.parametrize("code", ["", "9135", "91350100M000100Y4I", "91350100M000100Y44"])
def test_an_organisation_with_a_wrong_code_is_not_registered(platform: Platform, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        platform.perform(register, SYSTEM, None, uscc=code, name="甲公司", kind=Kind.COMPANY)
    assert refused.value.field == "uscc"


def test_one_code_is_registered_once(platform: Platform) -> None:
    code = a_credit_code()
    an_organisation(platform, uscc=code)
    with pytest.raises(Conflict):
        an_organisation(platform, uscc=code.lower())


def test_an_appointment_runs_from_now_until_dismissed(platform: Platform) -> None:
    org, person = an_organisation(platform), a_person(platform)
    actor = Actor(person, org, Role.TENDERER)
    appointment = platform.perform(
        appoint, SYSTEM, None, person=person, organisation=org, role=Role.TENDERER
    )
    with platform.read() as session:
        assert holds_role(session, actor, platform.clock.now())
    platform.perform(dismiss, SYSTEM, None, appointment=appointment)
    with platform.read() as session:
        assert not holds_role(session, actor, platform.clock.now())
    with pytest.raises(NotFound):
        platform.perform(dismiss, SYSTEM, None, appointment=appointment)


def test_an_administrator_dismisses_others_and_not_himself(platform: Platform) -> None:
    """Else the last of them could leave the platform without one."""
    first, second = (an_actor(platform, Role.ADMINISTRATOR) for _ in range(2))
    own = office_of(platform, first)
    with pytest.raises(NotAllowed, match="不得撤销自己的岗位"):
        platform.perform(dismiss, first, None, appointment=own)
    with platform.read() as session:
        assert holds_role(session, first, platform.clock.now())
    platform.perform(dismiss, second, None, appointment=own)
    with platform.read() as session:
        assert not holds_role(session, first, platform.clock.now())


def office_of(platform: Platform, actor: Actor) -> UUID:
    with platform.read() as session:
        [found] = running(session, actor.person, platform.clock.now())
        return found.id


def test_the_same_office_is_not_given_twice(platform: Platform) -> None:
    actor = an_actor(platform, Role.TENDERER)
    with pytest.raises(Conflict):
        platform.perform(
            appoint,
            SYSTEM,
            None,
            person=actor.person,
            organisation=actor.org,
            role=Role.TENDERER,
        )


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (Kind.CENTRE, Role.TENDERER),
        (Kind.CENTRE, Role.AGENCY),
        (Kind.COMPANY, Role.CENTRE),
        (Kind.COMPANY, Role.DISCIPLINE),
        (Kind.AUTHORITY, Role.EXPERT),
        (Kind.COMPANY, Role.SYSTEM),
    ],
)
def test_a_kind_of_unit_holds_only_its_own_offices(
    platform: Platform, kind: Kind, role: Role
) -> None:
    with pytest.raises(NotAllowed):
        platform.perform(
            appoint,
            SYSTEM,
            None,
            person=a_person(platform),
            organisation=an_organisation(platform, kind),
            role=role,
        )


def test_an_administrator_gives_himself_no_office(platform: Platform) -> None:
    administrator = an_actor(platform, Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed, match="appoints himself"):
        platform.perform(
            appoint,
            administrator,
            None,
            person=administrator.person,
            organisation=administrator.org,
            role=Role.FINANCE,
        )


def test_an_administrator_is_given_no_second_office_by_another(platform: Platform) -> None:
    first, second = (an_actor(platform, Role.ADMINISTRATOR) for _ in range(2))
    with pytest.raises(NotAllowed, match="no other role"):
        platform.perform(
            appoint,
            first,
            None,
            person=second.person,
            organisation=second.org,
            role=Role.FINANCE,
        )


def test_the_administrator_may_do_nothing_but_keep_parties_and_accounts() -> None:
    for package in (monitor, trading, experts, bidding):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    his = {
        name
        for name, act in ACTIONS.items()
        if Role.ADMINISTRATOR in act.by and not name.startswith("account.")
    }
    parties = {"party.register", "party.enrol", "party.appoint", "party.dismiss"}
    # The centre's own draw service, and who may open the names of the pool: of no trade.
    assert his == parties | {"draw.name_machine", "pool.name_keepers"}


def test_an_administrator_who_tries_an_act_of_a_trade_is_refused(platform: Platform) -> None:
    administrator = an_actor(platform, Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        platform.perform(
            assign, administrator, uuid4(), organisation=administrator.org, role=Role.TRUSTEE
        )


def test_a_standing_is_public_and_held_once(platform: Platform) -> None:
    project = uuid4()
    tenderee = a_standing(platform, project, an_actor(platform, Role.TENDEREE))
    with platform.read() as session:
        [organisation] = who_stands(session, project, Role.TENDEREE)
        [seen] = timeline(session, project, VISITOR)
    assert organisation.id == tenderee.org
    assert seen.facts["facts"]["uscc"] == organisation.uscc
    with pytest.raises(Conflict):
        platform.perform(
            assign,
            an_actor(platform, Role.CENTRE),
            project,
            organisation=tenderee.org,
            role=Role.TENDEREE,
        )


def test_nobody_supervises_its_own_tender(platform: Platform) -> None:
    project = uuid4()
    authority = an_organisation(platform, Kind.AUTHORITY)
    a_standing(platform, project, an_actor(platform, Role.TENDEREE, authority))
    with pytest.raises(NotAllowed, match="supervises its own"):
        a_standing(platform, project, an_actor(platform, Role.DEPARTMENT, authority))


def test_only_project_roles_stand_in_a_project(platform: Platform) -> None:
    with pytest.raises(Invalid):
        platform.perform(
            assign,
            an_actor(platform, Role.CENTRE),
            uuid4(),
            organisation=an_organisation(platform),
            role=Role.TENDERER,
        )


def test_a_department_alone_has_a_category(platform: Platform) -> None:
    authority = an_organisation(platform, Kind.AUTHORITY)
    for role, category in ((Role.DEPARTMENT, None), (Role.DISCIPLINE, "works")):
        with pytest.raises(Invalid):
            platform.perform(
                appoint,
                SYSTEM,
                None,
                person=a_person(platform),
                organisation=authority,
                role=role,
                category=category,
            )


def test_accounts_are_not_shown_to_the_public_nor_a_persons_name_to_anybody(
    platform: Platform,
) -> None:
    person = platform.perform(enrol, SYSTEM, None, name="独一无二的姓名")
    with platform.read() as session:
        public = timeline(session, NOBODY, VISITOR)
        centre = timeline(session, NOBODY, Viewer(Audience.CENTRE))
    assert public == []
    assert any(seen.facts["subject"] == str(person) for seen in centre)
    assert all("独一无二" not in seen.body.decode() for seen in centre)
