"""An engine over a database whose server may be started again at any time."""

import select
from typing import Any

import psycopg
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError


def engine_to(url: str, **options: Any) -> Engine:
    """Return an engine that replaces a connection which ended while nobody used it.

    A kept connection is looked at before it is lent, not asked: its server says nothing unasked
    but that it ends, so one that can be read is at its end. That saves a round trip a transaction.
    `options` are those of `sqlalchemy.create_engine`. Connects nothing yet.
    """
    engine = create_engine(url, hide_parameters=True, **options)
    event.listen(engine, "checkout", _require_quiet)
    return engine


def _require_quiet(connection: psycopg.Connection, _record: object, _lent: object) -> None:
    watch = select.poll()  # unlike select(), good for a process with over a thousand streams
    watch.register(connection.fileno(), select.POLLIN)
    if watch.poll(0):
        raise DisconnectionError("the server has ended this connection")
