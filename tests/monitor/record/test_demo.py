"""The demo clock: a row, forward only, on the record."""

from datetime import timedelta

import pytest

from monitor.clock import DemoClock
from monitor.record.demo import RowReader, advance
from monitor.record.platform import Platform
from monitor.refusal import TooEarly
from monitor.role import SYSTEM
from monitor.runtime.database import Addresses
from tests.monitor.record.house import START
from trading.registration.party import enrol


def test_demo_time_is_a_row_moved_forward_only_and_seen_by_another_process(
    database: Addresses,
) -> None:
    readers = [RowReader(database.app_url, START) for _ in range(2)]
    platform = Platform(database.app_url, DemoClock(readers[0]))
    other = DemoClock(readers[1])
    platform.perform(advance, SYSTEM, None, to=START + timedelta(days=3))
    assert other.now() - START == timedelta(days=3)
    with pytest.raises(TooEarly):
        platform.perform(advance, SYSTEM, None, to=START)
    assert platform.clock.now() < platform.clock.now()
    platform.close()
    for reader in readers:
        reader.close()


def test_no_process_reads_a_time_before_what_another_has_just_done(database: Addresses) -> None:
    readers = [RowReader(database.app_url, START) for _ in range(2)]
    platform = Platform(database.app_url, DemoClock(readers[0]))
    platform.perform(advance, SYSTEM, None, to=START + timedelta(days=4))
    read = [platform.clock.now() for _ in range(500)]
    platform.perform(enrol, SYSTEM, None, name="张三")
    assert DemoClock(readers[1]).now() > read[-1] > START + timedelta(days=4)
    platform.close()
    for reader in readers:
        reader.close()
