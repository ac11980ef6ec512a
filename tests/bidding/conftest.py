"""A pool of experts a module, from which committees are drawn."""

from collections.abc import Iterator

import pytest

from monitor.runtime.database import Addresses
from tests.experts.drawing import DrawingPool, an_open_pool


@pytest.fixture(scope="module")
def pool(database: Addresses) -> Iterator[DrawingPool]:
    with an_open_pool(database) as made:
        yield made
