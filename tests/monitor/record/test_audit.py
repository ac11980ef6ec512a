"""`audit` against an owner who has switched the triggers off: three levels, and the small ones."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from monitor.log.canonical import canonical
from monitor.log.checkpoint import Checkpoint, Policy
from monitor.log.commitment import commit
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.audit.fence import OPERATIONAL
from monitor.record.audit.finding import Finding
from monitor.record.audit.walk import audit
from monitor.record.standing import Standing
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses
from tests.monitor.record.house import House, a_house


def assign(act: Act) -> UUID:
    row = Standing(id=uuid4(), project=uuid4(), org=uuid4(), role="agency")
    act.session.add(row)
    return row.id


ASSIGN: Action[[], UUID] = Action(
    "standing.assign", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, assign
)
CHAIN = uuid4()


@pytest.fixture(scope="module")
def house(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(database, tmp_path_factory.mktemp("house")) as house:
        for _ in range(5):
            house.platform.perform(ASSIGN, SYSTEM, CHAIN)
        yield house


@pytest.fixture(scope="module")
def policy(house: House) -> Policy:
    return house.policy


def findings(owner: Connection, trusted: Checkpoint, policy: Policy) -> list[Finding]:
    """Run the audit inside the owner's open transaction, so that each test leaves no trace."""
    with Session(bind=owner, join_transaction_mode="create_savepoint") as session:
        return audit(session, trusted, policy)


def run(owner: Connection, statement: str, *values: object) -> Sequence[Any] | None:
    """Run one statement; return the first row if there is one."""
    result = owner.exec_driver_sql(statement, values)
    return result.first() if result.returns_rows else None


def a_row(owner: Connection) -> tuple[UUID, UUID]:
    found = run(
        owner, "SELECT key, record_id FROM change WHERE tbl = 'standing' ORDER BY n LIMIT 1"
    )
    assert found is not None
    return found[0], found[1]


def change_row(owner: Connection, key: UUID) -> None:
    run(owner, "UPDATE standing SET role = 'tenderee' WHERE id = %s", key)


def change_line(owner: Connection, key: UUID) -> None:
    run(
        owner,
        "UPDATE change c SET digest = sha256(c.salt || convert_to(jsonb_strip_nulls(to_jsonb(s))"
        "::text, 'UTF8')) FROM standing s "
        "WHERE s.id = c.key AND c.key = %s",
        key,
    )


def change_record(owner: Connection, record: UUID) -> bytes:
    found = run(owner, "SELECT salt, body FROM opening WHERE record_id = %s", record)
    digest = run(owner, "SELECT batong_changes(%s)", record)
    assert found is not None
    assert digest is not None
    body = canonical(json.loads(found[1]) | {"changes": digest[0]})
    forged = commit(found[0], body)
    run(owner, "UPDATE opening SET body = %s WHERE record_id = %s", body, record)
    run(owner, "UPDATE record SET commitment = %s WHERE id = %s", forged, record)
    return forged


def test_a_lawful_house_is_clean(owner: Connection, trusted: Checkpoint, policy: Policy) -> None:
    assert findings(owner, trusted, policy) == []


def test_level_1_a_row_edited_by_the_owner_is_named(
    owner: Connection, trusted: Checkpoint, policy: Policy
) -> None:
    key, record = a_row(owner)
    change_row(owner, key)
    assert findings(owner, trusted, policy) == [
        Finding("standing", str(key), f"row differs from what record {record} wrote")
    ]


def test_level_2_row_and_change_line_edited_the_record_is_named(
    owner: Connection, trusted: Checkpoint, policy: Policy
) -> None:
    key, record = a_row(owner)
    change_row(owner, key)
    change_line(owner, key)
    assert findings(owner, trusted, policy) == [
        Finding("record", str(record), "change lines are not those that the record hashed")
    ]


def test_level_3_row_change_and_record_edited_the_log_gives_it_away(
    owner: Connection, trusted: Checkpoint, policy: Policy
) -> None:
    key, record = a_row(owner)
    change_row(owner, key)
    change_line(owner, key)
    change_record(owner, record)
    assert Finding("record", str(record), "commitment is not the one in the log") in findings(
        owner, trusted, policy
    )


