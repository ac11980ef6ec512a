"""The one transaction: what it records, what it undoes, and who gets in."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from monitor.clock import ClockWentBackError, MovableClock, time_text
from monitor.law.workday import SHANGHAI
from monitor.record.act import Act, gathering
from monitor.record.action import ACTIONS, Action, UndeclaredActionError, Visibility, action
from monitor.record.arrival import Arrival, stamp
from monitor.record.platform import Platform
from monitor.record.standing import Standing
from monitor.record.table import Record
from monitor.refusal import Invalid, NotAllowed, TooLate
from monitor.role import NOBODY, SYSTEM, Actor, Role
from monitor.runtime.database import Addresses

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)


def toss(visibility: Visibility) -> Action[..., UUID]:
    """An action made for these tests only: it writes one row of `standing`."""

    def run(act: Act, *, fail: Exception | None = None) -> UUID:
        row = Standing(id=uuid4(), project=uuid4(), org=uuid4(), role="agency")
        act.session.add(row)
        act.session.flush()
        if fail is not None:
            raise fail
        act.note(subject=str(row.id), what="tossed")
        return row.id

    return Action("standing.assign", frozenset({Role.SYSTEM}), visibility, False, run)


PUBLIC, SECRET = toss(Visibility.PUBLIC), toss(Visibility.SECRET)
CLOSING = toss(Visibility.CLOSING)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START + timedelta(days=next(DAYS))))
    yield platform
    platform.close()


DAYS = iter(range(1, 1000))


def bodies(platform: Platform, chain: UUID) -> list[dict[str, object]]:
    with platform.read() as session:
        rows = session.execute(
            text(
                "SELECT o.body FROM record r JOIN opening o ON o.record_id = r.id "
                "WHERE r.chain = :c ORDER BY r.id"
            ),
            {"c": chain},
        )
        return [json.loads(row.body) for row in rows]


def test_one_act_leaves_one_record_that_names_actor_time_and_changes(platform: Platform) -> None:
    project = uuid4()
    made = platform.perform(PUBLIC, SYSTEM, project)
    [body] = bodies(platform, project)
    assert body["subject"] == str(made)
    assert body["actor"] == {"id": str(NOBODY), "org": str(NOBODY), "role": "system"}
    assert body["outcome"] == {"done": True}
    assert body["seq"] == 1
    assert body["prev"] == ""
    assert len(str(body["changes"])) == 64


def test_a_closing_act_binds_every_secret_act_before_it_by_itself(platform: Platform) -> None:
    project = uuid4()
    for verb in (SECRET, PUBLIC, SECRET, CLOSING):
        platform.perform(verb, SYSTEM, project)
    with pytest.raises(TooLate):
        platform.perform(CLOSING, SYSTEM, project, fail=TooLate("late"))
    *before, closing, refused = bodies(platform, project)
    with platform.read() as session:
        secret = session.scalars(
            select(Record.commitment).where(Record.chain == project, Record.seq.is_(None)).limit(2)
        ).all()
    assert closing["gathers"] == gathering(secret)
    assert closing["seq"] == 2
    assert all("gathers" not in body for body in (*before, refused))


def test_times_in_records_have_one_form(platform: Platform) -> None:
    project = uuid4()
    platform.perform(PUBLIC, SYSTEM, project)
    [body] = bodies(platform, project)
    now = platform.clock.now()
    assert body["time"] == time_text(now) == time_text(now.astimezone(SHANGHAI))
    assert datetime.fromisoformat(time_text(now)) == now
    assert time_text(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00.000000Z"


def test_public_acts_form_a_dense_chain_and_secret_acts_carry_no_number(platform: Platform) -> None:
    project = uuid4()
    for verb in (PUBLIC, SECRET, PUBLIC):
        platform.perform(verb, SYSTEM, project)
    first, secret, second = bodies(platform, project)
    assert (first["seq"], second["seq"]) == (1, 2)
    assert "seq" not in secret
    with platform.read() as session:
        commitment = session.execute(
            text("SELECT commitment FROM record WHERE chain = :c AND seq = 1"), {"c": project}
        ).scalar_one()
    assert second["prev"] == commitment.hex()


def test_a_refusal_is_recorded_and_undoes_only_its_own_writes(platform: Platform) -> None:
    project = uuid4()
    with pytest.raises(Invalid):
        platform.perform(PUBLIC, SYSTEM, project, fail=Invalid("x", "不行 / no", rule="r 1"))
    [body] = bodies(platform, project)
    assert body["outcome"] == {"refused": "invalid", "rule": "r 1", "field": "x"}
    assert "seq" not in body
    with platform.read() as session:
        changed = session.execute(
            text("SELECT count(*) FROM change WHERE record_id = :r"), {"r": body["id"]}
        ).scalar_one()
    assert changed == 0


def test_a_fault_leaves_nothing_and_is_alarmed(database: Addresses) -> None:
    alarms: list[BaseException] = []
    platform = Platform(database.app_url, MovableClock(START), alarms.append)
    project = uuid4()
    with pytest.raises(ZeroDivisionError):
        platform.perform(PUBLIC, SYSTEM, project, fail=ZeroDivisionError())
    assert bodies(platform, project) == []
    assert len(alarms) == 1
    platform.close()


def test_a_role_that_is_not_listed_is_refused_and_the_attempt_recorded(platform: Platform) -> None:
    project = uuid4()
    with pytest.raises(NotAllowed):
        platform.perform(PUBLIC, Actor(uuid4(), uuid4(), Role.CENTRE), project)
    assert bodies(platform, project)[0]["outcome"]["refused"] == "not_allowed"  # type: ignore[index]


def test_claiming_a_role_without_an_appointment_is_refused(platform: Platform) -> None:
    with pytest.raises(NotAllowed):
        platform.perform(
            stamp, Actor(uuid4(), uuid4(), Role.TENDERER, "mask"), uuid4(), digest=b"x" * 32
        )
    with platform.read() as session:
        assert session.query(Arrival).count() == 0


def test_a_small_step_back_of_time_is_waited_out_and_a_large_one_stops(database: Addresses) -> None:
    clock = MovableClock(START + timedelta(days=2000))
    platform = Platform(database.app_url, clock, lambda fault: None)
    project = uuid4()
    platform.perform(PUBLIC, SYSTEM, project)
    clock.moment -= timedelta(seconds=1)
    platform.perform(PUBLIC, SYSTEM, project)
    first, second = (body["time"] for body in bodies(platform, project))
    assert str(second) >= str(first)
    clock.moment -= timedelta(seconds=3)
    with pytest.raises(ClockWentBackError):
        platform.perform(PUBLIC, SYSTEM, project)
    assert len(bodies(platform, project)) == 2
    platform.close()


def test_private_facts_stand_in_the_record_only_as_salted_digests(platform: Platform) -> None:
    def run(act: Act) -> None:
        act.note_private(address="10.1.2.3")

    verb = Action("standing.assign", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    project = uuid4()
    platform.perform(verb, SYSTEM, project)
    [body] = bodies(platform, project)
    assert "10.1.2.3" not in json.dumps(body)
    assert set(body["facts"]["address"]) == {"sha256"}  # type: ignore[index]


def test_an_action_without_roles_or_without_a_disclosure_row_does_not_import() -> None:
    with pytest.raises(UndeclaredActionError):
        action("standing.assign", by=())
    with pytest.raises(UndeclaredActionError):
        action("nothing.known", by=(Role.CENTRE,))
    assert "nothing.known" not in ACTIONS


def test_a_read_session_can_write_nothing(platform: Platform) -> None:
    with platform.read() as session, pytest.raises(Exception, match="read-only"):
        session.execute(text("DELETE FROM standing"))


def test_a_refused_late_act_keeps_its_rule(platform: Platform) -> None:
    project = uuid4()
    with pytest.raises(TooLate):
        platform.perform(SECRET, SYSTEM, project, fail=TooLate("晚了 / late", rule="招标投标法 28"))
    assert bodies(platform, project)[0]["outcome"]["rule"] == "招标投标法 28"  # type: ignore[index]
