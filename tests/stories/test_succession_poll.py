"""What trustees' machines look for each second or so: the same few questions, however many trades."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from bidding.hall.succession.asked import live, named, to_read, undealt, wanted
from bidding.hall.succession.place import held_seats
from monitor.role import Actor
from tests.stories.following import a_following, a_twin
from tests.stories.world import World


def test_a_look_costs_as_many_statements_for_three_trades_as_for_one(world: World) -> None:
    following = a_following(world)
    actor = following.tender.trustees[0][0]
    following.ask(2)
    alone, rows = statements(world, actor)
    assert rows == (0, 5, 1, 0)
    for _ in range(2):
        a_twin(world, following.tender).ask(2)
    assert statements(world, actor) == (alone, (0, 15, 1, 0))


def statements(world: World, actor: Actor) -> tuple[int, tuple[int, ...]]:
    """How many statements one look takes, and what it finds."""
    seen = list[str]()

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    def look(session: Session) -> tuple[int, ...]:
        projects = live(session, actor.org)
        held_seats(session, actor.org, projects)
        return (
            len(undealt(session, actor.org, projects)),
            len(to_read(session, actor.org, projects)),
            len(named(session, actor.org, projects)),
            len(wanted(session, actor, projects)),
        )

    engine = world.house.platform.engine
    event.listen(engine, "after_cursor_execute", note)
    try:
        found = world.ask(look)
    finally:
        event.remove(engine, "after_cursor_execute", note)
    return len(seen), found
