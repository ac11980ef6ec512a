"""What benchmarks/log_part.py says of an act: every part is there, and none is counted twice."""

from pathlib import Path

from benchmarks.log_ground import Unlogged, a_log, an_action
from benchmarks.log_part import INSIDE, TREE, Cost, cost, timed
from monitor.clock import SystemClock
from monitor.record import platform as performing
from monitor.record.action import Visibility
from monitor.record.platform import Platform
from monitor.runtime.database import Addresses


def test_every_part_is_timed_and_together_they_are_no_more_than_the_act(
    database: Addresses, tmp_path: Path
) -> None:
    names = ("compose", "encode")
    real = [getattr(performing, name) for name in names]
    app, bare = Platform(database.app_url, SystemClock()), Unlogged(database.superuser_url, ())
    log = a_log(database, tmp_path)
    try:
        found = cost(app, bare, log, an_action(Visibility.SECRET), 20)
    finally:
        for each in (log, app, bare):
            each.close()
    assert set(found.parts) == {*INSIDE, TREE}
    assert min(found.parts.values()) > 0
    assert sum(found.parts[part] for part in INSIDE) < found.logged
    assert found.unlogged > 0
    assert [getattr(performing, name) for name in names] == real


def test_a_part_is_what_its_calls_take_while_it_is_held() -> None:
    class Place:
        @staticmethod
        def called() -> int:
            return 7

    taken = {"part": 0.0}
    with timed(Place, "called", taken, "part"):
        assert Place.called() == 7
    held = taken["part"]
    assert held > 0
    assert Place.called() == 7
    assert taken["part"] == held


def test_the_shares_are_of_a_logged_act() -> None:
    lines = Cost(dict.fromkeys((*INSIDE, TREE), 0.5), 2.0, 1.0).lines()
    assert len(lines) == len(INSIDE) + 3
    assert all("0.500 ms   25%" in line for line in lines[: len(INSIDE) + 1])
    assert [line.split()[-2] for line in lines[-2:]] == ["2.000", "1.000"]
