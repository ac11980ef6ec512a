"""What the benchmarks of the log stand on: a database with a log, and the same acts unlogged."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import event, text

from monitor.clock import SystemClock
from monitor.log.note import Kind, SigningKey
from monitor.log.sequencer.latch import Latch
from monitor.log.sequencer.sequencer import Sequencer
from monitor.log.tile import TileStore
from monitor.log.witness.witness import Witness
from monitor.migrations.schema import migrate
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.platform import Platform
from monitor.record.standing import Standing
from monitor.role import Role
from monitor.runtime.database import Addresses, libpq
from monitor.runtime.folder import socket_folder
from monitor.runtime.postgres import EmbeddedPostgres

EXTRA = """
CREATE TABLE bench_outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea NOT NULL);
CREATE TABLE bench_chain (head bytea NOT NULL);
INSERT INTO bench_chain VALUES ('\\x00');
"""
BODY = b"x" * 400


def assign(act: Act, *, project: UUID) -> None:
    act.session.add(Standing(id=uuid4(), project=project, org=uuid4(), role="agency"))


def an_action(visibility: Visibility) -> Action[Any, None]:
    return Action("standing.assign", frozenset({Role.SYSTEM}), visibility, False, assign)


class Unlogged(Platform):
    """The same transaction without a record: no change lines, nothing appended."""

    def __init__(self, superuser_url: str, steps: tuple[str, ...]) -> None:
        super().__init__(superuser_url, SystemClock())
        self._steps = [text(step) for step in steps]

        @event.listens_for(self.engine, "connect")
        def off(connection: Any, _: object) -> None:
            connection.execute("SET session_replication_role = replica")
            connection.commit()

    def _commit(self, performance: Any, args: tuple[Any, ...], inputs: dict[str, Any]) -> object:
        performance._append = lambda _act, _result: self._add(performance.connection)
        return super()._commit(performance, args, inputs)

    def _add(self, connection: Any) -> None:
        for step in self._steps:
            connection.execute(step, {"body": BODY} if ":body" in step.text else {})


def a_log(addresses: Addresses, folder: Path) -> Sequencer:
    key = SigningKey.generate("bench.example/log/2026", Kind.ED25519)
    other = SigningKey.generate("witness.example", Kind.COSIGNATURE)
    witness = Witness.create(folder / "witness", other, [key.verifier])
    return Sequencer(
        addresses.sequencer_url, key, TileStore(folder / "log"), Latch(folder / "latch"),
        {"witness.example": witness},
    )  # fmt: skip


@contextmanager
def a_database(flush_ms: float) -> Iterator[tuple[Addresses, Path]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with EmbeddedPostgres(folder, socket_folder(folder)) as postgres:
            addresses = postgres.addresses("batong")
            migrate(addresses.owner_url)
            with psycopg.connect(libpq(addresses.superuser_url), autocommit=True) as connection:
                connection.execute(EXTRA.encode())
                if flush_ms:
                    connection.execute(
                        f"ALTER SYSTEM SET commit_delay = {int(flush_ms * 1000)}".encode()
                    )
                    connection.execute(b"ALTER SYSTEM SET commit_siblings = 0")
                    connection.execute(b"SELECT pg_reload_conf()")
            yield addresses, folder
