"""One leads: the lock ends with its holder, is handed to whoever waits, and survives no server."""

import threading
import time
from collections.abc import Callable

import psycopg
from sqlalchemy import make_url

from monitor.runtime.database import Addresses, libpq
from monitor.work.lead import Lead, leading, trying
from tests.conftest import Server

PATIENCE = 30.0


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def test_of_two_one_leads_and_the_other_follows_it(database: Addresses) -> None:
    first, second = Lead(database.app_url, "a"), Lead(database.app_url, "a")
    assert [first.held(), second.held(), first.held()] == [True, False, True]
    first.release()
    assert [second.held(), first.held()] == [True, False]
    second.release()


def test_two_names_are_two_locks(database: Addresses) -> None:
    with trying(database.app_url, "b") as one, trying(database.app_url, "c") as other:
        assert (one, other) == (True, True)
        with trying(database.app_url, "b") as again:
            assert not again


def test_a_holder_whose_connection_is_cut_leads_no_more_and_may_lead_again(
    database: Addresses,
) -> None:
    lead = Lead(database.app_url, "d")
    assert lead.held()
    assert cut(database) >= 1
    assert not lead.held()
    until(lead.held)
    lead.release()


def cut(database: Addresses) -> int:
    """Ends every other connection of the app, as a restart of the server does."""
    with psycopg.connect(libpq(database.superuser_url), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE usename = 'batong_app' AND datname = current_database()"
        ).fetchall()
    return len(rows)


def test_whoever_waits_is_seen_and_gets_it_next(database: Addresses) -> None:
    lead, order = Lead(database.app_url, "e"), list[str]()
    assert lead.held()
    assert not lead.asked_for()

    def play() -> None:
        with leading(database.app_url, "e"):
            order.append("played")

    thread = threading.Thread(target=play)
    thread.start()
    until(lead.asked_for)
    assert order == []
    lead.release()
    thread.join(PATIENCE)
    assert order == ["played"]
    until(lead.held)
    lead.release()


def test_another_databases_lock_of_the_same_name_is_another(
    database: Addresses, migrated: Server
) -> None:
    there = migrated.clone()
    here, elsewhere = Lead(database.app_url, "f"), Lead(there.app_url, "f")
    assert [here.held(), elsewhere.held()] == [True, True]
    here.release()
    elsewhere.release()
    migrated.drop(make_url(there.app_url).database or "")
