"""A department whose agent's share and key are held by three, and whose agent is destroyed."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from bidding.envelope.trustee.holder import Trustee
from experts.ceremony.mail.machine.machine import name_deputy, name_machine
from experts.custody import Custody
from experts.draw.header import INSPECTOR
from experts.escrow.holder import Named, name_holders
from experts.inspector import InspectorAgent
from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.stories.draw.test_escrow import a_list_draw
from tests.stories.draw.world import DICE, World, an_account, the_loops, wants
from webui.program.client import Client
from webui.program.draw.deputy import UNATTENDED, Deputy
from webui.program.draw.inspector import Agent
from webui.program.draw.loop import Loop
from webui.program.draw.side import Handler
from webui.program.trustee.memory import Memory
from webui.program.trustee.seat import Seat

AWAY, REVEALED = 121, 500


@dataclass
class Escrow:
    """A department's deputy, and the three who hold its agent's share and key."""

    world: World
    deputy: Actor
    custody: Custody
    people: list[Actor]
    named: list[Named]

    def loop(self, reason: str = UNATTENDED) -> Loop:
        client = Client(self.world.url, "standby", self.custody.folder)
        return Loop(Deputy(client, InspectorAgent(self.custody), reason))

    def device(self, number: int) -> Trustee:
        return Memory(self.world.machines.folder / f"keeper-{number}").trustee()

    def seat(self, number: int) -> Seat:
        folder = self.world.machines.folder / f"keeper-{number}"
        return Seat(Client(self.world.url, folder.name, folder), Memory(folder), None)

    def agent(self, name: str) -> Loop:
        """A fresh machine of the department, as it names one after each loss."""
        world = self.world
        custody = Custody.create(world.machines.folder / name)
        own = an_actor(world.platform, Role.DEPARTMENT, world.machines.inspector.org)
        by = world.machines.inspector
        world.platform.perform(name_machine, by, None, person=own.person, **keys_of(custody))
        an_account(world.keeping, own.person, name, custody.folder)
        return Loop(Agent(Client(world.url, name, custody.folder), InspectorAgent(custody)))

    def begun(self, agent: Loop, looks: tuple[int, ...] = (0, 1, 2)) -> dict[str, Loop]:
        """A draw whose agent has its key in escrow, the pieces looked at by these holders."""
        a_list_draw(self.world)
        agent.once()
        for number in looks:
            self.seat(number).look()
        return {**the_loops(self.world), INSPECTOR: agent}

    def away(self, agent: Loop, looks: tuple[int, ...] = (0, 1, 2)) -> dict[str, Loop]:
        """A draw whose agent is to answer for a round, and is away past the limit."""
        loops = self.begun(agent, looks)
        until(self.world, loops, "answer")
        self.world.wait(AWAY)
        return loops

    def lost(self, agent: Loop, what: str) -> dict[str, Loop]:
        """A draw whose agent is destroyed, folder and all, when it is to do this; who is left."""
        loops = self.begun(agent)
        until(self.world, loops, what)
        shutil.rmtree(custody_of(agent).folder)
        return {"C": loops["C"], "T": loops["T"]}


def an_escrow(world: World) -> Escrow:
    """Name a deputy, and three trustees of three bodies as holders for department and owner."""
    inspector = world.machines.inspector
    own = an_actor(world.platform, Role.DEPARTMENT, inspector.org)
    custody = Custody.create(world.machines.folder / "standby")
    an_account(world.keeping, own.person, "standby", custody.folder)
    world.platform.perform(name_deputy, inspector, None, person=own.person, **keys_of(custody))
    people, named = [an_actor(world.platform, Role.TRUSTEE) for _ in range(3)], []
    for number, who in enumerate(people):
        folder = world.machines.folder / f"keeper-{number}"
        device = Trustee.create(folder).device
        an_account(world.keeping, who.person, folder.name, folder)
        named.append(Named(who.person, bytes.fromhex(device.signer), device.recipient))
    for actor in (inspector, world.machines.owner):
        world.platform.perform(name_holders, actor, None, holders=named)
    return Escrow(world, own, custody, people, named)


def keys_of(custody: Custody) -> dict[str, bytes]:
    return {use: bytes.fromhex(str(key)) for use, key in custody.public().items()}


def custody_of(agent: Loop) -> Custody:
    assert isinstance(agent.side, Agent)
    return agent.side.agent.custody


def until(world: World, loops: Mapping[str, Loop], what: str) -> None:
    """Let the machines work until the inspector's is waited for to do this, and does not."""
    for _ in range(200):
        if (INSPECTOR, what) in wants(world):
            return
        if wants(world) == {("time", "wait_dice")}:
            world.wait(DICE)
        for role, loop in loops.items():
            if (INSPECTOR, what) in wants(world):
                return
            if role == INSPECTOR:
                _short_of(loop, what)
            else:
                loop.once()
    raise AssertionError(wants(world))


def _short_of(loop: Loop, what: str) -> None:
    """One look of the inspector's machine, which stops short of one step."""
    handlers = Agent.handlers

    def short(self: Agent) -> Mapping[str, Handler]:
        return {name: each for name, each in handlers(self).items() if name != what}

    Agent.handlers = short  # type: ignore[method-assign]
    try:
        loop.once()
    finally:
        Agent.handlers = handlers  # type: ignore[method-assign]
