"""A pool of experts a module, and a fresh hall a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.runtime.database import Addresses
from tests.experts.drawing import DrawingPool, a_hall, an_open_pool
from tests.experts.hall import Hall


@pytest.fixture(scope="module")
def pool(database: Addresses) -> Iterator[DrawingPool]:
    with an_open_pool(database) as made:
        yield made


@pytest.fixture
def hall(pool: DrawingPool, tmp_path: Path) -> Hall:
    return a_hall(pool, tmp_path)
