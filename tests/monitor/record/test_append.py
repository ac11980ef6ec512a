"""The database's own upkeep of its tables never stands in a record's way."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest

from monitor.clock import MovableClock
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.platform import Platform
from monitor.record.standing import Standing
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses, libpq

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def run(act: Act) -> None:
    row = Standing(id=uuid4(), project=uuid4(), org=uuid4(), role="agency")
    act.session.add(row)
    act.session.flush()
    act.note(subject=str(row.id))


PUBLIC = Action("standing.assign", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


def test_a_session_goes_on_recording_after_the_table_of_records_was_analysed(
    platform: Platform, database: Addresses
) -> None:
    chain = uuid4()
    platform.perform(PUBLIC, SYSTEM, chain)
    for _ in range(2):
        with psycopg.connect(libpq(database.owner_url), autocommit=True) as owner:
            owner.execute("VACUUM ANALYZE record")
        platform.perform(PUBLIC, SYSTEM, chain)
    with platform.read() as session:
        count = session.connection().exec_driver_sql(
            "SELECT max(seq) FROM record WHERE chain = %s", (chain,)
        )
        assert count.scalar() == 3
