"""Due work: planned once, claimed by one, resting longer after each failure, shown when stuck."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from monitor.clock import MovableClock
from monitor.record.platform import Platform
from monitor.refusal import Conflict, NotFound, Refusal, TooEarly
from monitor.role import SYSTEM
from monitor.runtime.database import Addresses
from monitor.work.due import (
    LONGEST_PAUSE,
    DueWork,
    Job,
    Wanted,
    claim,
    fail,
    finish,
    is_ready,
    missing,
    open_work,
    pause,
    plan,
    ready,
    stuck_work,
    tally,
)

WALL = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    made = Platform(database.app_url, MovableClock(WALL), alarm=lambda _: None)
    yield made
    made.close()


def planned(platform: Platform, *, sealed: bool = False) -> UUID:
    """A new job of a key of its own."""
    key = uuid4().hex
    platform.perform(plan, SYSTEM, None, wanted=(Wanted("test", key, sealed=sealed),), wall=WALL)
    with platform.read() as session:
        return next(row.id for row in session.query(DueWork).filter(DueWork.key == key))


def row(platform: Platform, work: UUID) -> DueWork:
    with platform.read() as session:
        return session.get_one(DueWork, work)


def do_claim(platform: Platform, work: UUID, wall: datetime = WALL) -> Job:
    return platform.perform(claim, SYSTEM, None, work=work, wall=wall)


def test_a_job_is_planned_once_however_often_it_is_wanted(platform: Platform) -> None:
    first, second = Wanted("letters", uuid4().hex), Wanted("letters", uuid4().hex)
    assert platform.perform(plan, SYSTEM, None, wanted=(first,), wall=WALL) == 1
    with platform.read() as session:
        assert missing(session, (first, second)) == (second,)
    assert platform.perform(plan, SYSTEM, None, wanted=(first, second), wall=WALL) == 1
    with pytest.raises(Conflict):
        platform.perform(plan, SYSTEM, None, wanted=(first, second), wall=WALL)


def test_a_claimed_job_rests_and_a_done_one_is_never_claimed_again(platform: Platform) -> None:
    work = planned(platform)
    assert do_claim(platform, work).attempt == 1
    with pytest.raises(TooEarly):
        do_claim(platform, work)
    with platform.read() as session:
        assert not is_ready(session, work, WALL)
        assert is_ready(session, work, WALL + pause(1))
    platform.perform(finish, SYSTEM, None, work=work, wall=WALL)
    with pytest.raises(NotFound):
        do_claim(platform, work, WALL + timedelta(days=9))
    with pytest.raises(NotFound):
        platform.perform(finish, SYSTEM, None, work=work, wall=WALL)


def test_a_job_that_fails_rests_longer_each_time_and_is_shown_as_stuck(platform: Platform) -> None:
    work, wall = planned(platform), WALL
    rests = []
    for _ in range(3):
        do_claim(platform, work, wall)
        platform.perform(fail, SYSTEM, None, work=work, error="SMTPServerDisconnected")
        rests.append(row(platform, work).next_at - wall)
        wall = row(platform, work).next_at
    assert rests == [2 * SECOND, 8 * SECOND, 32 * SECOND]
    assert pause(99) == LONGEST_PAUSE
    with platform.read() as session:
        [shown] = [each for each in stuck_work(session) if each.id == work]
    assert (shown.attempts, shown.last_error) == (3, "SMTPServerDisconnected")
    do_claim(platform, work, wall)
    platform.perform(finish, SYSTEM, None, work=work, wall=wall)
    assert row(platform, work).last_error is None
    with platform.read() as session:
        assert work not in {each.id for each in stuck_work(session)}


def test_of_many_claims_at_once_one_succeeds(platform: Platform) -> None:
    work, told = planned(platform), list[object]()

    def race() -> None:
        try:
            told.append(do_claim(platform, work))
        except Refusal as refusal:
            told.append(refusal)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sum(isinstance(each, Job) for each in told) == 1
    assert row(platform, work).attempts == 1


def test_a_sealed_job_is_done_like_any_other_and_shown_to_nobody(platform: Platform) -> None:
    before = tally_of(platform)
    work = planned(platform, sealed=True)
    for step in range(3):
        do_claim(platform, work, WALL + timedelta(hours=2 * step))
        platform.perform(fail, SYSTEM, None, work=work, error="x")
    with platform.read() as session:
        assert work not in {each.id for each in (*open_work(session), *stuck_work(session))}
        assert work in ready(session, WALL + timedelta(days=1), 1000)
    assert tally_of(platform) == before


def tally_of(platform: Platform) -> dict[str, int]:
    with platform.read() as session:
        return tally(session)


def test_the_oldest_are_handed_out_first_and_no_more_than_asked(platform: Platform) -> None:
    with platform.read() as session:
        for each in ready(session, WALL, 1000):
            do_claim(platform, each)
    works = {planned(platform) for _ in range(3)}
    late = sorted(works)[0]
    do_claim(platform, late)
    with platform.read() as session:
        assert set(ready(session, WALL, 10)) == works - {late}
        assert len(ready(session, WALL, 1)) == 1


def test_jobs_are_no_evidence_but_whoever_wrote_them_is_on_record(platform: Platform) -> None:
    before = count(platform, "record")
    do_claim(platform, planned(platform))
    assert count(platform, "record") - before == 2
    assert count(platform, "change WHERE tbl = 'due_work'") == 0


def count(platform: Platform, what: str) -> int:
    with platform.read() as session:
        return session.scalar(text(f"SELECT count(*) FROM {what}")) or 0
