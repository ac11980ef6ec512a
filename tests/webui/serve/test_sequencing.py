"""The beat of the log: hinted at it runs at once, a second one stands by, a halt is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from monitor.clock import SystemClock
from monitor.log.checkpoint import Checkpoint, Policy, sign_checkpoint
from monitor.log.note import Kind, SigningKey
from monitor.log.witness.wire import RemoteWitness
from monitor.record.action import Visibility
from monitor.record.platform import Platform
from monitor.role import SYSTEM
from monitor.runtime.database import Addresses
from monitor.runtime.settings import load
from monitor.runtime.valkey import EmbeddedValkey, connect
from monitor.work.hint import ACT, Hints
from tests.monitor.record.house import START, House, a_house
from trading.registration.party import enrol
from webui.serve.log import Colour, LogState, Teller, read_log
from webui.serve.sequencing import BEAT, CYCLE, GATHER, GRACE, Beat, colour_of, pause, step

LOUD = replace(enrol, visibility=Visibility.PUBLIC)


@dataclass
class Two:
    """Two sequencers of one log, and the time that both wait by."""

    house: House
    first: Beat
    second: Beat
    now: list[float] = field(default_factory=lambda: [0.0])

    def after(self, seconds: float) -> None:
        self.now[0] += seconds

    def act(self) -> None:
        self.house.platform.perform(LOUD, SYSTEM, None, name="测试人")


@pytest.fixture(scope="module")
def house(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(database, tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def two(house: House, valkey: EmbeddedValkey) -> Iterator[Two]:
    one = house.sequencer
    other = type(one)(one.url, one.key, one.tiles, one.latch, one.witnesses)
    now = [0.0]
    client = connect(valkey.url)
    beats = [Beat(each, house.clock, client, lambda: now[0]) for each in (one, other)]
    yield Two(house, beats[0], beats[1], now)
    other.close()
    client.close()


def test_a_public_act_is_placed_at_the_next_look_and_the_beat_goes_on_without_any(two: Two) -> None:
    assert two.first.look()
    assert two.first.look() is None
    two.act()
    assert two.first.look()
    two.after(BEAT - 1)
    assert two.first.look() is None
    two.after(1)
    assert two.first.look()


def test_the_second_stands_by_and_leads_when_heads_stop_coming(two: Two) -> None:
    two.first.look()
    two.second.look()
    two.first.look()
    assert (two.first.leads, two.second.leads) == (False, True), "the last to make a head leads"
    two.act()
    assert two.first.look() is None, "it gives the leader time"
    assert two.second.look()
    two.after(BEAT)
    assert two.second.look()
    assert two.first.look() is None, "one beat, not two"
    two.act()
    assert two.first.look() is None
    two.after(GRACE)
    size = two.first.look()
    assert size, "the leader is gone: it leads within its grace"
    assert two.first.leads
    assert two.second.look() is None
    assert not two.second.leads
    assert two.house.settle().size > size


def test_a_hint_ends_the_wait_and_without_valkey_the_wait_is_only_longer(
    valkey: EmbeddedValkey,
) -> None:
    hints = Hints(valkey.url, ACT)
    assert not hints.wait(0.1)
    telling = Hints(valkey.url, ACT)
    thread = Thread(target=telling.give)
    thread.start()
    assert hints.wait(20)
    thread.join()
    for _ in range(3):
        telling.give()
    connect(valkey.url).ping()  # answered only after what was told before has been sent to all
    assert hints.wait(20)
    assert not hints.wait(0.05), "many hints are as good as one"
    away = Hints("unix:///nowhere/valkey.sock", ACT)
    away.give()
    assert not away.wait(0.05)
    for each in (hints, telling, away):
        each.close()


def test_public_acts_hint_and_secret_ones_never(house: House, database: Addresses) -> None:
    told: list[int] = []
    platform = Platform(database.app_url, house.clock, published=lambda: told.append(1))
    platform.perform(enrol, SYSTEM, None, name="测试人")
    assert told == []
    platform.perform(LOUD, SYSTEM, None, name="测试人")
    assert told == [1]
    platform.close()


def test_acts_gather_for_twice_as_long_as_a_batch_takes_within_bounds() -> None:
    assert pause(0.02) == pytest.approx(CYCLE - 0.02), "a short one: ten a second"
    assert pause(0.08) == pytest.approx(0.16)
    assert pause(3.0) == GATHER, "a long one never keeps what came meanwhile waiting as long again"


def test_how_the_log_stands_is_told_once_for_each_change(tmp_path: Path) -> None:
    settings = load({}, data=tmp_path / "data", demo=True)
    settings.data.mkdir()
    assert read_log(settings) == LogState(Colour.NONE)
    teller = Teller(settings)
    teller.tell(Colour.YELLOW, "", {"w1": "away"}, START)
    first = read_log(settings)
    teller.tell(Colour.YELLOW, "", {"w1": "away still"}, START.replace(hour=9))
    assert read_log(settings) == first
    teller.tell(Colour.RED, "forked", {}, START.replace(hour=9))
    assert read_log(settings).halted
    assert Teller(settings)._last == read_log(settings)


def test_the_colour_follows_the_policy() -> None:
    log = SigningKey.generate("batong.test/log", Kind.ED25519).verifier
    keys = tuple(SigningKey.generate(f"w{n}.test", Kind.COSIGNATURE).verifier for n in range(3))
    two_of_three = Policy(log, keys, 2)
    assert colour_of(Policy(log), {}) is Colour.GREY
    assert colour_of(two_of_three, {"w0.test": "away"}) is Colour.GREEN
    assert colour_of(two_of_three, {"w0.test": "away", "w2.test": "422"}) is Colour.YELLOW


@contextmanager
def a_refusal(status: HTTPStatus, told: str) -> Iterator[str]:
    """A witness elsewhere that refuses whatever it is asked; the address."""

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(told.encode())

        def do_GET(self) -> None:
            self.send_error(HTTPStatus.NOT_FOUND)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "told", "colour"),
    [
        (HTTPStatus.UNPROCESSABLE_ENTITY, "the log has forked", Colour.RED),
        (HTTPStatus.CONFLICT, f"{1 << 40}\n", Colour.RED),
        (HTTPStatus.FORBIDDEN, "not this log's key", Colour.GREEN),
        (HTTPStatus.SERVICE_UNAVAILABLE, "later", Colour.GREEN),
    ],
)
def test_one_witness_that_calls_it_a_fork_turns_it_red_though_the_quorum_is_met(
    two: Two, tmp_path: Path, status: HTTPStatus, told: str, colour: Colour
) -> None:
    settings = load({}, data=tmp_path / "data", demo=True)
    settings.data.mkdir()
    house, teller, wall = two.house, Teller(settings), SystemClock()
    other = SigningKey.generate("refusing.test", Kind.COSIGNATURE).verifier
    policy = Policy(house.policy.log, (*house.policy.witnesses, other), 1)
    with a_refusal(status, told) as address:
        house.sequencer.witnesses[other.name] = RemoteWitness(address, other)
        try:
            assert step(two.first, policy, teller, wall)
        finally:
            del house.sequencer.witnesses[other.name]
    state = read_log(settings)
    assert state.colour is colour
    assert state.refused == ([other.name] if colour is Colour.RED else [])
    assert state.absent.keys() == {other.name}
    assert not state.halted, "one witness's word stops nothing"
    if told.strip().isdigit():
        assert told.strip() in state.absent[other.name]
    house.sequencer.absent.clear()
    house.sequencer.refused.clear()


def test_a_log_that_is_behind_its_store_halts_turns_red_and_goes_on_once_it_is_not(
    two: Two, tmp_path: Path
) -> None:
    settings = load({}, data=tmp_path / "data", demo=True)
    settings.data.mkdir()
    house, teller, wall = two.house, Teller(settings), SystemClock()
    assert step(two.first, house.policy, teller, wall)
    assert read_log(settings).colour is Colour.GREEN
    latch, before = house.sequencer.latch, house.sequencer.published()
    beyond = Checkpoint(house.sequencer.key.name, 1 << 20, bytes(32))
    latch.swap(before, sign_checkpoint(beyond, house.sequencer.key))
    two.after(BEAT)
    assert step(two.first, house.policy, teller, wall) is None
    state = read_log(settings)
    assert state.halted
    assert str(1 << 20) in state.cause
    assert house.sequencer.published() == before, "nothing was signed"
    assert before is not None
    latch.swap(latch.read(), before)
    two.after(BEAT)
    assert step(two.first, house.policy, teller, wall)
    assert read_log(settings).colour is Colour.GREEN
