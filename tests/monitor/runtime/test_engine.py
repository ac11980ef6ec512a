"""An engine whose server is started again: the next who asks gets an answer all the same."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, text

from monitor.runtime.database import Addresses, libpq
from monitor.runtime.engine import engine_to

ENDED = "SELECT pg_terminate_backend(%s, 5000)"


@pytest.fixture
def engine(database: Addresses) -> Iterator[Engine]:
    made = engine_to(database.app_url, pool_size=1, max_overflow=0)
    yield made
    made.dispose()


def backend(engine: Engine) -> int:
    with engine.connect() as connection:
        number: int = connection.scalar(text("SELECT pg_backend_pid()"))
        return number


def test_a_connection_is_used_again(engine: Engine) -> None:
    assert backend(engine) == backend(engine)


def test_one_that_ended_while_nobody_used_it_is_replaced(
    engine: Engine, database: Addresses
) -> None:
    first = backend(engine)
    with psycopg.connect(libpq(database.superuser_url), autocommit=True) as other:
        assert other.execute(ENDED, [first]).fetchone() == (True,)
    assert backend(engine) != first
