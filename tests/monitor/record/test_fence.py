"""The three fences: each test is an attacker who tries to change a row off the record."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors

from monitor.clock import MovableClock, SystemClock, time_text
from monitor.log.canonical import canonical, parse
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.identity import moment_of, new_id
from monitor.record.platform import Platform
from monitor.record.standing import Standing
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses, libpq

NOW = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def assign(act: Act) -> UUID:
    row = Standing(id=uuid4(), project=uuid4(), org=uuid4(), role="agency")
    act.session.add(row)
    return row.id


ASSIGN: Action[[], UUID] = Action(
    "standing.assign", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, assign
)


@pytest.fixture
def row(database: Addresses) -> UUID:
    """A lawful row, written through perform."""
    platform = Platform(database.app_url, MovableClock(NOW))
    made = platform.perform(ASSIGN, SYSTEM, uuid4())
    platform.close()
    return made


@pytest.fixture
def thief(database: Addresses) -> Iterator[psycopg.Connection]:
    """Somebody with the app's password and psql."""
    with psycopg.connect(libpq(database.app_url)) as connection:
        yield connection


INSERT = (
    "INSERT INTO standing VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x')"
)


def a_record_id() -> UUID:
    """An id as perform makes it, later than all before it."""
    return new_id(datetime.now(UTC))


def claim(connection: psycopg.Connection, record: UUID) -> None:
    connection.execute("SELECT set_config('batong.record', %s, true)", [str(record)])


def append(connection: psycopg.Connection, record: UUID, **lies: object) -> None:
    """What perform does at its end, by hand; a lie replaces a member of the body."""
    changes = connection.execute("SELECT batong_changes(%s)", [record]).fetchone()
    assert changes is not None
    body = {
        "id": str(record), "project": str(UUID(int=1)), "changes": changes[0],
        "time": time_text(moment_of(record)), "action": "standing.assign",
        "actor": {}, "outcome": {"done": True}, "facts": {},
    } | lies  # fmt: skip
    connection.execute(
        "SELECT batong_append(%s, %s, %s, %s, NULL)",
        [record, body["project"], secrets.token_bytes(32), canonical(body)],
    )


@pytest.mark.parametrize(
    "statement",
    [INSERT, "UPDATE standing SET role = 'tenderee'", "DELETE FROM standing"],
    ids=["insert", "update", "delete"],
)
def test_raw_sql_without_a_record_is_refused(
    thief: psycopg.Connection, row: UUID, statement: str
) -> None:
    with pytest.raises(psycopg.DatabaseError, match="off the record"):
        thief.execute(statement)


def test_an_orm_bulk_update_is_refused_outside_perform(database: Addresses, row: UUID) -> None:
    platform = Platform(database.app_url, MovableClock(NOW))
    from sqlalchemy.exc import DatabaseError
    from sqlalchemy.orm import Session

    with Session(platform.engine) as session, pytest.raises(DatabaseError, match="off the record"):
        session.query(Standing).update({"role": "tenderee"})
    platform.close()


def test_claiming_a_record_that_is_never_written_is_refused_at_commit(
    thief: psycopg.Connection,
) -> None:
    claim(thief, a_record_id())
    thief.execute(INSERT)
    with pytest.raises(errors.ForeignKeyViolation, match="change_record_fkey"):
        thief.commit()


def test_a_copied_record_id_is_refused(thief: psycopg.Connection, row: UUID) -> None:
    old = thief.execute("SELECT id FROM record LIMIT 1").fetchone()
    assert old is not None
    claim(thief, old[0])
    with pytest.raises(psycopg.DatabaseError, match="after its record"):
        thief.execute(INSERT)


def test_a_change_after_its_record_is_refused(thief: psycopg.Connection) -> None:
    record = a_record_id()
    claim(thief, record)
    append(thief, record)
    with pytest.raises(psycopg.DatabaseError, match="after its record"):
        thief.execute(INSERT)


def test_a_heartbeat_record_does_not_cover_a_business_write(thief: psycopg.Connection) -> None:
    heartbeat, other = a_record_id(), a_record_id()
    claim(thief, heartbeat)
    append(thief, heartbeat)
    claim(thief, other)
    thief.execute(INSERT)
    with pytest.raises(errors.ForeignKeyViolation):
        thief.commit()


