"""The watch on the real book: cards shown when they are due, once, and to whom they may be."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from monitor.clock import MovableClock
from monitor.law import limit
from monitor.law.duty import Trade
from monitor.law.fact import facts_of
from monitor.law.rule import load
from monitor.law.watch import OPEN, DutyRow, Owed, duties, steps
from monitor.law.workday import Calendar, Year
from monitor.law.workday import load as load_calendar
from monitor.record.act import Act
from monitor.record.action import Action, Visibility
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, NotAllowed, NotFound, WrongStage
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday
DAY = timedelta(days=1)
WORKS = Trade("works", must_tender=True)


def act_named(name: str, visibility: Visibility = Visibility.PUBLIC) -> Action[..., None]:
    """An act made for these tests: it says what it is about and writes nothing."""

    def run(act: Act, *, subject: str = "x", **facts: object) -> None:
        act.note(subject=subject, **facts)

    return Action(name, frozenset({Role.SYSTEM}), visibility, False, run)


SIGN = act_named("contract.sign")
REFUND = act_named("deposit.confirm_refund", Visibility.SECRET)
AWARD = act_named("award.issue")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def platform(database: Addresses, clock: MovableClock) -> Iterator[Platform]:
    platform = Platform(database.app_url, clock)
    yield platform
    platform.close()


def patrol(platform: Platform, project: UUID, rule: str = "") -> list[str]:
    """Show every card that is due; return which, for one rule or for all."""
    with platform.read() as session:
        due = steps(session, project, WORKS, platform.clock.now())
    for step in due:
        platform.perform(step.action, SYSTEM, project, owed=step.owed)
    return [step.action.name for step in due if rule in step.owed.rule]


def a_contract(platform: Platform, *deposits: str) -> UUID:
    project = uuid4()
    platform.perform(SIGN, SYSTEM, project, concerns=[f"deposit:{name}" for name in deposits])
    return project


def test_a_duty_goes_from_open_to_yellow_to_red_and_ends_late(
    platform: Platform, clock: MovableClock
) -> None:
    project = a_contract(platform, "a")
    rule = "deposit_refund_contract"
    assert patrol(platform, project, rule) == ["duty.open"]
    assert patrol(platform, project, rule) == []
    clock.moment = START + 6 * DAY  # Sunday 8 March; the last day is Monday
    assert patrol(platform, project, rule) == ["duty.warn"]
    clock.moment = START + 8 * DAY
    assert patrol(platform, project, rule) == ["duty.breach"]
    platform.perform(REFUND, SYSTEM, project, subject="a")
    assert patrol(platform, project, rule) == ["duty.close"]
    assert patrol(platform, project, rule) == []
    with platform.read() as session:
        [row] = [row for row in duties(session, project) if row.subject == "deposit:a"]
    assert (row.state, row.rule_version) == ("closed_late", load().version)
    assert row.limit_at == datetime(2026, 3, 9, 16, tzinfo=UTC)
    assert row.warned_at == START + 6 * DAY
    assert row.breached_at is not None


def test_each_deposit_has_its_own_card(platform: Platform, clock: MovableClock) -> None:
    project = a_contract(platform, "a", "b")
    assert patrol(platform, project, "refund") == ["duty.open", "duty.open"]
    platform.perform(REFUND, SYSTEM, project, subject="refund-1", deposit="a")
    assert patrol(platform, project, "refund") == ["duty.close"]
    clock.moment = START + 8 * DAY
    assert patrol(platform, project, "refund") == ["duty.warn", "duty.breach"]
    with platform.read() as session:
        rows = {row.subject: row.state for row in duties(session, project)}
    assert rows["deposit:a"] == "closed"
    assert rows["deposit:b"] == "breached"


def test_a_watch_that_slept_shows_every_card_it_missed(
    platform: Platform, clock: MovableClock
) -> None:
    project = a_contract(platform, "a")
    clock.moment = START + 30 * DAY
    assert patrol(platform, project, "refund") == ["duty.open", "duty.warn", "duty.breach"]


def test_no_card_is_shown_before_it_is_due_nor_twice_nor_for_nothing(
    platform: Platform, clock: MovableClock
) -> None:
    project = a_contract(platform, "a")
    owed = Owed(WORKS, "works.deposit_refund_contract", "deposit:a", START)
    clock.moment = START + 20 * DAY
    with pytest.raises(NotFound, match="not on record"):
        platform.perform(OPEN["breach"], SYSTEM, project, owed=owed)
    platform.perform(OPEN["open"], SYSTEM, project, owed=owed)
    with pytest.raises(Conflict):
        platform.perform(OPEN["open"], SYSTEM, project, owed=owed)
    with pytest.raises(WrongStage):
        platform.perform(OPEN["close"], SYSTEM, project, owed=owed)
    platform.perform(OPEN["breach"], SYSTEM, project, owed=owed)
    with pytest.raises(Conflict):
        platform.perform(OPEN["breach"], SYSTEM, project, owed=owed)
    nothing = Owed(WORKS, "works.deposit_refund_contract", "deposit:z", START)
    with pytest.raises(NotFound):
        platform.perform(OPEN["open"], SYSTEM, project, owed=nothing)


def test_a_red_card_is_not_shown_to_somebody_who_is_in_time(platform: Platform) -> None:
    project = a_contract(platform, "a")
    owed = Owed(WORKS, "works.deposit_refund_contract", "deposit:a", START)
    platform.perform(OPEN["open"], SYSTEM, project, owed=owed)
    with pytest.raises(WrongStage):
        platform.perform(OPEN["breach"], SYSTEM, project, owed=owed)


def test_only_the_platform_itself_shows_cards(platform: Platform) -> None:
    project = a_contract(platform, "a")
    owed = Owed(WORKS, "works.deposit_refund_contract", "deposit:a", START)
    with pytest.raises(NotAllowed):
        platform.perform(OPEN["open"], Actor(uuid4(), uuid4(), Role.CENTRE), project, owed=owed)


def test_a_card_for_a_secret_withdrawal_shows_nobody_that_one_withdrew(
    platform: Platform,
) -> None:
    project = uuid4()
    withdraw = act_named("bid.withdraw", Visibility.SECRET)
    platform.perform(withdraw, SYSTEM, project, concerns=["deposit:a"])
    assert patrol(platform, project) == ["sealed_duty.open"]
    with platform.read() as session:
        seen = {
            audience: [row.seq for row in timeline(session, project, Viewer(audience))]
            for audience in Audience
            if audience is not Audience.PARTY
        }
    assert seen[Audience.FINANCE] == []
    assert set(map(tuple, seen.values())) == {()}
    close = act_named("opening.close")
    platform.perform(close, SYSTEM, project)
    with platform.read() as session:
        names = [
            row.facts["action"] for row in timeline(session, project, Viewer(Audience.FINANCE))
        ]
    assert "sealed_duty.open" in names


def test_an_act_that_names_no_section_is_about_all_of_them(platform: Platform) -> None:
    project = uuid4()
    platform.perform(AWARD, SYSTEM, project, section="1")
    platform.perform(AWARD, SYSTEM, project, section="2")
    platform.perform(SIGN, SYSTEM, project, section="2")
    with platform.read() as session:
        rows = steps(session, project, WORKS, platform.clock.now())
    opened = [s.owed.subject for s in rows if s.owed.rule == "works.contract"]
    assert sorted(opened) == ["section:1", "section:2", "section:2"]  # the second also ends
    whole = act_named("project.terminate")
    platform.perform(whole, SYSTEM, project)
    with platform.read() as session:
        last = facts_of(session, project)[-1]
    assert {"section:1", "section:2", f"project:{project}"} <= last.subjects


def test_a_refused_act_opens_no_duty(platform: Platform) -> None:
    project = uuid4()
    with pytest.raises(NotAllowed):
        platform.perform(SIGN, Actor(uuid4(), uuid4(), Role.CENTRE), project)
    assert patrol(platform, project) == []


def test_a_limit_that_moves_is_counted_again(platform: Platform, clock: MovableClock) -> None:
    project = uuid4()
    for name in ("complaint.accept", "complaint.send_test"):
        platform.perform(act_named(name), SYSTEM, project, subject="c")
    assert patrol(platform, project, "complaint_decide") == ["complaint_duty.open"]
    with platform.read() as session:
        [before] = [r.limit_at for r in duties(session, project) if "decide" in r.rule]
    clock.moment = START + 3 * DAY
    assert patrol(platform, project, "complaint_decide") == ["complaint_duty.recount"]
    with platform.read() as session:
        [after] = [r.limit_at for r in duties(session, project) if "decide" in r.rule]
    assert after > before


def publish(monkeypatch: pytest.MonkeyPatch, year: int, *off: date) -> None:
    """A State Council notice comes out: the table of years now has one more."""
    notice = Year("a notice", "1", "", frozenset(off), frozenset())
    table = Calendar({**load_calendar().years, year: notice})
    monkeypatch.setattr(limit, "load", lambda: table)


def refund(platform: Platform, project: UUID) -> DutyRow:
    with platform.read() as session:
        [row] = [row for row in duties(session, project) if row.subject == "deposit:a"]
    return row


UNKNOWN = datetime(2031, 3, 3, 1, 0, tzinfo=UTC)  # a Monday of a year that has no notice


def test_a_year_published_later_makes_a_limit_certain_even_where_no_day_moves(
    platform: Platform, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.moment = UNKNOWN
    project, ended = a_contract(platform, "a"), a_contract(platform, "a")
    platform.perform(REFUND, SYSTEM, ended, subject="a")
    for each in (project, ended):
        patrol(platform, each)
        assert refund(platform, each).provisional
    publish(monkeypatch, 2031)
    for each in (project, ended):
        assert patrol(platform, each, "deposit_refund_contract") == ["duty.recount"]
        assert patrol(platform, each) == []
        assert not refund(platform, each).provisional
    assert refund(platform, ended).state == "closed"


def test_a_limit_that_moves_on_takes_its_cards_back_and_shows_them_when_due(
    platform: Platform, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.moment = UNKNOWN
    project = a_contract(platform, "a")
    rule = "deposit_refund_contract"
    clock.moment = UNKNOWN + 8 * DAY
    assert patrol(platform, project, rule) == ["duty.open", "duty.warn", "duty.breach"]
    publish(monkeypatch, 2031, *(date(2031, 3, 4) + DAY * n for n in range(14)))
    assert patrol(platform, project, rule) == ["duty.recount"]
    row = refund(platform, project)
    assert (row.state, row.warned_at, row.breached_at) == ("open", None, None)
    clock.moment = UNKNOWN + 30 * DAY
    assert patrol(platform, project, rule) == ["duty.warn", "duty.breach"]
    assert refund(platform, project).state == "breached"


def test_an_end_that_a_published_year_finds_late_is_late(
    platform: Platform, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.moment = datetime(2031, 3, 4, 1, 0, tzinfo=UTC)
    project = a_contract(platform, "a")
    clock.moment = datetime(2031, 3, 10, 1, 0, tzinfo=UTC)  # five days end on Sunday, so on Monday
    platform.perform(REFUND, SYSTEM, project, subject="a")
    patrol(platform, project)
    assert refund(platform, project).state == "closed"
    notice = Year("a notice", "1", "", frozenset(), frozenset({date(2031, 3, 8), date(2031, 3, 9)}))
    table = Calendar({**load_calendar().years, 2031: notice})
    monkeypatch.setattr(limit, "load", lambda: table)
    assert patrol(platform, project, "deposit_refund_contract") == ["duty.recount"]
    assert refund(platform, project).state == "closed_late"


def test_nothing_is_counted_again_where_the_law_gives_the_same(platform: Platform) -> None:
    project = a_contract(platform, "a")
    owed = Owed(WORKS, "works.deposit_refund_contract", "deposit:a", START)
    platform.perform(OPEN["open"], SYSTEM, project, owed=owed)
    with pytest.raises(Conflict):
        platform.perform(OPEN["recount"], SYSTEM, project, owed=owed)
