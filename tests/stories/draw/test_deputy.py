"""The supervisor's agent goes away before the header is out: its deputy answers, and nobody else."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from experts import draw_verify
from experts.ceremony.mail.machine.deputy import take_over, vacant
from experts.ceremony.mail.machine.machine import machine_behind, name_deputy
from experts.ceremony.mail.paper import Step
from experts.ceremony.mail.parcel import post
from experts.custody import Custody
from experts.draw.bundle import verify_bundle
from experts.inspector import InspectorAgent
from monitor.refusal import Conflict, NotAllowed, Refusal, TooEarly, WrongStage
from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.stories.draw.test_escrow import a_list_draw
from tests.stories.draw.world import (
    DICE,
    World,
    an_account,
    nobody,
    settle,
    the_loops,
    wants,
)
from webui.program.client import Client, Refused
from webui.program.draw.deputy import Deputy
from webui.program.draw.loop import Loop

AWAY = 121


@dataclass
class Standby:
    """A department's second machine: its account, and its own folder."""

    world: World
    actor: Actor
    custody: Custody

    def loop(self) -> Loop:
        client = Client(self.world.url, "deputy", self.custody.folder)
        return Loop(Deputy(client, InspectorAgent(self.custody)))

    def vacancies(self) -> list[UUID]:
        with self.world.platform.read() as session:
            machine = machine_behind(session, self.actor)
            assert machine is not None
            return [one.id for one in vacant(session, machine, self.world.house.clock.now())]


@pytest.fixture(scope="module")
def standby(world: World) -> Standby:
    inspector = world.machines.inspector
    own = an_actor(world.platform, Role.DEPARTMENT, inspector.org)
    custody = Custody.create(world.machines.folder / "deputy")
    an_account(world.keeping, own.person, "deputy", custody.folder)
    keys = {use: bytes.fromhex(str(key)) for use, key in custody.public().items()}
    world.platform.perform(name_deputy, inspector, None, person=own.person, **keys)
    return Standby(world, own, custody)


def filed_and_away(world: World) -> dict[str, Loop]:
    """The agent said hello, the centre filed, and the agent is not seen again."""
    a_list_draw(world)
    loops = the_loops(world)
    for _ in range(10):
        if wants(world) == {("I", "countersign")}:
            break
        for role in "CI":
            if (role, "countersign") not in wants(world):
                loops[role].once()
    assert wants(world) == {("I", "countersign")}
    return loops


def refused(world: World, actor: Actor, why: type[Refusal]) -> None:
    with pytest.raises(why):
        world.platform.perform(take_over, actor, world.project, request=world.request)


def test_a_deputy_answers_for_an_agent_that_is_away_past_its_limit(
    world: World, standby: Standby
) -> None:
    loops = filed_and_away(world)
    deputy = standby.loop()
    assert not deputy.once()
    assert standby.vacancies() == []
    refused(world, standby.actor, TooEarly)
    world.wait(AWAY)
    assert standby.vacancies() == [world.request]
    refused(world, world.machines.centre, NotAllowed)
    refused(world, world.machines.inspector, NotAllowed)
    refused(world, an_actor(world.platform, Role.DEPARTMENT), NotAllowed)
    agent = loops["I"].side.client
    with pytest.raises(Refused) as no:  # the agent itself has no part to take over
        agent.act("draw.take_over", {"request": str(world.request)}, str(world.project))
    assert no.value.code == "not_allowed"
    here = {"C": loops["C"], "T": loops["T"], "D": deputy}
    settle(world, here, nobody)
    assert wants(world) == {("time", "wait_dice")}
    assert not world.view().parcels(Step.TROUBLE)
    header = world.view().signed_header()
    assert header.value["keys"]["I"] == standby.custody.public()  # type: ignore[index,call-overload]
    told = Client(world.url, "", world.machines.folder).text(f"/draw/{world.request}")
    assert "监督端离线，由备用监督端代行" in told
    assert f"{AWAY}" in told
    refused(world, standby.actor, WrongStage)
    assert not loops["I"].once(), "the agent that comes back has no part in it"
    with pytest.raises(Refused) as no:
        loops["I"].side.post(world.view(), Step.TROUBLE, {"item": "late", "reason": "late"}, 9)
    assert no.value.code == "not_allowed"
    world.wait(DICE)
    settle(world, here, nobody)
    assert wants(world) == set()
    bundle = world.bundle()
    assert verify_bundle(bundle).ok
    assert draw_verify.verify(bundle)[-1][1] == ""


def test_no_deputy_answers_where_the_agent_is_there_and_objects_or_is_not_waited_for(
    world: World, standby: Standby
) -> None:
    loops = filed_and_away(world)
    view = world.view()
    words = {"item": "pool", "reason": "is not what I find"}
    loops["I"].side.post(view, Step.TROUBLE, words)
    world.wait(AWAY)
    assert standby.vacancies() == []
    refused(world, standby.actor, WrongStage)
    loops = filed_and_away(world)
    loops["I"].once()  # it countersigns, and now the centre is away
    world.wait(AWAY)
    assert standby.vacancies() == []
    refused(world, standby.actor, WrongStage)
    a_list_draw(world)
    world.wait(AWAY)  # now the centre is away as well: it said no hello, and nothing is lost
    assert standby.vacancies() == [world.request]
    settle(world, {"C": loops["C"], "I": loops["I"]}, nobody)  # it is back before the deputy came
    assert standby.vacancies() == []
    refused(world, standby.actor, WrongStage)


def test_a_deputy_has_an_account_and_keys_of_its_own(world: World, standby: Standby) -> None:
    inspector = world.machines.inspector
    other = an_actor(world.platform, Role.DEPARTMENT, inspector.org)
    fresh = Custody.create(world.machines.folder / "fresh").public()
    agents = Custody(world.machines.keys("I")).public()
    for mixed in (agents, {**fresh, "sign": agents["sign"]}, {**fresh, "vrf": agents["vrf"]}):
        keys = {use: bytes.fromhex(str(key)) for use, key in mixed.items()}
        with pytest.raises(Conflict):
            world.platform.perform(name_deputy, inspector, None, person=other.person, **keys)
    keys = {use: bytes.fromhex(str(key)) for use, key in fresh.items()}
    for actor, person in (
        (inspector, inspector.person), (world.machines.centre, other.person),
        (world.machines.owner, other.person),
    ):  # fmt: skip
        with pytest.raises(NotAllowed):
            world.platform.perform(name_deputy, actor, None, person=person, **keys)
    with pytest.raises(Conflict):  # an account that is a machine already
        world.platform.perform(name_deputy, inspector, None, person=standby.actor.person, **keys)
    with pytest.raises(NotAllowed):  # nobody posts as a machine without being one
        world.platform.perform(
            post, other, world.project, request=world.request, step=Step.HELLO, k=1,
            document={"recipient": "age1"},
        )  # fmt: skip
