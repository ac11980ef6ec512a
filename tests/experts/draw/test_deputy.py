"""A second machine of the inspector's: it learns earlier attempts from the record, and no other."""

from pathlib import Path

import pytest

from experts.custody import Custody
from experts.draw.encoding import DrawError
from experts.inspector import InspectorAgent
from monitor.log.canonical import JSON
from tests.experts.draw_world import World, counter


def test_a_deputy_signs_a_later_attempt_only_once_it_knows_those_before(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    first = world.file()
    agent, world.agent = (
        world.agent,
        InspectorAgent(Custody.create(tmp_path / "deputy", counter("deputy")), counter("d")),
    )
    world.draw = "D-2"
    with pytest.raises(DrawError) as refused:
        world.file(reason="the agent went away")
    assert refused.value.item == "attempt 0"
    world.agent.learn([first])
    second = world.file(reason="the agent went away")
    world.agent.learn([first])
    agent.learn([first, second])
    assert agent.custody.public() != world.agent.custody.public()
    others: list[list[JSON]] = [[second], [second, first], [first, first]]
    for told in others:
        with pytest.raises(DrawError):
            agent.learn(told)
    stranger = World(tmp_path / "stranger", draw="D-9")
    with pytest.raises(DrawError) as refused:  # a chain that is whole, and is not the one it knows
        world.agent.learn([stranger.file()])
    assert refused.value.item == "chain"
