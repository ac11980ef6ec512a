"""What is selected for a reader is what the rule lets them see: no record more, and none less."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy.orm import Session

from monitor.clock import MovableClock
from monitor.migrations.schema import migrate, retreat
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import (
    TABLE,
    VISITOR,
    Audience,
    Viewer,
    between,
    chain_of,
    disclosed,
    timeline,
    timelines,
)
from monitor.record.moment import BRINGS, When
from monitor.record.platform import Platform
from monitor.refusal import Refusal
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.monitor.record.ruled import whole

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
ORGS, LOTS, CASES = ([uuid4() for _ in range(count)] for count in (3, 3, 2))
MASKS = ["p-one", "p-two"]
VIEWERS = [
    VISITOR,
    *(Viewer(audience) for audience in Audience),
    *(Viewer(audience, ORGS[0]) for audience in Audience),
    Viewer(Audience.PARTY, ORGS[1], frozenset(MASKS[:1])),
    Viewer(Audience.PUBLIC, None, frozenset(MASKS)),
]
MILESTONES = list(BRINGS)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


def an_act(platform: Platform, chain: UUID, chance: random.Random) -> None:
    """Anything that the table names, done or refused, by anybody, of any section and case."""
    name = chance.choice(MILESTONES if chance.random() < 0.2 else list(TABLE))
    told = {"section": LOTS, "case": CASES, "addressee": ORGS}
    facts = {key: str(chance.choice(ids)) for key, ids in told.items() if chance.random() < 0.5}
    mask = chance.choice([None, *MASKS])
    actor = Actor(chance.choice(ORGS), chance.choice(ORGS), Role.SYSTEM, mask=mask)
    this_act(platform, chain, actor, name, facts, fails=chance.random() < 0.2)


def this_act(
    platform: Platform,
    chain: UUID,
    actor: Actor,
    name: str,
    facts: dict[str, str],
    *,
    fails: bool = False,
) -> None:
    def run(act: Act) -> None:
        act.attempt(subject=name, **facts)
        act.require(not fails, Refusal("no"))

    at_once = TABLE[name].get(Audience.PUBLIC) is When.NOW
    visibility = Visibility.PUBLIC if at_once else Visibility.SECRET
    verb = Action(name, frozenset(Role), visibility, False, run)
    try:
        platform.perform(verb, actor, chain)
    except Refusal:
        assert fails


def selected(session: Session, chain: UUID, viewer: Viewer) -> list[UUID]:
    return [each.record_id for each in timeline(session, chain, viewer)]


def test_at_every_point_of_any_trade_every_reader_is_shown_what_the_rule_says(
    platform: Platform,
) -> None:
    chance = random.Random(1)
    chains, shown = [uuid4() for _ in range(4)], 0
    for _ in range(12):
        for chain in chains:
            for _ in range(chance.randrange(7)):
                an_act(platform, chain, chance)
        with platform.read() as session:
            every = {chain: whole(session, chain) for chain in chains}
            for viewer in VIEWERS:
                found = timelines(session, dict.fromkeys(chains, viewer))
                told = {chain: [each.record_id for each in rows] for chain, rows in found.items()}
                assert told == {chain: each.shown_to(viewer) for chain, each in every.items()}
                shown += sum(map(len, told.values()))
    assert shown > 2000


def test_one_record_is_shown_to_just_those_who_are_shown_it_in_its_trade(
    platform: Platform,
) -> None:
    chance = random.Random(2)
    chain = uuid4()
    for _ in range(60):
        an_act(platform, chain, chance)
    with platform.read() as session:
        found = whole(session, chain)
        every = [UUID(body["id"]) for body in found.bodies]
        assert {chain_of(session, record) for record in every} == {chain}
        for viewer in VIEWERS[:: len(VIEWERS) // 4]:
            own = [one for one in every if disclosed(session, chain, one, viewer)]
            assert own == found.shown_to(viewer)
            assert not any(disclosed(session, uuid4(), one, viewer) for one in own[:5])


def test_what_belongs_to_no_case_waits_until_the_last_open_one_has_ended(
    platform: Platform,
) -> None:
    chain, centre, shown = uuid4(), Viewer(Audience.CENTRE), []
    first, second = ({"case": str(case)} for case in CASES)
    for name, facts in (
        ("point.judge", {}), ("case.open", first), ("tip.take", second), ("case.close", first),
        ("case.close", second), ("point.mark", {}), ("case.open", {"case": str(uuid4())}),
    ):  # fmt: skip
        this_act(platform, chain, SYSTEM, name, facts)
        with platform.read() as session:
            seen = selected(session, chain, centre)
            assert seen == whole(session, chain).shown_to(centre)
        shown.append(len(seen))
    assert shown == [0, 0, 0, 2, 5, 5, 4], "judged, opened, taken, one ends, both end, open again"


def test_each_reader_of_several_trades_sees_each_as_who_they_are_there(platform: Platform) -> None:
    chance = random.Random(3)
    viewers = {uuid4(): viewer for viewer in VIEWERS[:4]}
    for chain in viewers:
        for _ in range(20):
            an_act(platform, chain, chance)
    with platform.read() as session:
        for chain, rows in timelines(session, viewers).items():
            assert [one.record_id for one in rows] == selected(session, chain, viewers[chain])
        assert between(session, viewers, 0, 1 << 40) == [], "none of them is in the log yet"


def test_records_from_before_are_shown_as_they_were(database: Addresses) -> None:
    platform = Platform(database.app_url, MovableClock(START))
    chance, chain = random.Random(4), uuid4()
    for _ in range(30):
        an_act(platform, chain, chance)
    with platform.read() as session:
        before = [selected(session, chain, viewer) for viewer in VIEWERS]
    platform.close()
    retreat(database.owner_url, "0034")
    old = Platform(database.app_url, MovableClock(START))
    for _ in range(30):
        an_act(old, chain, chance)
    old.close()
    migrate(database.owner_url)
    new = Platform(database.app_url, MovableClock(START))
    with new.read() as session:
        after = [selected(session, chain, viewer) for viewer in VIEWERS]
        assert after == [whole(session, chain).shown_to(viewer) for viewer in VIEWERS]
    new.close()
    assert any(len(new) > len(old) for old, new in zip(before, after, strict=True))
