"""One world a module: its platform lives in the module's own database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.stories import draw_world as draws
from tests.stories.world import World, a_world


@pytest.fixture(scope="module")
def world(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(database, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture(scope="module")
def world_folder(world: World) -> Path:
    return world.folder


@pytest.fixture(scope="module")
def draw_world(
    database: Addresses, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[draws.World]:
    """A world of three machines that draw."""
    with draws.a_world(database, valkey.url, tmp_path_factory.mktemp("draw")) as made:
        yield made
