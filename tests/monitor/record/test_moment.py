"""Moments by section: what lot 1 has reached opens nothing of lot 2."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from monitor.clock import MovableClock
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.moment import done, done_at, first, last_at
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Refusal
from monitor.role import SYSTEM, Role
from monitor.runtime.database import Addresses

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OWNER = Viewer(Audience.OWNER)
LOT_1, LOT_2 = uuid4(), uuid4()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def platform(database: Addresses, clock: MovableClock) -> Iterator[Platform]:
    platform = Platform(database.app_url, clock)
    yield platform
    platform.close()


def act(
    platform: Platform,
    name: str,
    project: UUID,
    section: UUID | None = None,
    visibility: Visibility = Visibility.PUBLIC,
) -> None:
    def run(act: Act) -> None:
        act.note(subject=name, **({} if section is None else {"section": str(section)}))

    verb = Action(name, frozenset({Role.SYSTEM}), visibility, False, run)
    platform.perform(verb, SYSTEM, project)


def two_lots(platform: Platform) -> UUID:
    """A trade of two lots, both closed, lot 1 and lot 2 each with a score and a sealed payment."""
    project = uuid4()
    act(platform, "deposit.receive", project, visibility=Visibility.SECRET)
    for lot in (LOT_1, LOT_2):
        act(platform, "opening.close", project, lot)
        act(platform, "evaluation.score", project, lot, Visibility.SECRET)
    return project


def seen(platform: Platform, project: UUID, viewer: Viewer) -> list[tuple[str, str]]:
    lots = {str(LOT_1): "lot 1", str(LOT_2): "lot 2"}
    with platform.read() as session:
        rows = [each.facts for each in timeline(session, project, viewer)]
    return [(row["action"], lots.get(row["facts"].get("section"), "")) for row in rows]


@pytest.mark.parametrize("ending", ["award.issue", "opening.fail"])
def test_the_end_of_lot_1_shows_the_owner_no_score_of_lot_2(
    platform: Platform, ending: str
) -> None:
    project = two_lots(platform)
    assert ("evaluation.score", "lot 1") not in seen(platform, project, OWNER)
    act(platform, ending, project, LOT_1)
    assert ("evaluation.score", "lot 1") in seen(platform, project, OWNER)
    assert ("evaluation.score", "lot 2") not in seen(platform, project, OWNER)
    act(platform, "award.issue", project, LOT_2)
    assert ("evaluation.score", "lot 2") in seen(platform, project, OWNER)


def test_what_names_no_lot_waits_until_every_lot_is_there(platform: Platform) -> None:
    project = two_lots(platform)
    inspector = Viewer(Audience.INSPECTOR)
    act(platform, "opening.reveal", project, LOT_1)
    assert ("deposit.receive", "") not in seen(platform, project, inspector)
    act(platform, "opening.fail", project, LOT_2)
    assert ("deposit.receive", "") in seen(platform, project, inspector)


def test_an_act_without_a_lot_is_the_moment_of_all_lots(platform: Platform) -> None:
    project = two_lots(platform)
    act(platform, "award.issue", project)
    assert {("evaluation.score", "lot 1"), ("evaluation.score", "lot 2")} <= set(
        seen(platform, project, OWNER)
    )


def test_a_refused_attempt_at_a_made_up_lot_holds_nothing_back(platform: Platform) -> None:
    project = two_lots(platform)

    def run(act: Act) -> None:
        act.attempt(section=str(uuid4()))
        raise Refusal("no such lot")

    verb = Action("bid.submit", frozenset({Role.SYSTEM}), Visibility.SECRET, False, run)
    with pytest.raises(Refusal):
        platform.perform(verb, SYSTEM, project)
    for lot in (LOT_1, LOT_2):
        act(platform, "opening.reveal", project, lot)
    assert ("deposit.receive", "") in seen(platform, project, Viewer(Audience.INSPECTOR))


def test_the_public_reads_the_same_moments(platform: Platform) -> None:
    project = uuid4()
    for lot in (LOT_1, LOT_2):
        act(platform, "opening.close", project, lot)
        act(platform, "bid.submit", project, lot, Visibility.SECRET)
    act(platform, "opening.reveal", project, LOT_2)
    shown = seen(platform, project, VISITOR)
    assert ("bid.submit", "lot 2") in shown
    assert ("bid.submit", "lot 1") not in shown


def test_done_is_asked_for_a_section_or_for_whichever_one(
    platform: Platform, clock: MovableClock
) -> None:
    project = uuid4()
    act(platform, "opening.close", project, LOT_1)
    clock.moment += HOUR
    act(platform, "opening.close", project, LOT_2)
    with platform.read() as session:
        assert done(session, project, LOT_2, "opening.close")
        assert not done(session, project, uuid4(), "opening.close")
        assert not done(session, project, LOT_1, "opening.reveal", "opening.fail")
        assert done_at(session, project, None, "opening.close") == START
        assert done_at(session, project, LOT_2, "opening.close") == START + HOUR
        assert last_at(session, project, None, "opening.close") == START + HOUR
        found = first(session, project, LOT_1, "opening.close")
    assert found is not None
    assert (found.at, found.body["action"]) == (START, "opening.close")


def test_a_secret_or_a_refused_act_is_not_done(platform: Platform) -> None:
    project = uuid4()
    act(platform, "opening.close", project, LOT_1, Visibility.SECRET)

    def run(act: Act) -> None:
        raise Conflict("no")

    verb = Action("opening.close", frozenset({Role.SYSTEM}), Visibility.PUBLIC, False, run)
    with pytest.raises(Conflict):
        platform.perform(verb, SYSTEM, project)
    with platform.read() as session:
        assert not done(session, project, None, "opening.close")
