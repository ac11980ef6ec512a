"""One counter and one hub for the tests of a file."""

from collections.abc import Iterator

import pytest

from monitor.role import Role
from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.builders import a_standing, an_actor
from tests.trading.projects import an_issued_trade
from tests.webui.page.counter import a_counter
from tests.webui.page.live.watched import Watched
from tests.webui.page.live.wire import a_wire


@pytest.fixture(scope="module")
def watched(
    database: Addresses, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Watched]:
    with (
        a_counter(database, valkey.url, tmp_path_factory.mktemp("counter")) as counter,
        a_wire(counter, valkey.url) as wire,
    ):
        platform = counter.house.platform
        department = an_actor(platform, Role.DEPARTMENT)
        own, foreign = an_issued_trade(platform), an_issued_trade(platform)
        a_standing(platform, own.id, department)
        a_standing(platform, foreign.id, an_actor(platform, Role.DEPARTMENT))
        counter.house.settle()
        yield Watched(wire, department, own, foreign)