def test_a_record_that_lies_about_its_changes_is_refused(thief: psycopg.Connection) -> None:
    record = a_record_id()
    claim(thief, record)
    thief.execute(INSERT)
    with pytest.raises(psycopg.DatabaseError, match="changes digest"):
        append(thief, record, changes="1" * 64)


def test_where_a_body_leaves_room_the_true_digest_is_written_and_nothing_else(
    thief: psycopg.Connection,
) -> None:
    """Also where the same words stand in a fact: those are the caller's own, and stay."""
    record, room = a_record_id(), "0" * 64
    claim(thief, record)
    thief.execute(INSERT)
    told = thief.execute("SELECT batong_changes(%s)", [record]).fetchone()
    append(thief, record, changes=room, facts={"changes": room, "note": f'"changes":"{room}"'})
    kept = thief.execute("SELECT body FROM opening WHERE record_id = %s", [record]).fetchone()
    assert told is not None
    assert kept is not None
    body = parse(bytes(kept[0]))
    assert isinstance(body, dict)
    assert body["changes"] == told[0] != room
    assert body["facts"] == {"changes": room, "note": f'"changes":"{room}"'}


@pytest.mark.parametrize(("seq", "prev"), [(9, ""), (1, "ab" * 32), (1, 7)])
def test_a_record_that_lies_about_its_place_is_refused(
    thief: psycopg.Connection, seq: int, prev: object
) -> None:
    with pytest.raises(psycopg.DatabaseError, match="number or the previous"):
        append(thief, a_record_id(), seq=seq, prev=prev)


@pytest.mark.parametrize(
    "lie",
    [
        {"actor": ""},
        {"action": 7},
        {"outcome": {}},
        {"facts": []},
        {"seq": "1", "prev": ""},
        {"time": "2026-03-16T01:00:00.000000Z"},
        {"time": "infinity"},
    ],
    ids=str,
)
def test_a_record_that_does_not_say_who_did_what_and_when_is_refused(
    thief: psycopg.Connection, lie: dict[str, object]
) -> None:
    with pytest.raises(psycopg.DatabaseError, match=r"does not say who|not of the time"):
        append(thief, a_record_id(), **lie)


def test_a_record_under_an_id_of_another_version_is_refused(thief: psycopg.Connection) -> None:
    bits = a_record_id().int & ~(0xF << 76) | 4 << 76
    with pytest.raises(psycopg.DatabaseError, match="not of the time"):
        append(thief, UUID(int=bits))


@pytest.mark.parametrize("number", [{}, {"seq": 1, "prev": ""}], ids=["secret", "numbered"])
def test_a_record_before_those_already_gathered_is_refused(
    database: Addresses, thief: psycopg.Connection, number: dict[str, object]
) -> None:
    """An act slipped in under an earlier id would be one that no closing act had bound."""
    chain, early = uuid4(), a_record_id()
    platform = Platform(database.app_url, SystemClock())
    platform.perform(ASSIGN, SYSTEM, chain)
    platform.close()
    with pytest.raises(psycopg.DatabaseError, match="not after the acts before it"):
        append(thief, early, project=str(chain), **number)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO change (record_id, xact, tbl, key, op, salt, digest) "
        "SELECT id, xact, 'standing', gen_random_uuid(), 'INSERT', '', '' FROM record LIMIT 1",
        "UPDATE change SET op = 'DELETE'",
        "DELETE FROM change",
        "INSERT INTO record SELECT gen_random_uuid(), xact, chain, NULL, NULL, commitment FROM record",
        "UPDATE record SET commitment = commitment",
        "DELETE FROM record",
        "UPDATE opening SET body = body",
        "DELETE FROM opening",
        "UPDATE sight SET done = done",
        "DELETE FROM sight",
        "SELECT batong_sight(id, chain, '{}') FROM record",
        "DELETE FROM pending",
        "UPDATE leaf SET commitment = commitment",
        "INSERT INTO head VALUES (1, '', NULL, now())",
        "TRUNCATE standing",
        "TRUNCATE record CASCADE",
        "ALTER TABLE standing DISABLE TRIGGER recorded",
        "ALTER TABLE standing DISABLE TRIGGER ALL",
        "DROP TRIGGER recorded ON standing",
        "SET session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION batong_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "ALTER TABLE standing ADD COLUMN x text",
        "DROP TABLE standing",
    ],
)
def test_the_app_role_has_no_right_to_touch_the_book(
    thief: psycopg.Connection, row: UUID, statement: str
) -> None:
    with pytest.raises((errors.InsufficientPrivilege, errors.GeneratedAlways)):
        thief.execute(statement)


