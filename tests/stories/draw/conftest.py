"""A world of three machines that draw, one a module, and the escrow of its department's key."""

from collections.abc import Iterator

import pytest

from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.stories.draw.escrow import Escrow, an_escrow
from tests.stories.draw.world import World, a_world


@pytest.fixture(scope="module")
def world(
    database: Addresses, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with a_world(database, valkey.url, tmp_path_factory.mktemp("draw")) as made:
        yield made


@pytest.fixture(scope="module")
def escrow(world: World) -> Escrow:
    return an_escrow(world)
