"""One desk a test, on the real database and the real Valkey."""

from collections.abc import Iterator

import pytest

from monitor.runtime.database import Addresses
from monitor.runtime.valkey import EmbeddedValkey
from tests.trading.account.desk import Desk, a_desk


@pytest.fixture
def desk(database: Addresses, valkey: EmbeddedValkey) -> Iterator[Desk]:
    made = a_desk(database.app_url, valkey.url)
    yield made
    made.platform.close()
    made.accounts.close()
