"""The pool: two persons bring anybody in, what relaxes waits, what restricts acts at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from sqlalchemy import select

from experts.avoidance import Case, Rule, RuleSet, excluded_by
from experts.dossier import registry_root
from experts.pool.candidacy import Candidacy
from experts.pool.expert import (
    Expert,
    Tie,
    Verdict,
    declare,
    enrol,
    facts_of,
    review,
    stamp,
    suspend,
)
from experts.pool.register import import_pool, latest_snapshot, registry, snapshot
from experts.pool.stand_in import stand_in_employer, stand_in_pool
from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound
from monitor.role import NOBODY, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import an_actor
from tests.experts.pool_world import PoolKeepers, a_pool, the_keepers
from trading.registration.credit_code import checked

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
DAYS = count(1)
RULES = RuleSet()


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START + timedelta(days=60 * next(DAYS))))
    yield platform
    platform.close()


@pytest.fixture
def keepers(platform: Platform) -> PoolKeepers:
    return the_keepers(platform)


def a_candidacy(keepers: PoolKeepers, **facts: object) -> Candidacy:
    sealed = stand_in_pool(1, b"x")[0].sealed(keepers.seal)
    return replace(sealed, uid=f"T{uuid4().hex[:8]}", **facts)  # type: ignore[arg-type]


def an_entry(platform: Platform, keepers: PoolKeepers, **facts: object) -> str:
    """One approved expert in a fresh snapshot; the uid."""
    asked = a_candidacy(keepers, **facts)
    platform.perform(enrol, keepers.first, None, candidacy=asked)
    approve(platform, keepers, asked.uid)
    platform.perform(snapshot, keepers.first, None)
    return asked.uid


def approve(platform: Platform, keepers: PoolKeepers, uid: str, by: Actor | None = None) -> None:
    platform.perform(
        review,
        by or keepers.second,
        None,
        uids=[uid],
        verdict=Verdict.APPROVED,
        organisation=keepers.unit,
    )


def wait(platform: Platform, **time: float) -> None:
    platform.clock.wait(timedelta(**time))


def judged(platform: Platform, uid: str, purchaser: str = "nobody") -> Rule | None:
    """The rule that keeps this expert out of a draw made now for all specialties."""
    with platform.read() as session:
        [found] = [one for one in registry(session) if one.uid == uid]
    now = stamp(platform.clock.now())
    case = Case(
        at=now,
        start=now,
        end=now + 1,
        purchaser=purchaser,
        agents=frozenset(),
        strata=dict.fromkeys((span.value for span in found.specialties), 1),
    )
    return excluded_by(found, case, RULES)


def test_nobody_reviews_his_own_proposal(platform: Platform, keepers: PoolKeepers) -> None:
    asked = a_candidacy(keepers)
    platform.perform(enrol, keepers.first, None, candidacy=asked)
    with pytest.raises(NotAllowed, match="own proposal"):
        approve(platform, keepers, asked.uid, keepers.first)
    with platform.read() as session:
        assert all(one.uid != asked.uid for one in registry(session))
    approve(platform, keepers, asked.uid)
    with platform.read() as session:
        assert any(one.uid == asked.uid for one in registry(session))


def test_a_declined_proposal_never_enters_nor_is_reviewed_again(
    platform: Platform, keepers: PoolKeepers
) -> None:
    asked = a_candidacy(keepers)
    platform.perform(enrol, keepers.first, None, candidacy=asked)
    platform.perform(
        review,
        keepers.second,
        None,
        uids=[asked.uid],
        verdict=Verdict.DECLINED,
        organisation=keepers.unit,
        reason="资料不全",
    )
    with pytest.raises(NotFound):
        approve(platform, keepers, asked.uid)
    with platform.read() as session:
        assert all(one.uid != asked.uid for one in registry(session))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("practising_since", 2020),
        ("main_specialty", "Z99"),
        ("region", "35010"),
        ("employers", ()),
        ("sealed_person", b""),
        ("title", " "),
    ],
)
def test_an_entry_that_the_law_does_not_allow_is_refused_by_field(
    platform: Platform, keepers: PoolKeepers, field: str, value: object
) -> None:
    with pytest.raises(Invalid) as refused:
        platform.perform(
            enrol, keepers.first, None, candidacy=a_candidacy(keepers, **{field: value})
        )
    assert refused.value.field == field


def test_a_known_uid_is_not_enrolled_twice(platform: Platform, keepers: PoolKeepers) -> None:
    uid = an_entry(platform, keepers)
    again = replace(a_candidacy(keepers), uid=uid)
    with pytest.raises(Conflict):
        platform.perform(enrol, keepers.first, None, candidacy=again)


def test_a_new_entry_waits_out_the_cooling_from_its_first_snapshot(
    platform: Platform, keepers: PoolKeepers
) -> None:
    asked = a_candidacy(keepers)
    platform.perform(enrol, keepers.first, None, candidacy=asked)
    approve(platform, keepers, asked.uid)
    wait(platform, days=30)
    assert judged(platform, asked.uid) is Rule.STATUS
    platform.perform(snapshot, keepers.first, None)
    wait(platform, days=6, hours=23)
    assert judged(platform, asked.uid) is Rule.COOLING
    wait(platform, hours=2)
    assert judged(platform, asked.uid) is None


def test_a_suspension_acts_at_once_and_its_end_only_after_the_cooling(
    platform: Platform, keepers: PoolKeepers
) -> None:
    uid = an_entry(platform, keepers)
    wait(platform, days=8)
    assert judged(platform, uid) is None
    until = platform.clock.now() + timedelta(days=1)
    platform.perform(suspend, keepers.second, None, uid=uid, until=until, ground="处罚")
    assert judged(platform, uid) is Rule.SUSPENSION
    wait(platform, days=2)
    platform.perform(snapshot, keepers.first, None)
    assert judged(platform, uid) is Rule.SUSPENSION
    wait(platform, days=8)
    assert judged(platform, uid) is None


def test_a_declared_tie_bars_at_once(platform: Platform, keepers: PoolKeepers) -> None:
    uid = an_entry(platform, keepers)
    wait(platform, days=8)
    with platform.read() as session:
        row = session.scalars(select(Expert).where(Expert.uid == uid)).one()
    expert = Actor(row.person or NOBODY, keepers.unit, Role.EXPERT)
    assert judged(platform, uid, "buyer") is None
    platform.perform(
        declare, expert, None, tie=Tie.KINSHIP, organisation="buyer", start=platform.clock.now()
    )
    assert judged(platform, uid, "buyer") is Rule.KINSHIP


def test_a_tie_is_not_declared_for_another(platform: Platform, keepers: PoolKeepers) -> None:
    nobody = an_actor(platform, Role.EXPERT)
    with pytest.raises(NotFound):
        platform.perform(
            declare, nobody, None, tie=Tie.KINSHIP, organisation="x", start=platform.clock.now()
        )


def test_an_import_reports_each_line_and_a_bad_one_spoils_no_other(
    platform: Platform, keepers: PoolKeepers
) -> None:
    good = a_candidacy(keepers)
    lines = [good, replace(good, uid="中文"), good, a_candidacy(keepers, title="")]
    report = platform.perform(import_pool, keepers.first, None, candidacies=lines)
    assert [line.fault for line in report] == ["", "uid", "uid", "title"]
    assert [line.number for line in report] == [1, 2, 3, 4]
    approve(platform, keepers, good.uid)
    with pytest.raises(NotFound):
        approve(platform, keepers, lines[3].uid)


def test_a_snapshot_publishes_number_and_root_and_nothing_else(
    platform: Platform, keepers: PoolKeepers
) -> None:
    an_entry(platform, keepers)
    with platform.read() as session:
        everybody = registry(session)
        taken = latest_snapshot(session)
        seen = timeline(session, NOBODY, VISITOR)[-1].facts
    assert seen["facts"] == {"n": len(everybody), "root": registry_root(everybody).hex()}
    assert taken.root.hex() == seen["facts"]["root"]


def test_one_changed_fact_changes_the_root_of_the_next_snapshot(
    platform: Platform, keepers: PoolKeepers
) -> None:
    uid = an_entry(platform, keepers)
    with platform.read() as session:
        before = latest_snapshot(session).root
    wait(platform, hours=1)
    platform.perform(snapshot, keepers.first, None)
    with platform.read() as session:
        assert latest_snapshot(session).root == before
    platform.perform(suspend, keepers.first, None, uid=uid, until=None, ground="处罚")
    wait(platform, hours=1)
    platform.perform(snapshot, keepers.first, None)
    with platform.read() as session:
        assert latest_snapshot(session).root != before


def test_500_stand_ins_come_in_by_one_act_each_step_with_no_name_at_rest(
    platform: Platform, keepers: PoolKeepers
) -> None:
    people = a_pool(platform, keepers, 500)
    assert len({one.name for one in people}) == 500
    assert all(one.name.startswith("例") for one in people)
    with platform.read() as session:
        row = session.scalars(select(Expert).where(Expert.uid == people[7].facts.uid)).one()
        assert keepers.name_in(row.sealed_person) == people[7].name
        assert people[7].name.encode() not in row.sealed_person
        assert facts_of(row).specialties[0].start_known == stamp(platform.clock.now())
        assert len(registry(session)) >= 500


def test_stand_ins_are_the_same_for_the_same_seed_and_their_codes_are_no_place() -> None:
    assert stand_in_pool(600, b"a") == stand_in_pool(600, b"a")
    assert stand_in_pool(600, b"a") != stand_in_pool(600, b"b")
    assert checked(stand_in_employer(3))[2:8] == "000000"
    assert len({one.name for one in stand_in_pool(3000, b"a")}) == 3000
