"""What machines ask every second costs as much, however many draws and deals are not theirs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, select
from sqlalchemy.engine import Engine

from experts.ceremony.header import Draw
from experts.ceremony.mail.machine.deputy import vacant
from experts.ceremony.mail.machine.machine import DEPUTY, Machine, machine_of
from experts.ceremony.mail.request import DrawRequest
from experts.custody import Custody
from experts.escrow.dealing import KeyDeal
from experts.escrow.wanted import lost, unchecked
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.identity import new_id
from monitor.role import SYSTEM, Role
from tests.builders import an_actor
from tests.stories.draw.escrow import Escrow, keys_of
from tests.stories.draw.world import World

MORE = 5


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that anything asks a database meanwhile."""
    asked: list[str] = []

    def note(*told: Any) -> None:
        asked.append(told[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def cost(world: World, poll: Callable[[Any], Any]) -> int:
    with world.platform.read() as session, counted() as asked:
        poll(session)
    assert asked
    return len(asked)


def done(world: World, run: Callable[[Act], None]) -> None:
    verb = Action("draw.open_header", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    world.platform.perform(verb, SYSTEM, None)


def test_a_poll_does_not_grow_with_what_others_deal_and_draw(world: World, escrow: Escrow) -> None:
    agent = escrow.agent("polled")
    loops = escrow.begun(agent)
    for _ in range(40):
        if world.view().draw:
            break
        for loop in loops.values():
            loop.once()
    platform, now, person = world.platform, world.house.clock.now(), escrow.people[0].person
    with platform.read() as session:
        deputy = machine_of(session, DEPUTY, world.machines.inspector.org)
        assert deputy is not None
        session.expunge(deputy)
    polls: tuple[Callable[[Any], Any], ...] = (
        lambda session: unchecked(session, person),
        lambda session: lost(session, deputy, now),
        lambda session: vacant(session, deputy, now),
    )
    before = [cost(world, poll) for poll in polls]

    owns = [an_actor(platform, Role.DEPARTMENT) for _ in range(MORE)]

    def others(act: Act) -> None:
        """Other departments' agents, each with a deal and a running draw; own draws of before."""
        draw = act.session.get_one(Draw, UUID(world.view().draw))
        asked = act.session.get_one(DrawRequest, world.request)
        deal = act.session.scalars(select(KeyDeal).order_by(KeyDeal.id.desc())).first()
        assert deal is not None
        for n in range(MORE):
            custody = Custody.create(world.machines.folder / f"other-{n}")
            keys, own = keys_of(custody), owns[n]
            machine = Machine(
                id=new_id(act.now), role="I", person=own.person, org=own.org, since=act.now,
                until=None, lost_at=None, **keys,
            )  # fmt: skip
            request = copied(asked, id=new_id(act.now), project=uuid4(), inspector=machine.id)
            header = {**draw.header, "draw": request.name}
            past = copied(asked, id=new_id(act.now), project=uuid4())
            act.session.add_all((machine, request, past))
            act.session.flush()
            act.session.add_all((
                KeyDeal(id=new_id(act.now), machine=machine.id, document=deal.document,
                        dealt_at=act.now),
                copied(draw, id=new_id(act.now), project=request.project, hh=bytes([n]) * 32,
                       header=header),
                copied(draw, id=new_id(act.now), project=past.project, hh=bytes([n]) * 31 + b"p",
                       header={**draw.header, "draw": past.name}, state="finished"),
            ))  # fmt: skip

    done(world, others)
    assert [cost(world, poll) for poll in polls] == before


def copied(row: Any, **changed: Any) -> Any:
    names = [column.key for column in row.__mapper__.column_attrs]
    return type(row)(**{**{name: getattr(row, name) for name in names}, **changed})
