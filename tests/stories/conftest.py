"""One world a module: its platform lives in the module's own database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.runtime.database import Addresses
from tests.stories.world import World, a_world


@pytest.fixture(scope="module")
def world(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(database, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def world_folder(world: World) -> Path:
    return world.folder