def test_even_the_owner_cannot_truncate_by_mistake(database: Addresses, row: UUID) -> None:
    with psycopg.connect(libpq(database.owner_url)) as owner:
        with pytest.raises(psycopg.DatabaseError, match="never done"):
            owner.execute("TRUNCATE standing")
        owner.rollback()
        with pytest.raises(psycopg.DatabaseError, match="never done"):
            owner.execute("DELETE FROM change")


def test_a_shadowing_search_path_or_session_setting_does_not_change_a_digest(
    database: Addresses,
) -> None:
    """The trigger fixes its own settings, so a row has one text form in every session."""

    def digest(prepare: Callable[[psycopg.Connection], object]) -> bool:
        with psycopg.connect(libpq(database.superuser_url)) as connection:
            prepare(connection)
            record = uuid4()
            claim(connection, record)
            connection.execute(
                "INSERT INTO arrival VALUES (%s, %s, 'm', '\\x00ff', '2026-03-16 09:00+08')",
                [uuid4(), uuid4()],
            )
            found = connection.execute(
                "SELECT c.digest = sha256(c.salt || convert_to(jsonb_strip_nulls(jsonb_build_object("
                "'id', a.id, 'project', a.project, 'mask', 'm', 'digest', '\\x00ff', 'at', "
                "'2026-03-16T01:00:00+00:00'))::text, 'UTF8')) FROM change c JOIN arrival a ON a.id = c.key "
                "WHERE c.record_id = %s",
                [record],
            ).fetchone()
            connection.rollback()
            assert found is not None
            return bool(found[0])

    assert digest(lambda c: None)
    assert digest(
        lambda c: c.execute(
            "SET TimeZone='Asia/Shanghai'; SET bytea_output='escape'; SET DateStyle='SQL'"
        )
    )


def test_appending_survives_an_invalidation_of_the_tables_type(
    database: Addresses, thief: psycopg.Connection
) -> None:
    """A table named `record` shares its name with a pseudo-type; a cached function looks again."""
    append(thief, a_record_id())
    thief.commit()
    with psycopg.connect(libpq(database.owner_url)) as owner:
        owner.execute("ALTER TABLE record ALTER COLUMN seq SET STATISTICS 200")
    append(thief, a_record_id())
    thief.commit()
    count = thief.execute("SELECT count(*) FROM record").fetchone()
    assert count is not None
    assert count[0] >= 2


def test_a_database_fault_shows_no_parameter(database: Addresses) -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import SQLAlchemyError

    platform = Platform(database.app_url, MovableClock(NOW))
    with platform.engine.connect() as connection, pytest.raises(SQLAlchemyError) as fault:
        connection.execute(
            text("SELECT 1 / length(:secret) - length(nothing)"), {"secret": "s3cr3t"}
        )
    platform.close()
    assert "s3cr3t" not in str(fault.value)


def test_the_sequencer_reads_no_business_table_and_no_opening(database: Addresses) -> None:
    with psycopg.connect(libpq(database.superuser_url)) as connection:
        rows = connection.execute(
            "SELECT c.relname, has_table_privilege('batong_sequencer', c.oid, 'SELECT') "
            "OR has_any_column_privilege('batong_sequencer', c.oid, 'SELECT, INSERT, UPDATE') "
            "OR has_table_privilege('batong_sequencer', c.oid, 'INSERT, UPDATE, DELETE') "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'r' AND n.nspname = 'public'"
        ).fetchall()
    may = {name for name, allowed in rows if allowed}
    assert may == {"record", "pending", "leaf", "head", "cosignature", "leader"}
    assert "release" in {name for name, _ in rows}
    with (
        psycopg.connect(libpq(database.sequencer_url)) as thief,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        thief.execute("SELECT identity FROM release")