def test_level_3_with_the_leaf_edited_too_the_witnesses_give_it_away(
    owner: Connection, trusted: Checkpoint, policy: Policy
) -> None:
    key, record = a_row(owner)
    change_row(owner, key)
    change_line(owner, key)
    forged = change_record(owner, record)
    run(owner, "UPDATE leaf SET commitment = %s WHERE record_id = %s", forged, record)
    found = findings(owner, trusted, policy)
    assert (
        Finding("log", str(trusted.size), "tree is not the one that the witnesses cosigned")
        in found
    )


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DELETE FROM standing", "is missing"),
        (
            "INSERT INTO standing VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'x')",
            "row was never recorded",
        ),
        ("DELETE FROM opening", "opening is missing"),
        ("DELETE FROM record WHERE seq = 3", "chain is broken"),
        ("DELETE FROM record WHERE seq = 3", "its record is missing"),
        ("DELETE FROM record WHERE seq = 3", "change line of a record that is not there"),
        ("DELETE FROM leaf WHERE idx = 2", "leaf is missing"),
        ("DELETE FROM leaf WHERE idx > 7", "tree is shorter"),
        ("UPDATE leaf SET pad_salt = pad_salt || 'x' WHERE record_id IS NULL", "does not open"),
    ],
)
def test_what_an_owner_drops_adds_or_bends_is_named(
    owner: Connection, trusted: Checkpoint, policy: Policy, statement: str, what: str
) -> None:
    run(owner, statement)
    assert any(what in str(finding) for finding in findings(owner, trusted, policy))


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("ALTER TABLE standing DISABLE TRIGGER recorded", "trigger standing.recorded"),
        ("ALTER TABLE standing ENABLE REPLICA TRIGGER recorded", "trigger standing.recorded"),
        ("DROP TRIGGER kept ON record", "trigger record.kept"),
        (
            "CREATE TRIGGER undo BEFORE INSERT ON standing FOR EACH ROW "
            "EXECUTE FUNCTION batong_never()",
            "trigger standing.undo",
        ),
        (
            "CREATE OR REPLACE FUNCTION batong_change() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NULL; END'",
            "function batong_change",
        ),
        (
            "CREATE FUNCTION batong_changes(text) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
            "function batong_changes",
        ),
        ("ALTER FUNCTION batong_append SECURITY INVOKER", "function batong_append"),
        ("ALTER TABLE change DROP CONSTRAINT change_record_fkey", "change_record_fkey is missing"),
        ("ALTER TABLE standing ENABLE ROW LEVEL SECURITY", "hides rows"),
        ("ALTER TABLE standing RENAME TO hidden", "table that is not there"),
        ("CREATE TABLE heir () INHERITS (standing)", "is no plain table"),
        ("CREATE VIEW shown AS SELECT 1", "is no plain table"),
        ("GRANT INSERT ON change TO batong_app", "batong_app change"),
        ("GRANT UPDATE (body) ON opening TO batong_app", "batong_app opening"),
        ("GRANT INSERT ON standing TO batong_sequencer", "batong_sequencer standing"),
        ("ALTER ROLE batong_app SET search_path = evil", "role batong_app"),
        ("ALTER ROLE batong_app BYPASSRLS", "role batong_app"),
        ("UPDATE standing SET role = 'x'", "row differs"),
        ("UPDATE record SET chain = gen_random_uuid() WHERE seq = 2", "names another record"),
        ("INSERT INTO pending SELECT record_id FROM leaf WHERE record_id IS NOT NULL LIMIT 1",
         "waits for another"),
        ("UPDATE head SET note = translate(note, 'ABCDEFGH', 'HABCDEFG')", "not signed by the log's key"),
        ("UPDATE head SET root = sha256(root)", "root is not the tree's"),
        ("UPDATE cosignature SET line = translate(line, 'ABCDEFGH', 'HABCDEFG')", "not by a witness's key"),
        ("UPDATE head SET size = size + 16", "signed beyond the checkpoint"),
    ],
)  # fmt: skip
def test_a_fence_or_a_head_that_an_owner_bends_is_named(
    owner: Connection, trusted: Checkpoint, policy: Policy, statement: str, what: str
) -> None:
    run(owner, statement)
    assert any(what in str(finding) for finding in findings(owner, trusted, policy))


def test_functions_that_lie_about_every_digest_change_nothing(
    owner: Connection, trusted: Checkpoint, policy: Policy
) -> None:
    """An owner who puts a function of that name first in the path is not asked."""
    key, record = a_row(owner)
    run(owner, "CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'")
    run(owner, "ALTER ROLE batong_app SET search_path = public, pg_catalog")
    change_row(owner, key)
    named = Finding("standing", str(key), f"row differs from what record {record} wrote")
    assert named in findings(owner, trusted, policy)


def test_a_log_without_any_checkpoint_from_outside_is_a_finding(
    owner: Connection, trusted: Checkpoint, policy: Policy
) -> None:
    with Session(bind=owner, join_transaction_mode="create_savepoint") as session:
        found = audit(session, None, policy)
    assert Finding("log", str(trusted.size), "no checkpoint from outside to compare with") in found


@pytest.mark.parametrize("body", [b"gone", b"\xff\xfe", b"[]", b"[" * 60_000, b""])
def test_an_opening_overwritten_with_anything_at_all_is_a_finding(
    owner: Connection, trusted: Checkpoint, policy: Policy, body: bytes
) -> None:
    _, record = a_row(owner)
    run(owner, "UPDATE opening SET body = %s WHERE record_id = %s", body, record)
    found = findings(owner, trusted, policy)
    assert Finding("record", str(record), "opening is no record's body") in found
    assert Finding("record", str(record), "opening is not what the commitment hides") in found


def test_every_table_is_under_the_trigger_or_on_the_short_list(
    owner: Connection, house: House
) -> None:
    found = set(
        owner.exec_driver_sql(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'r' AND n.nspname = 'public' AND NOT EXISTS (SELECT 1 FROM pg_trigger t "
            "WHERE t.tgrelid = c.oid AND t.tgname = 'recorded' AND t.tgenabled = 'O')"
        ).scalars()
    )
    assert found == OPERATIONAL
