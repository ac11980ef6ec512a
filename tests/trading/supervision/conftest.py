"""One platform a module, by a clock that tests move."""

from collections.abc import Iterator

import pytest

from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.runtime.database import Addresses
from tests.trading.supervision.desk import START


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture(scope="module")
def platform(database: Addresses, clock: MovableClock) -> Iterator[Platform]:
    made = Platform(database.app_url, clock)
    yield made
    made.close()
