"""The tail: every chain that moved is told once when written and again when cosigned."""

from pathlib import Path
from uuid import UUID, uuid4

from monitor.record.platform import Platform
from monitor.role import NOBODY, SYSTEM
from monitor.runtime.database import Addresses
from monitor.work.tail import Tail
from tests.monitor.record.house import a_house
from tests.monitor.record.test_audit import ASSIGN


def moved(platform: Platform, tail: Tail) -> set[UUID]:
    with platform.read() as session:
        return tail.moved(session)


def started(platform: Platform) -> Tail:
    with platform.read() as session:
        return Tail(session)


def test_a_chain_is_told_when_written_and_when_cosigned_and_not_between(
    database: Addresses, tmp_path: Path
) -> None:
    with a_house(database, tmp_path) as house:
        house.platform.perform(ASSIGN, SYSTEM, uuid4())
        tail = started(house.platform)
        assert moved(house.platform, tail) == set()
        one, other = uuid4(), uuid4()
        house.platform.perform(ASSIGN, SYSTEM, one)
        assert moved(house.platform, tail) == {one}
        house.platform.perform(ASSIGN, SYSTEM, other)
        assert moved(house.platform, tail) == {other}
        assert moved(house.platform, tail) == set()
        house.settle()
        assert moved(house.platform, tail) >= {one, other}
        assert moved(house.platform, tail) == set()


def test_a_record_that_was_sequenced_between_two_looks_is_not_missed(
    database: Addresses, tmp_path: Path
) -> None:
    with a_house(database, tmp_path) as house:
        house.sequencer.witnesses.clear()
        tail, chain = started(house.platform), uuid4()
        house.platform.perform(ASSIGN, SYSTEM, chain)
        house.sequencer.run_once(house.clock.now())
        assert chain in moved(house.platform, tail)


def test_acts_outside_of_a_project_are_a_chain_of_their_own(
    database: Addresses, tmp_path: Path
) -> None:
    with a_house(database, tmp_path) as house:
        tail = started(house.platform)
        house.platform.perform(ASSIGN, SYSTEM, None)
        assert moved(house.platform, tail) == {NOBODY}
