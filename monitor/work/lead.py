"""Who leads: a lock in PostgreSQL that ends with its holder's connection, however that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

SCHEDULER = "scheduler"
"""The lock of whoever does what nobody clicks: the scheduler, or a demo that plays its story."""

TRY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 9))")
WAIT = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 9))")
ALIVE = text("SELECT 1")
ASKED = text("""
SELECT EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND NOT l.granted AND l.objsubid = 1
      AND d.datname = current_database()
      AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(:name, 9))
""")


class Lead:
    """One lock by name. It lives in an open transaction of a connection of its own."""

    def __init__(self, app_url: str, name: str) -> None:
        self._engine = create_engine(app_url, poolclass=NullPool, hide_parameters=True)
        self._name = {"name": name}
        self._connection: Connection | None = None

    def held(self) -> bool:
        """Take the lock or keep it; False while another has it or the database is away."""
        try:
            if self._connection is None:
                return self._take()
            self._connection.execute(ALIVE)
        except DBAPIError:
            self.release()
            return False
        return True

    def wait(self) -> None:
        """Take the lock as soon as its holder lets go of it."""
        self._connection = self._engine.connect()
        self._connection.execute(WAIT, self._name)

    def asked_for(self) -> bool:
        """Tell whether somebody waits for the lock that is held here."""
        if self._connection is None:
            return False
        try:
            return bool(self._connection.execute(ASKED, self._name).scalar())
        except DBAPIError:
            self.release()
            return False

    def release(self) -> None:
        """Let go of the lock; nothing happens when it is not held."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    def _take(self) -> bool:
        connection = self._engine.connect()
        self._connection = connection
        if not connection.execute(TRY, self._name).scalar():
            self.release()
        return self._connection is not None


@contextmanager
def leading(app_url: str, name: str) -> Iterator[None]:
    """Hold the lock as soon as its holder lets go of it."""
    lead = Lead(app_url, name)
    try:
        lead.wait()
        yield
    finally:
        lead.release()


@contextmanager
def trying(app_url: str, name: str) -> Iterator[bool]:
    """Yield whether the lock was free, and hold it then."""
    lead = Lead(app_url, name)
    try:
        yield lead.held()
    finally:
        lead.release()
