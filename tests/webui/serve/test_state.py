"""Signs of life: who is away is told with since when; without Valkey that alone is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
import redis

from monitor.clock import MovableClock
from monitor.runtime.valkey import EmbeddedValkey, connect
from webui.page.language import LANGUAGES, known, text
from webui.serve.state import KEY, OWN, Away, Program, Signs, beating

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


class Ticking:
    """A counter of seconds that moves with the wall's clock."""

    def __init__(self) -> None:
        self.wall, self.ticks = MovableClock(START), 0.0

    def wait(self, seconds: float) -> None:
        self.ticks += seconds
        self.wall.wait(timedelta(seconds=seconds))


@pytest.fixture
def time() -> Ticking:
    return Ticking()


@pytest.fixture
def signs(valkey: EmbeddedValkey, time: Ticking) -> Signs:
    client = connect(valkey.url)
    client.delete(KEY)
    return Signs(client, time.wall, lambda: time.ticks)


def test_who_never_gave_a_sign_is_away_since_ever(signs: Signs) -> None:
    assert signs.away() == [Away(name.value, None) for name in OWN]
    signs.close()


def test_who_stops_giving_signs_is_away_since_the_last_one(signs: Signs, time: Ticking) -> None:
    for name in OWN:
        signs.give(name)
    assert signs.away() == []
    time.wait(9)
    signs.give(Program.WORKER)
    signs.give(Program.SEQUENCER)
    time.wait(2)
    assert signs.away() == [Away("scheduler", START)]
    signs.give(Program.SCHEDULER)
    time.wait(2)
    assert signs.away() == []
    signs.close()


def test_a_stand_in_is_missed_once_it_was_there_and_forgotten_after_a_day(
    signs: Signs, time: Ticking
) -> None:
    for name in (*OWN, Program.TRUSTEE):
        signs.give(name)
    time.wait(50)
    for name in OWN:
        signs.give(name)
    assert signs.away() == []
    time.wait(20)
    for name in OWN:
        signs.give(name)
    assert [(each.name, each.since) for each in signs.away()] == [("trustee", START)]
    time.wait(24 * 3600)
    for name in OWN:
        signs.give(name)
    assert signs.away() == []
    signs.close()


def test_a_sign_is_written_no_more_often_than_it_must(signs: Signs, time: Ticking) -> None:
    signs.give(Program.WORKER)
    time.wait(1)
    signs.give(Program.WORKER)
    assert not signs.seen(Program.WORKER, START)
    time.wait(2)
    signs.give(Program.WORKER)
    assert signs.seen(Program.WORKER, START)
    signs.close()


def test_an_answer_is_good_for_a_second(signs: Signs, time: Ticking) -> None:
    assert len(signs.away()) == len(OWN)
    for name in OWN:
        signs.give(name)
    assert len(signs.away()) == len(OWN)
    time.wait(1.5)
    assert signs.away() == []
    signs.close()


def test_without_valkey_that_is_what_is_away_and_nothing_else_breaks(
    tmp_path: Path, time: Ticking
) -> None:
    client = redis.Redis(unix_socket_path=str(tmp_path / "no.sock"))
    signs = Signs(client, time.wall, lambda: time.ticks)
    signs.give(Program.WORKER)
    assert not signs.seen(Program.WORKER, START)
    assert signs.away() == [Away("valkey", START)]
    time.wait(30)
    assert signs.away() == [Away("valkey", START)]
    signs.close()


def test_a_busy_program_gives_signs_by_a_thread(signs: Signs) -> None:
    deadline = monotonic() + 30
    with beating(signs, Program.WORKER):
        while not (seen := signs.seen(Program.WORKER, START - timedelta(seconds=1))):
            if monotonic() > deadline:
                break
    signs.close()
    assert seen


@pytest.mark.parametrize("program", list(Program))
def test_every_program_has_a_name_and_what_to_do_in_both_languages(program: Program) -> None:
    for key in (f"away.{program}.name", Away(program.value, None).what_to_do):
        assert known(key)
        assert len({text(key, lang) for lang in LANGUAGES}) == 2
