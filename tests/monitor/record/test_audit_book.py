"""`audit` reads what a record says of its time, its gathering, its private facts and its wait."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection

from monitor.log.canonical import canonical
from monitor.log.checkpoint import Checkpoint
from monitor.log.commitment import commit
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.audit.finding import Finding
from monitor.record.standing import Appointment
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses
from tests.monitor.record.house import House, a_house
from tests.monitor.record.test_audit import findings, run

CHAIN = uuid4()


def appoint(act: Act) -> UUID:
    """A row with a moment in it, and a private fact."""
    row = Appointment(id=uuid4(), person=uuid4(), org=uuid4(), role="centre", since=act.now)
    act.session.add(row)
    act.note_private(name="张三")
    return row.id


def act(visibility: Visibility) -> Action[[], UUID]:
    return Action("party.appoint", frozenset({Role.SYSTEM}), visibility, False, appoint)


@pytest.fixture(scope="module")
def house(database: Addresses, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(database, tmp_path_factory.mktemp("house")) as house:
        for visibility in (Visibility.SECRET, Visibility.SECRET, Visibility.CLOSING):
            house.platform.perform(act(visibility), SYSTEM, CHAIN)
        yield house


def first(owner: Connection, condition: str) -> UUID:
    found = run(owner, f"SELECT id FROM record WHERE {condition} ORDER BY id LIMIT 1")
    assert found is not None
    record: UUID = found[0]
    return record


def rewrite(owner: Connection, record: UUID, edit: Callable[[dict[str, Any]], None]) -> None:
    """Let a record say something else, and commit to it again."""
    found = run(owner, "SELECT salt, body FROM opening WHERE record_id = %s", record)
    assert found is not None
    said = json.loads(found[1])
    edit(said)
    body = canonical(said)
    run(owner, "UPDATE opening SET body = %s WHERE record_id = %s", body, record)
    run(owner, "UPDATE record SET commitment = %s WHERE id = %s", commit(found[0], body), record)


def named(owner: Connection, trusted: Checkpoint, house: House, record: UUID, what: str) -> bool:
    return Finding("record", str(record), what) in findings(owner, trusted, house.policy)


def test_a_lawful_book_is_clean_whatever_the_login_is_set_to(
    owner: Connection, trusted: Checkpoint, house: House
) -> None:
    for setting in ("TimeZone = 'Asia/Shanghai'", "bytea_output = 'escape'", "DateStyle = 'SQL'"):
        run(owner, f"SET {setting}")
    assert findings(owner, trusted, house.policy) == []


def test_another_time_than_the_ids_is_named(
    owner: Connection, trusted: Checkpoint, house: House
) -> None:
    record = first(owner, "seq IS NULL")
    rewrite(owner, record, lambda said: said.update(time="2026-03-16T02:00:00.000000Z"))
    assert named(owner, trusted, house, record, "body tells another time than the record's id")


def test_a_secret_act_that_is_taken_away_misses_in_what_was_gathered(
    owner: Connection, trusted: Checkpoint, house: House
) -> None:
    closing, gone = first(owner, "seq = 1"), first(owner, "seq IS NULL")
    for table, column in (
        ("leaf", "record_id"), ("change", "record_id"), ("opening", "record_id"), ("record", "id"),
    ):  # fmt: skip
        run(owner, f"DELETE FROM {table} WHERE {column} = %s", gone)
    what = "secret acts before it are not those that it gathered"
    assert named(owner, trusted, house, closing, what)


def test_a_private_fact_that_is_bent_is_named(
    owner: Connection, trusted: Checkpoint, house: House
) -> None:
    record = first(owner, "seq IS NULL")
    run(
        owner,
        "UPDATE opening SET private = jsonb_set(private, '{name,value}', '\"李四\"') "
        "WHERE record_id = %s",
        record,
    )
    what = "private fact name is not what the body hides"
    assert named(owner, trusted, house, record, what)


@pytest.mark.parametrize(
    "bend",
    [
        "UPDATE sight SET action = 'account.sign_in' WHERE record_id = %s",
        "UPDATE sight SET done = false WHERE record_id = %s",
        "UPDATE sight SET chain = gen_random_uuid() WHERE record_id = %s",
        "UPDATE sight SET section = 'another' WHERE record_id = %s",
        "UPDATE sight SET org = NULL WHERE record_id = %s",
        "DELETE FROM sight WHERE record_id = %s",
    ],
)
def test_a_record_that_is_hidden_from_who_may_see_it_is_named(
    owner: Connection, trusted: Checkpoint, house: House, bend: str
) -> None:
    record = first(owner, "seq = 1")
    run(owner, bend, record)
    what = "what tells who may see it is not what its body says"
    assert named(owner, trusted, house, record, what)


def test_a_record_that_the_log_passed_over_is_named(
    owner: Connection, trusted: Checkpoint, house: House
) -> None:
    record = first(owner, "seq IS NULL")
    run(owner, "DELETE FROM leaf WHERE record_id = %s", record)
    run(owner, "INSERT INTO pending VALUES (%s)", record)
    run(owner, "UPDATE head SET at = at + interval '2 hours'")
    assert named(owner, trusted, house, record, "record was passed over by the log")
