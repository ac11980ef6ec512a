"""Nobody judges a trade that his own employer supervises, and both machines find the same."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from experts.avoidance import Case
from experts.ceremony.mail.paper import Step
from experts.draw.header import counts
from monitor.role import Role
from tests.builders import an_actor
from tests.stories.draw.world import World, nobody, settle, the_loops
from trading.registration.party import Kind, assign, register
from webui.program.draw.case import case_of
from webui.program.draw.centre import filing


def supervised_by(world: World, employer: str) -> UUID:
    """The department of that credit code supervises the trade from now on."""
    administrator = an_actor(world.platform, Role.ADMINISTRATOR, world.machines.centre.org)
    found: UUID = world.platform.perform(
        register, administrator, None, uscc=employer, name="某监督部门", kind=Kind.AUTHORITY
    )
    told = {"organisation": found, "role": Role.DEPARTMENT}
    world.platform.perform(assign, world.machines.centre, world.project, **told)
    return found


def excluded(world: World) -> dict[str, int]:
    settle(world, the_loops(world), nobody)
    header = world.view().header
    assert header is not None, "the agent found other people to avoid"
    return {str(rule): number for rule, number in counts(header.value["excluded"], "excluded")}


def one_employer(world: World) -> str:
    """Of somebody who would be in the pool, and of others."""
    return next(iter(world.pool.people.values())).facts.employers[-1].employer


def test_who_works_for_a_department_that_supervises_the_trade_is_not_in_the_pool(
    world: World,
) -> None:
    world.trade()
    employer = one_employer(world)
    supervised_by(world, employer)
    world.wait(1)
    world.ask()
    there = [
        employer in {job.employer for job in one.facts.employers}
        for one in world.pool.people.values()
    ]
    assert 0 < excluded(world).get("own_unit", 0) <= sum(there)


def test_a_centre_that_leaves_a_supervisors_people_in_gets_no_signature(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.trade()
    employers = {one.facts.employers[-1].employer for one in world.pool.people.values()}
    supervised_by(world, sorted(employers)[0])
    world.wait(1)
    world.ask()

    def without(*told: Any) -> Case:
        return replace(case_of(*told), supervisors=frozenset())

    monkeypatch.setattr(filing, "case_of", without)
    settle(world, the_loops(world), nobody)
    assert world.view().header is None
    troubles = [one["document"]["item"] for one in world.view().parcels(Step.TROUBLE)]
    assert troubles == ["header.excluded"]


def test_a_department_that_came_after_the_request_changes_nobody_of_it(world: World) -> None:
    world.begin()
    employers = {one.facts.employers[-1].employer for one in world.pool.people.values()}
    world.wait(1)
    supervised_by(world, sorted(employers)[-1])
    assert "own_unit" not in excluded(world)
    assert sorted(employers)[-1] not in world.view().value["supervisors"]
