"""A side whose machine goes away: its holders' own programs open its share, and the draw goes on."""

import json
from collections.abc import Mapping
from uuid import UUID

import pytest

from bidding.envelope.trustee.holder import Trustee
from experts import draw_verify
from experts.ceremony.mail.paper import Step
from experts.draw.bundle import verify_bundle
from experts.draw.encoding import DrawError
from experts.draw.header import TENDEREE
from experts.escrow.holder import Named, name_holders
from experts.escrow.opening import openings_asked
from experts.escrow.recovery import RECOVERY
from monitor.role import Actor, Role
from tests.builders import an_actor
from tests.stories.draw.world import (
    DICE,
    World,
    an_account,
    nobody,
    settle,
    the_loops,
    wants,
)
from trading.archive.canonical_zip import read_canonical
from webui.program.client import Client
from webui.program.draw.loop import Loop
from webui.program.trustee.escrow import open_share
from webui.program.trustee.memory import Memory
from webui.program.trustee.seat import Seat

REVEALED, HALF = 610, 200


@pytest.fixture(scope="module")
def people(world: World) -> list[Actor]:
    """Three trustees with devices, named by owner and department as holders of their shares."""
    made = [an_actor(world.platform, Role.TRUSTEE) for _ in range(3)]
    held = []
    for number, who in enumerate(made):
        folder = world.machines.folder / f"holder-{number}"
        device = Trustee.create(folder).device
        an_account(world.keeping, who.person, folder.name, folder)
        held.append(Named(who.person, bytes.fromhex(device.signer), device.recipient))
    for actor in (world.machines.owner, world.machines.inspector):
        world.platform.perform(name_holders, actor, None, holders=held)
    return made


def seat(world: World, number: int) -> Seat:
    """A holder's own program, as an object of this process."""
    folder = world.machines.folder / f"holder-{number}"
    return Seat(Client(world.url, folder.name, folder), Memory(folder), None)


def a_list_draw(world: World) -> None:
    """The owner asks for a draw from a short list: nobody is called, so that it is soon over."""
    world.trade()
    folder = world.machines.folder / "owner"
    if "owner" not in world.clients:
        an_account(world.keeping, world.machines.owner.person, "owner", folder)
        world.clients["owner"] = Client(world.url, "owner", folder)
    inputs = {
        "section": str(world.section), "purpose": "agency", "choice": True,
        "strata": [{"stratum": "造价咨询", "seats": 1}],
        "lines": [{"name": name} for name in ("甲事务所", "乙事务所", "丙事务所")],
    }  # fmt: skip
    asked = world.clients["owner"].act("draw.request_list", inputs, str(world.project))
    world.request = UUID(asked)


def committed(world: World, loops: Mapping[str, Loop]) -> None:
    """Both have committed, all stands under one hash, and the owner's machine goes away."""
    for _ in range(60):
        if wants(world) == {("I", "reveal"), ("T", "reveal")}:
            return
        away = {"T"} if world.view().step("commit", TENDEREE) else set()
        for role, loop in loops.items():
            if role not in away and not _reveals_next(world, role):
                loop.once()
    raise AssertionError(wants(world))


def _reveals_next(world: World, role: str) -> bool:
    return (role, "reveal") in wants(world)


def nothing_is_opened_that_is_not_proven_and_due(world: World, person: Actor) -> None:
    """A platform that lies to a holder's program gets no piece out of it."""
    now = world.house.clock.now()
    with world.platform.read() as session:
        [mine] = openings_asked(session, person.person, now)
    client, device = seat(world, 0).client, Memory(world.machines.folder / "holder-0").trustee()
    stranger = Trustee.create(world.machines.folder / "stranger")
    header = {**mine["signed"]["header"], "t_reveal": 1, "t_beacon": 2**40}
    lies = (
        (device, mine, now.replace(year=now.year - 1)),
        (device, {**mine, "signed": {**mine["signed"], "header": header}}, now),
        (device, {**mine, "commits": {**mine["commits"], "open": "00" * 32}}, now),
        (stranger, mine, now),
    )
    for who, told, when in lies:
        with pytest.raises(DrawError):
            open_share(client, who, told, when)
    assert not world.view().steps("escrow")


def without_the_owner(world: World, loops: Mapping[str, Loop]) -> Mapping[str, Loop]:
    """A draw to which all have committed, and where the owner's machine reveals nothing."""
    a_list_draw(world)
    committed(world, loops)
    here = {role: loops[role] for role in "CI"}
    settle(world, here, nobody)
    return here


def test_two_holders_open_the_share_of_a_machine_that_is_away_and_the_draw_goes_on(
    world: World, people: list[Actor]
) -> None:
    loops = the_loops(world)
    here = without_the_owner(world, loops)
    assert wants(world) == {("T", "reveal")}
    seats = [seat(world, number) for number in range(3)]
    assert not any(one.look() for one in seats), "nothing is asked before its time"
    world.wait(REVEALED)
    settle(world, here, nobody)
    assert wants(world) == {("holders", "open_escrow")}
    nothing_is_opened_that_is_not_proven_and_due(world, people[0])
    desk = seats[2].client.send("GET", "/trustee", None, {}).decode()
    assert "抽取份额待开启" in desk
    assert [one.look() for one in seats[:2]] == [True, True]
    settle(world, here, nobody)
    assert wants(world) == {("time", "wait_dice")}
    told = Client(world.url, "", world.machines.folder).text(f"/draw/{world.request}")
    assert "按托管恢复" in told
    assert "由 1 + 2 号持有人开启" in told
    world.wait(DICE)
    settle(world, loops, nobody)
    assert wants(world) == set()
    assert not world.view().parcels(Step.TROUBLE)
    bundle = world.bundle()
    assert [one["how"] for one in json.loads(read_canonical(bundle)["reveals.json"])["reveals"]] == [
        "revealed", "recovered",
    ]  # fmt: skip
    assert RECOVERY in read_canonical(bundle)
    assert verify_bundle(bundle).ok
    assert draw_verify.verify(bundle)[-1][1] == ""


@pytest.mark.campaign
def test_where_the_holders_are_away_too_the_default_comes_half_way_to_the_dice(
    world: World, people: list[Actor]
) -> None:
    here = without_the_owner(world, the_loops(world))
    world.wait(REVEALED)
    settle(world, here, nobody)
    assert wants(world) == {("holders", "open_escrow")}
    world.wait(HALF)
    settle(world, here, nobody)
    assert world.view().step("reveal", TENDEREE) is not None
    assert {one["document"]["how"] for one in world.view().steps("reveal")} == {
        "revealed",
        "default",
    }
    assert wants(world) == {("time", "wait_dice")}
