"""Changes of an entry: what bars acts at once, what frees waits; what a snapshot held is proven."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from experts.avoidance import Case, Rule, RuleSet, excluded_by
from experts.pool.candidacy import OLDEST
from experts.pool.change import Change, amend, resume
from experts.pool.expert import Expert, stamp, suspend
from experts.pool.history import held, leaf_of
from experts.pool.register import latest_snapshot, registry, snapshot, snapshot_due
from experts.pool.watch import pool_view
from monitor.clock import MovableClock
from monitor.log import tree
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotFound
from monitor.runtime.database import Addresses
from tests.experts.pool_world import PoolKeepers, a_pool, the_keepers

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
WEEK = timedelta(days=8)


@pytest.fixture(scope="module")
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


@pytest.fixture(scope="module")
def keepers(platform: Platform) -> PoolKeepers:
    keepers = the_keepers(platform)
    a_pool(platform, keepers, 40)
    platform.clock.wait(WEEK)
    return keepers


def judged(platform: Platform, uid: str, **case: object) -> Rule | None:
    now = stamp(platform.clock.now())
    told = {"purchaser": "nobody", "agents": frozenset(), "at": now, "start": now, "end": now + 1}
    with platform.read() as session:
        [one] = [each for each in registry(session) if each.uid == uid]
    strata = dict.fromkeys((span.value for span in one.specialties), 1)
    return excluded_by(one, Case(**{"strata": strata, **told, **case}), RuleSet())  # type: ignore[arg-type]


def change(platform: Platform, keepers: PoolKeepers, uid: str, what: Change, value: str) -> None:
    now = platform.clock.now()
    platform.perform(amend, keepers.first, None, uid=uid, change=what, value=value, since=now)


def cool(platform: Platform, keepers: PoolKeepers) -> None:
    platform.perform(snapshot, keepers.first, None)
    platform.clock.wait(WEEK)


def test_a_specialty_added_waits_and_one_dropped_is_gone_at_once(
    platform: Platform, keepers: PoolKeepers
) -> None:
    uid = "E000001"
    change(platform, keepers, uid, Change.ADD_SPECIALTY, "Z09")
    only = {"strata": {"Z09": 1}}
    assert judged(platform, uid, **only) is Rule.SPECIALTY
    cool(platform, keepers)
    assert judged(platform, uid, **only) is None
    change(platform, keepers, uid, Change.DROP_SPECIALTY, "Z09")
    assert judged(platform, uid, **only) is Rule.SPECIALTY


def test_a_new_employer_bars_at_once_and_one_left_only_after_the_cooling(
    platform: Platform, keepers: PoolKeepers
) -> None:
    uid, code = "E000002", "91139900MA0000000X"
    assert judged(platform, uid, purchaser=code) is None
    change(platform, keepers, uid, Change.NEW_JOB, code)
    assert judged(platform, uid, purchaser=code) is Rule.EMPLOYER_NOW
    change(platform, keepers, uid, Change.END_JOB, code)
    assert judged(platform, uid, purchaser=code) is Rule.EMPLOYER_NOW
    cool(platform, keepers)
    assert judged(platform, uid, purchaser=code) is Rule.EMPLOYER_RECENT


def test_a_suspension_that_is_lifted_counts_after_the_cooling(
    platform: Platform, keepers: PoolKeepers
) -> None:
    uid = "E000003"
    platform.perform(suspend, keepers.first, None, uid=uid, until=None, ground="核查")
    assert judged(platform, uid) is Rule.SUSPENSION
    cool(platform, keepers)
    assert platform.perform(resume, keepers.first, None, uid=uid, ground="查清") == 1
    assert judged(platform, uid) is Rule.SUSPENSION
    cool(platform, keepers)
    assert judged(platform, uid) is None
    with pytest.raises(Conflict):
        platform.perform(resume, keepers.first, None, uid=uid, ground="再来")


@pytest.mark.parametrize(
    ("what", "value", "refusal"),
    [
        (Change.DROP_SPECIALTY, "Z99", NotFound),
        (Change.END_JOB, "nobody", NotFound),
        (Change.MOVE, "福州", Invalid),
        (Change.ADD_SPECIALTY, " ", Invalid),
    ],
)
def test_what_is_not_there_or_no_fact_is_not_changed(
    platform: Platform, keepers: PoolKeepers, what: Change, value: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        change(platform, keepers, "E000004", what, value)


def test_whoever_grows_too_old_leaves_the_pool_by_the_calendar_alone(
    platform: Platform, keepers: PoolKeepers
) -> None:
    with platform.read() as session:
        [one] = [each for each in registry(session) if each.uid == "E000005"]
        born = session.scalars(select(Expert.born).where(Expert.uid == one.uid)).one()
    last = stamp(datetime(born + OLDEST, 12, 31, 15, tzinfo=UTC))
    assert one.active.lets(last, 0)
    assert not one.active.lets(last + 2 * 3600, 0)


def test_what_a_snapshot_held_of_a_person_is_proven_against_its_root_for_ever(
    platform: Platform, keepers: PoolKeepers
) -> None:
    with platform.read() as session:
        first = latest_snapshot(session)
        kept = held(session, first.id, "E000006")
        snapshot_id, root, n = first.id, first.root, first.n
    assert kept is not None
    change(platform, keepers, "E000006", Change.ADD_SPECIALTY, "Z07")
    cool(platform, keepers)
    with platform.read() as session:
        again = held(session, snapshot_id, "E000006")
        now = held(session, latest_snapshot(session).id, "E000006")
        assert held(session, snapshot_id, "E999999") is None
    assert again == kept
    assert now is not None
    assert now.facts != kept.facts
    told = tree.leaf_hash(leaf_of(kept.facts))
    assert kept.size == n
    tree.verify_inclusion(told, kept.index, n, kept.path, root)
    forged = tree.leaf_hash(leaf_of({**kept.facts, "weight": 2}))
    with pytest.raises(tree.BadProof):
        tree.verify_inclusion(forged, kept.index, n, kept.path, root)


def test_the_night_s_snapshot_is_due_once_a_day(platform: Platform, keepers: PoolKeepers) -> None:
    platform.clock.wait(timedelta(days=1))
    with platform.read() as session:
        assert snapshot_due(session, platform.clock.now())
    platform.perform(snapshot, keepers.first, None)
    with platform.read() as session:
        assert not snapshot_due(session, platform.clock.now())
        assert snapshot_due(session, platform.clock.now() + timedelta(days=1))


def test_inspectors_see_every_change_and_whether_it_counts(
    platform: Platform, keepers: PoolKeepers
) -> None:
    platform.perform(suspend, keepers.first, None, uid="E000007", until=None, ground="投诉")
    change(platform, keepers, "E000007", Change.ADD_SPECIALTY, "Z01")
    with platform.read() as session:
        view = pool_view(session, platform.clock.now())
    mine = {(one.kind, one.restricts, one.counts) for one in view.changed if one.uid == "E000007"}
    assert ("suspensions", True, True) in mine
    assert ("specialties", False, False) in mine
    assert view.states["active"] == 40
    assert sum(number for number, _ in view.cells.values()) >= 40
