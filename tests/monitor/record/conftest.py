"""What audits are held against: the head that is trusted, and an owner who can change everything."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine

from monitor.log.checkpoint import Checkpoint
from monitor.runtime.database import Addresses
from tests.monitor.record.house import House


@pytest.fixture(scope="module")
def trusted(house: House) -> Checkpoint:
    """The head of the module's own house, once all its records are in the log."""
    return house.settle()


@pytest.fixture
def owner(database: Addresses, trusted: Checkpoint) -> Iterator[Connection]:
    """The owner of everything, triggers and keys off, in a transaction that is undone after."""
    engine = create_engine(database.superuser_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
        connection.rollback()
    engine.dispose()
