"""The desk of draws: who is waited for, what the public sees, and that no page holds a name."""

import inspect
import re
from uuid import UUID

import pytest

from experts.ceremony.mail import agenda
from experts.pool.expert import suspend
from experts.pool.register import latest_snapshot, snapshot
from monitor.role import Role
from tests.builders import an_actor
from tests.stories.draw.world import (
    World,
    an_account,
    nobody,
    settle,
    the_clerk,
    the_loops,
    thrown,
    wants,
)
from webui.page.language import known
from webui.page.office.panel import draw
from webui.program.client import Client, Refused


def page(client: Client, path: str) -> str:
    return client.send("GET", path, None, {}).decode()


def public(world: World) -> str:
    return Client(world.url, "", world.machines.folder).text(f"/draw/{world.request}")


def the_inspector(world: World) -> Client:
    folder = world.machines.folder / "inspector"
    an_account(world.keeping, world.machines.inspector.person, "inspector", folder)
    return Client(world.url, "inspector", folder)


def test_the_desk_says_who_is_waited_for_and_how_to_start_a_machine_that_is_away(
    world: World,
) -> None:
    world.begin()
    clerk = the_clerk(world)
    told = page(clerk, f"/draw/{world.request}")
    assert "抽取服务（中心）离线" in told
    assert "batong draw run" in told
    settle(world, {"C": the_loops(world)["C"]}, nobody)
    told = page(clerk, f"/draw/{world.request}")
    assert wants(world) == {("I", "hello")}
    assert "抽取服务（中心）离线" not in told
    assert "监督端（监督部门）离线" in told
    assert "batong agent run" in told
    assert "/act/draw.withdraw" in told


def test_contacts_are_shown_to_inspectors_of_that_trade_alone(world: World) -> None:
    world.begin()
    stranger, folder = an_actor(world.house.platform, Role.DEPARTMENT), world.machines.folder / "s"
    an_account(world.keeping, stranger.person, "stranger", folder)
    seat = f"/draw/{world.request}/watch"
    assert "联络" in page(the_inspector(world), seat)
    with pytest.raises(Refused) as refused:
        page(Client(world.url, "stranger", folder), seat)
    assert refused.value.status == 404


def test_whatever_is_to_be_done_has_its_place_on_the_line_and_its_words() -> None:
    found = set(re.findall(r'Todo\([^,()]+, "(\w+)"', inspect.getsource(agenda)))
    assert {"hello", "bring_beacon", "too_late", "bundle"} <= found
    assert found <= draw.PLACE.keys()
    assert [name for name in draw.PLACE if not known(f"draw.todo.{name}")] == []


def test_no_page_of_a_draw_holds_a_name_or_a_number_of_an_expert(world: World) -> None:
    loops = thrown(world)
    settle(world, loops, nobody)
    clerk, inspector = the_clerk(world), the_inspector(world)
    seen = {
        "clerk": page(clerk, f"/draw/{world.request}") + page(clerk, "/draws"),
        "inspector": page(inspector, f"/draw/{world.request}") + page(inspector, "/draws"),
        "public": public(world),
    }
    for uid in world.invited():
        mask = next(m for u, m in world.masks() if u == uid)
        employer = world.pool.people[uid].facts.employers[-1].employer
        for who, told in seen.items():
            for secret in (uid, mask, world.pool.people[uid].name, employer):
                assert secret not in told, (who, secret)
    assert "答复邀请" in seen["clerk"]
    assert "答复邀请" in seen["inspector"]
    assert "入选" in seen["public"]


def test_the_public_sees_the_steps_and_not_the_machines_mail(world: World) -> None:
    told, inner = public(world), page(the_clerk(world), f"/draw/{world.request}")
    assert "抽取条件" in told or "公布抽取条件" in told
    assert "设备间传递" in inner
    assert "设备间传递" not in told
    assert "三方设备" not in told
    assert "演示密钥" in told


def test_a_draw_that_is_not_there_and_one_not_published_are_not_found(world: World) -> None:
    client = the_clerk(world)
    for path in (f"/draw/{world.project}", f"/api/v1/draws/{world.request}/bundle"):
        with pytest.raises(Refused) as told:
            page(client, path)
        assert told.value.status == 404


def test_demo_time_does_not_leap_while_three_machines_exchange_their_shares(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "TRIES", 1)
    monkeypatch.setattr(draw, "PAUSE", 0)
    world.begin()
    loops = the_loops(world)
    for loop in loops.values():
        loop.once()
    assert leaps_to(world) == f"/draw/{world.request}"
    settle(world, loops, nobody)
    assert wants(world) == {("time", "wait_dice")}
    assert leaps_to(world) == ""


def leaps_to(world: World) -> str:
    """Where one who moves demo time is sent to wait; nowhere when it may pass."""
    with world.app.test_request_context():
        held = draw.settled()
    return "" if held is None else f"/draw/{held}"


def test_the_agent_countersigns_a_snapshot_of_the_night_that_comes_out_the_same(
    world: World,
) -> None:
    first, second = world.pool.keepers.first, world.pool.keepers.second
    agent, centre = world.side("I"), world.side("C")

    def signed() -> object:
        with world.platform.read() as session:
            return latest_snapshot(session).countersigned

    def take() -> UUID:
        world.wait(60)
        taken: UUID = world.platform.perform(snapshot, first, None)
        return taken

    told = {"snapshot": str(take()), "signature": "00" * 64}
    for side in (centre, agent):
        with pytest.raises(Refused):
            side.client.act("pool.countersign", told)
    assert signed() is None
    world.platform.perform(suspend, second, None, uid="E000000", until=None, ground="核查")
    agent.attend()
    assert signed() is None, "the pool is not what the snapshot held"
    take()
    agent.attend()
    assert signed() is not None
    agent.attend()
    with pytest.raises(Refused):
        agent.client.act("pool.countersign", told | {"snapshot": str(UUID(int=1))})
