"""The line before the threads: one address's long queue keeps nobody else waiting."""

import asyncio
from contextlib import suppress

from webui.serve.door.line import Line
from webui.serve.door.share import Share

GREEDY, FIRST, SECOND = "greedy", "first", "second"


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_an_address_holds_at_most_half_of_what_others_leave() -> None:
    share = Share(100)
    for who, most in [(GREEDY, 50), (FIRST, 25), (SECOND, 12)]:
        assert sum(share.take(who) for _ in range(200)) == most
    share.give(GREEDY, 50)
    assert share.held(GREEDY) == 0
    assert share.taken == 37
    assert sum(share.take(FIRST) for _ in range(200)) == 44 - 25
    assert share.fits("newcomer", 10)


def test_what_lies_there_already_is_counted_against_what_is_asked() -> None:
    share = Share(100)
    share.hold(GREEDY, 80)
    assert not share.take(GREEDY, 0)
    assert share.take(FIRST, 10)
    share.give(GREEDY, 80)
    assert share.take(GREEDY, 0)
    share.give(GREEDY, 0)


def test_whoever_has_nothing_yet_is_let_in_before_the_rest_of_a_long_queue() -> None:
    async def run() -> None:
        line = Line(4)
        queue = [asyncio.create_task(line.enter(GREEDY)) for _ in range(20)]
        await settle()
        assert [each.done() for each in queue] == [True] * 2 + [False] * 18
        await line.enter(FIRST)
        late = asyncio.create_task(line.enter(SECOND))
        await settle()
        assert not late.done()
        line.leave(GREEDY)
        await settle()
        assert late.done()
        assert sum(each.done() for each in queue) == 2
        for who in (FIRST, SECOND, *[GREEDY] * 19):
            line.leave(who)
            await settle()
        assert all(each.done() for each in queue)
        assert line.inside.taken == 0

    asyncio.run(run())


def test_who_goes_while_waiting_or_at_the_moment_of_being_let_in_keeps_no_place() -> None:
    async def run() -> None:
        line = Line(2)
        await line.enter(GREEDY)
        gone, called, last = (asyncio.create_task(line.enter(GREEDY)) for _ in range(3))
        await settle()
        gone.cancel()
        await settle()
        line.leave(GREEDY)  # it is `called`'s turn, and that very moment it goes
        called.cancel()
        await settle()
        assert last.done()
        for each in (gone, called):
            with suppress(asyncio.CancelledError):
                await each
        line.leave(GREEDY)
        assert line.inside.taken == 0

    asyncio.run(run())
