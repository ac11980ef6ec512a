"""Actions per second beside a bare insert of the same row, in one run.

Run `python -m benchmarks.action_rate`.

Each round runs both, on one PostgreSQL with fsync on; the ratio is that of the medians. It also
counts the statements that one action costs.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import create_engine, event, insert
from sqlalchemy.orm import Session

from monitor.clock import SystemClock
from monitor.migrations.schema import migrate
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.platform import Platform
from monitor.record.standing import Standing
from monitor.role import SYSTEM, Role
from monitor.runtime.folder import socket_folder
from monitor.runtime.postgres import EmbeddedPostgres

ROUNDS, EACH = 7, 200


def assign(act: Act) -> UUID:
    row = Standing(id=uuid4(), project=uuid4(), org=uuid4(), role="agency")
    act.session.add(row)
    return row.id


ASSIGN: Action[[], UUID] = Action(
    "standing.assign", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, assign
)


def rate(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(EACH):
        work()
    return EACH / (time.perf_counter() - begun)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with EmbeddedPostgres(data, socket_folder(data)) as postgres:
            addresses = postgres.addresses("batong")
            migrate(addresses.owner_url)
            measure(addresses.app_url, addresses.superuser_url)


def measure(app_url: str, superuser_url: str) -> None:
    platform = Platform(app_url, SystemClock())
    bare = create_engine(superuser_url)
    chain = uuid4()

    def bare_insert() -> None:
        """The same row in a transaction of its own, triggers off: the database without a record."""
        with bare.begin() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.execute(
                insert(Standing).values(id=uuid4(), project=uuid4(), org=uuid4(), role="agency")
            )

    statements = count_statements(platform, chain)
    pairs = [
        (rate(lambda: platform.perform(ASSIGN, SYSTEM, chain)), rate(bare_insert))
        for _ in range(ROUNDS)
    ]
    acts, inserts = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratios = sorted(act / insert for act, insert in pairs)
    print(f"statements per action (one row written): {statements}")
    print(f"actions/s {acts:.0f}, bare inserts/s {inserts:.0f}, one writer, fsync on")
    print(
        f"ratio of medians {acts / inserts:.2f} [{ratios[0]:.2f}-{ratios[-1]:.2f}], {ROUNDS} rounds"
    )
    with Session(bare) as session:
        print("rows written by both:", session.query(Standing).count())
    platform.close()
    bare.dispose()


def count_statements(platform: Platform, chain: UUID) -> int:
    seen: list[str] = []
    event.listen(platform.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    for each in ("savepoint", "release_savepoint"):
        event.listen(platform.engine, each, lambda *args: seen.append("savepoint"))
    platform.perform(ASSIGN, SYSTEM, chain)
    return len(seen)


if __name__ == "__main__":
    main()
