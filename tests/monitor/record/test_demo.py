"""The demo clock: a row, forward only, on the record."""

from datetime import timedelta

import pytest
from sqlalchemy import create_engine

from monitor.clock import DemoClock
from monitor.record.demo import advance, row_reader
from monitor.record.platform import Platform
from monitor.refusal import TooEarly
from monitor.role import SYSTEM
from monitor.runtime.database import Addresses
from tests.monitor.record.house import START


def test_demo_time_is_a_row_moved_forward_only_and_seen_by_another_process(
    database: Addresses,
) -> None:
    engine = create_engine(database.app_url)
    platform = Platform(database.app_url, DemoClock(row_reader(engine, START)))
    other = DemoClock(row_reader(engine, START))
    platform.perform(advance, SYSTEM, None, to=START + timedelta(days=3))
    assert other.now() - START == timedelta(days=3)
    with pytest.raises(TooEarly):
        platform.perform(advance, SYSTEM, None, to=START)
    assert platform.clock.now() < platform.clock.now()
    platform.close()
    engine.dispose()
