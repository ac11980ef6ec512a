"""One office a module: its platform lives in the module's own database."""

from collections.abc import Iterator

import pytest

from monitor.runtime.database import Addresses
from tests.webui.serve.office import Office, an_office


@pytest.fixture(scope="module")
def office(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with an_office(database, tmp_path_factory.mktemp("office")) as made:
        yield made
