"""What trustees are asked, from CLOSE to UNLOCK, and what each answer waits for."""

import socket
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from bidding.envelope.capsule import Kind
from bidding.envelope.document import Malformed
from bidding.envelope.trustee.request import read_request, write_request
from bidding.hall.asked import Ask, State, asked_in, asks, request, seat_of
from bidding.hall.unlock import take_batch
from monitor.log.note import NoteError
from monitor.log.witness.wire import RemoteWitness
from monitor.refusal import NotFound, WrongStage
from monitor.role import Role
from tests.builders import an_actor
from tests.stories.hall import Hall, a_closed_hall, a_hall
from tests.stories.tenderer import Tenderer, bidders
from tests.stories.world import World, a_tender


@pytest.fixture
def three(world: World) -> list[Tenderer]:
    return bidders(a_tender(world))


def states(hall: Hall) -> dict[Kind, State]:
    found: list[Ask] = hall.tender.world.ask(asked_in, hall.tender.id, hall.tender.world.now)
    return {ask.kind: ask.state for ask in found}


def asked_of(hall: Hall, kind: Kind) -> Any:
    world = hall.tender.world
    return world.ask(request, hall.tender.id, hall.lot, kind, world.store)


def past_window(hall: Hall) -> None:
    world = hall.tender.world
    world.until(world.now + timedelta(minutes=31))


def test_nothing_is_asked_before_close_and_notes_alone_after_it(three: list[Tenderer]) -> None:
    hall = a_hall(three[0].tender)
    assert states(hall) == {}
    hall.close(witnessed=False)
    assert states(hall) == dict.fromkeys(Kind, State.CLOSE_UNWITNESSED)
    hall.tender.world.settle()
    assert states(hall) == {Kind.NOTE: State.ASKED, Kind.BID: State.NAMES_SHUT}
    with pytest.raises(WrongStage):
        asked_of(hall, Kind.BID)


def test_each_answer_must_be_witnessed_before_the_next_is_asked_for(
    three: list[Tenderer],
) -> None:
    hall = a_hall(three[0].tender)
    hall.close()
    for seat in (1, 3, 4):
        assert states(hall)[Kind.NOTE] is State.ASKED
        hall.give(asked_of(hall, Kind.NOTE), seat)
        assert states(hall)[Kind.NOTE] in {State.ANSWER_UNWITNESSED, State.ENOUGH}
        hall.tender.world.settle()
    assert states(hall) == {Kind.NOTE: State.ENOUGH, Kind.BID: State.SEALS_UNCHECKED}
    [ask, _] = hall.tender.world.ask(asked_in, hall.tender.id, hall.tender.world.now)
    assert [answer.seat for answer in ask.answers] == [1, 3, 4]


def test_bidders_have_their_time_first_and_who_releases_all_needs_no_trustee(
    three: list[Tenderer],
) -> None:
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    assert states(hall)[Kind.BID] is State.BIDDERS_WINDOW
    three[0].release()
    past_window(hall)
    assert states(hall)[Kind.BID] is State.ASKED
    asked = asked_of(hall, Kind.BID)
    assert asked.released == {three[0].last.bid}
    for one in three[1:]:
        one.release()
    assert states(hall)[Kind.BID] is State.ENOUGH


def test_after_unlock_nothing_is_asked_any_more(three: list[Tenderer]) -> None:
    hall = a_closed_hall(three[0].tender)
    hall.check_seal(three[0])
    past_window(hall)
    for seat in (2, 3, 5):
        hall.give(asked_of(hall, Kind.BID), seat)
        hall.tender.world.settle()
    assert states(hall)[Kind.BID] is State.ENOUGH
    hall.unlock()
    assert states(hall) == dict.fromkeys(Kind, State.OVER)


def test_where_too_few_bid_no_trustee_is_ever_asked(world: World) -> None:
    tender = a_tender(world)
    bidders(tender, 2)
    hall = a_hall(tender)
    hall.close()
    assert states(hall) == {}


def test_a_request_travels_as_a_document_and_cannot_be_bent_on_the_way(
    three: list[Tenderer],
) -> None:
    hall = a_hall(three[0].tender)
    hall.close()
    asked = asked_of(hall, Kind.NOTE)
    told = write_request(asked)
    assert read_request(told) == asked
    short = read_request(told.replace(asked.items[0].leaf.hex().encode(), b"00" * 32))
    _, trustee = hall.tender.trustees[0]
    with pytest.raises(Exception, match="CLOSE"):
        trustee.unlock(short, lambda said: None, hall.tender.world.now)
    for bent in (b"", b"{}", told[:-1], told.replace(b'"note"', b'"bill"')):
        with pytest.raises(Malformed):
            read_request(bent)


def test_a_trustee_is_asked_in_its_own_trades_alone(three: list[Tenderer]) -> None:
    hall, world = a_hall(three[0].tender), three[0].tender.world
    hall.close()
    stranger = an_actor(world.house.platform, Role.TRUSTEE)
    assert world.ask(asks, stranger.org, world.now) == []
    with pytest.raises(NotFound):
        world.ask(seat_of, stranger, hall.tender.id)
    own, _ = hall.tender.trustees[0]
    assert {ask.project for ask in world.ask(asks, own.org, world.now)} == {hall.tender.id}


def test_while_the_witness_is_away_the_log_goes_on_and_the_trustees_wait(
    three: list[Tenderer],
) -> None:
    hall, house = a_hall(three[0].tender), three[0].tender.world.house
    [name] = house.sequencer.witnesses
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    house.sequencer.witnesses[name] = RemoteWitness(
        f"http://127.0.0.1:{port}", house.policy.witnesses[0]
    )
    hall.close(witnessed=False)
    before = house.sequencer.run_once(house.clock.now()).size
    assert house.sequencer.run_once(house.clock.now()).size > before
    assert "ConnectionRefused" in house.sequencer.absent[name]
    with pytest.raises(NoteError):
        house.settle()
    assert states(hall)[Kind.NOTE] is State.CLOSE_UNWITNESSED
    asked = hall.note_request()
    actor, document = hall.answer(asked, 1)
    inputs: dict[str, Any] = {"section": hall.lot, "request": asked, "document": document}
    assert isinstance(hall.tender.refused(take_batch, actor, **inputs), WrongStage)
    house.sequencer.witnesses[name] = house.witness
    house.settle()
    assert house.sequencer.absent == {}
    assert states(hall)[Kind.NOTE] is State.ASKED
    hall.tender.do(take_batch, actor, **inputs)


def test_a_witness_that_claims_a_larger_tree_than_ours_stops_nothing(
    three: list[Tenderer],
) -> None:
    from monitor.log.witness.witness import Stale

    house = three[0].tender.world.house

    class Boasting:
        def add_checkpoint(self, *_: object) -> str:
            raise Stale(1 << 40)

        def latest(self, _origin: str) -> str:
            """A checkpoint of that size that the log never signed."""
            return f"{house.policy.log.name}\n{1 << 40}\n{'A' * 43}=\n\n— x AAAAAAAA\n"

    [name] = house.sequencer.witnesses
    house.sequencer.witnesses[name] = Boasting()
    size = house.sequencer.run_once(house.clock.now()).size
    assert house.sequencer.run_once(house.clock.now()).size > size
    assert str(1 << 40) in house.sequencer.absent[name]
