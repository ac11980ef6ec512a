"""Who may do what: every action × every role, by the code and by a table that a review can read.

The table is written anew by `python -m tests.stories.test_role_matrix > tests/stories/role_matrix.toml`.
"""

import importlib
import pkgutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

import bidding
import experts
import monitor
import trading
from monitor.clock import MovableClock
from monitor.record.action import ACTIONS, Action
from monitor.record.platform import Platform
from monitor.record.suspension import GO_ON, GOES_ON
from monitor.refusal import NotAllowed
from monitor.role import NOBODY, PROJECT_ROLES, SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_standing, an_actor
from tests.monitor.record.house import START

PACKAGES = (monitor, trading, experts, bidding)
TABLE = Path(__file__).with_name("role_matrix.toml")
RECORDS = text("SELECT count(*) FROM record")


def registered() -> dict[str, Action[Any, Any]]:
    """Every action of the house, whoever imported what before."""
    for package in PACKAGES:
        for name in modules(package):
            importlib.import_module(name)
    ours = tuple(f"{package.__name__}." for package in PACKAGES)
    return {
        name: action
        for name, action in sorted(ACTIONS.items())
        if action.run.__module__.startswith(ours)
    }


def modules(package: ModuleType) -> Iterator[str]:
    walked = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return (found.name for found in walked if ".migrations" not in found.name)


def row(action: Action[Any, Any]) -> dict[str, Any]:
    roles = [role.value for role in Role if role in action.by]
    return {
        "roles": roles,
        "visibility": action.visibility.value,
        "standing": action.standing and bool(PROJECT_ROLES & action.by),
    }


