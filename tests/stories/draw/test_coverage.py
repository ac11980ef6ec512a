"""A group is missing from the pool: no header is countersigned until a person says why, on record."""

import pytest
from click.testing import CliRunner

from experts.ceremony.mail.paper import Step
from tests.stories.draw.test_desk import page, the_inspector
from tests.stories.draw.world import World, nobody, settle, the_clerk, the_loops, wants
from webui.cli import main

ALARM, WHY = "region 350200", "该区专家本周统一体检，已与主管部门核实"


def explain(world: World, draw: str, alarm: str, why: str) -> tuple[int, str]:
    keys = str(world.machines.keys("I"))
    told = ("agent", "explain", "--keys", keys, "--draw", draw, "--alarm", alarm, "--why", why)
    done = CliRunner().invoke(main, told)
    return done.exit_code, done.output


def test_an_alarm_blocks_until_the_agents_own_person_explains_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experts.inspector.coverage_alarm", lambda *_: (ALARM,))
    world.begin()
    loops, name = the_loops(world), world.view().name
    settle(world, loops, nobody)
    assert wants(world) == {("I", "countersign")}
    desk = f"/draw/{world.request}"
    told = page(the_clerk(world), desk)
    assert f"batong agent explain --keys FOLDER --draw {name} --alarm '{ALARM}'" in told

    for draw, alarm, why in ((name, ALARM, "  "), (name, " ", WHY), ("D-0", ALARM, WHY)):
        code, said = explain(world, draw, alarm, why)
        assert code == 2, said
    assert explain(world, name, "region 350300", WHY)[0] == 0
    world.wait(60)
    settle(world, loops, nobody)
    assert wants(world) == {("I", "countersign")}, "another alarm was explained"

    assert explain(world, name, ALARM, WHY)[0] == 0
    world.wait(60)
    settle(world, loops, nobody)
    assert world.view().header is not None
    signed = world.view().parcel(Step.COUNTERSIGN, "I")
    assert signed is not None
    assert signed["explained"] == {"region 350300": WHY, ALARM: WHY}
    assert WHY in page(the_inspector(world), f"{desk}/watch")
    assert "agent explain" not in page(the_clerk(world), desk)