def as_toml(actions: dict[str, Action[Any, Any]]) -> str:
    lines = [
        "# action → who may do it, how it stands in its project, whether standing is asked for."
    ]
    for name, action in actions.items():
        told = row(action)
        roles = ", ".join(f'"{role}"' for role in told["roles"])
        standing = str(told["standing"]).lower()
        lines.append(
            f'"{name}" = {{ roles = [{roles}], visibility = "{told["visibility"]}", '
            f"standing = {standing} }}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def actions() -> dict[str, Action[Any, Any]]:
    return registered()


@pytest.fixture(scope="module")
def platform(database: Addresses) -> Iterator[Platform]:
    made = Platform(database.app_url, MovableClock(START), alarm=lambda _: None)
    yield made
    made.close()


@pytest.fixture(scope="module")
def people(platform: Platform) -> dict[Role, Actor]:
    """One person of each role, appointed, with no part in any project."""
    made = {role: an_actor(platform, role) for role in Role if role is not Role.SYSTEM}
    return made | {Role.SYSTEM: SYSTEM}


def test_the_table_that_a_review_reads_is_what_the_code_says(
    actions: dict[str, Action[Any, Any]],
) -> None:
    written = tomllib.loads(TABLE.read_text("utf-8"))
    assert {name: row(action) for name, action in actions.items()} == written


def test_what_goes_on_in_a_suspended_trade_is_declared() -> None:
    names = set(registered())
    assert names >= GOES_ON
    assert {name.partition(".")[0] for name in names} >= GO_ON


def test_an_administrator_keeps_accounts_and_does_nothing_in_a_trade(
    actions: dict[str, Action[Any, Any]],
) -> None:
    mine = {name for name, action in actions.items() if Role.ADMINISTRATOR in action.by}
    kept = {name for name in actions if name.startswith(("party.", "account."))}
    nobodys = {"account.set_password", "account.stand_in"}
    named = {"draw.name_machine", "pool.name_keepers"}
    assert mine == kept - nobodys | named


def test_tenderers_and_experts_act_unnumbered_but_for_the_seal_check_and_the_report(
    actions: dict[str, Action[Any, Any]],
) -> None:
    open_acts = {
        name
        for name, action in actions.items()
        if {Role.TENDERER, Role.EXPERT} & action.by and action.visibility.value != "secret"
    }
    assert open_acts == {"opening.check_seal", "evaluation.report"}


def outcome(
    platform: Platform, action: Action[Any, Any], actor: Actor, project: UUID | None
) -> str:
    """How far an actor comes: the rule that stops it, or "the code"."""
    try:
        platform.perform(action, actor, project, no_such_input=True)
    except NotAllowed as refusal:
        return refusal.rule
    except TypeError:
        return "the code"
    raise AssertionError(f"{action.name}: neither refused nor run")


def expected(action: Action[Any, Any], actor: Actor) -> str:
    if actor.role not in action.by:
        return "monitor/role.py"
    if action.standing and actor.role in PROJECT_ROLES:
        return "monitor/record/standing.py"
    return "the code"


def test_every_action_refuses_every_role_that_is_not_listed_or_has_no_standing(
    platform: Platform, people: dict[Role, Actor], actions: dict[str, Action[Any, Any]]
) -> None:
    project = uuid4()
    wrong = [
        (action.name, actor.role.value)
        for action in actions.values()
        for actor in people.values()
        if outcome(platform, action, actor, project) != expected(action, actor)
    ]
    assert wrong == []


def test_leaving_the_project_out_is_no_way_around_standing(
    platform: Platform, people: dict[Role, Actor], actions: dict[str, Action[Any, Any]]
) -> None:
    wrong = [
        (action.name, role.value)
        for action in actions.values()
        for role in sorted(PROJECT_ROLES & action.by)
        if outcome(platform, action, people[role], None) != expected(action, people[role])
    ]
    assert wrong == []


def test_who_is_listed_and_stands_in_the_project_reaches_the_code(
    platform: Platform, people: dict[Role, Actor], actions: dict[str, Action[Any, Any]]
) -> None:
    project = uuid4()
    for role in PROJECT_ROLES:
        a_standing(platform, project, people[role], people[Role.CENTRE])
    stopped = [
        (action.name, role.value)
        for action in actions.values()
        for role in sorted(action.by)
        if outcome(platform, action, people[role], project) != "the code"
    ]
    assert stopped == []


Forgery = Callable[[Actor, Actor], Actor]
FORGERIES: dict[str, Forgery] = {
    "a person nobody enrolled": lambda real, _: Actor(uuid4(), real.org, real.role),
    "an organisation that did not appoint": lambda real, other: Actor(
        real.person, other.org, real.role
    ),
    "a role of somebody else": lambda real, other: Actor(other.person, other.org, real.role),
    "nobody": lambda real, _: Actor(NOBODY, NOBODY, real.role),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_claimed_role_that_nobody_gave_is_refused_for_every_action(
    platform: Platform,
    people: dict[Role, Actor],
    actions: dict[str, Action[Any, Any]],
    forgery: str,
) -> None:
    visitor = people[Role.ADMINISTRATOR]
    for action in actions.values():
        for role in sorted(action.by - {Role.SYSTEM}):
            other = people[Role.WITNESS] if role is Role.ADMINISTRATOR else visitor
            claimed = FORGERIES[forgery](people[role], other)
            assert outcome(platform, action, claimed, uuid4()) == "monitor/role.py", action.name


def test_a_refused_attempt_is_on_record_and_a_fault_is_not(
    platform: Platform, people: dict[Role, Actor], actions: dict[str, Action[Any, Any]]
) -> None:
    def records() -> int:
        with platform.read() as session:
            return int(session.execute(RECORDS).scalar_one())

    before, action = records(), actions["notice.publish"]
    outcome(platform, action, people[Role.FINANCE], uuid4())
    refused = records()
    outcome(platform, actions["arrival.stamp"], people[Role.TENDERER], uuid4())
    assert (refused, records()) == (before + 1, before + 1)


if __name__ == "__main__":
    sys.stdout.write(as_toml(registered()))
