"""Questions without authors, clarifications that move the deadline by the rule, downloads unseen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from monitor.clock import MovableClock
from monitor.law.workday import SHANGHAI
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly, TooLate
from monitor.role import Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import an_actor
from tests.trading.projects import DAY, TEXT, an_announced_trade, an_issued_trade
from trading.notice.addendum import (
    Change,
    addenda,
    answer,
    ask,
    clarify,
    questions,
    tender_digest,
)
from trading.notice.document import document_of
from trading.notice.download import Download, download
from trading.notice.progress import deadline_of

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 9:00 in Beijing
SECOND = timedelta(seconds=1)
AFFECTS = Change("工程量清单修正", "第3项数量由10改为12", affects_bids=True)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def platform(database: Addresses, clock: MovableClock) -> Iterator[Platform]:
    platform = Platform(database.app_url, clock)
    yield platform
    platform.close()


def a_bidder(platform: Platform, mask: str = "p-1") -> Actor:
    return an_actor(platform, Role.TENDERER, mask=mask)


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


def test_a_change_fifteen_days_before_the_deadline_moves_nothing(
    platform: Platform, clock: MovableClock
) -> None:
    trade = an_issued_trade(platform)  # issued 2 March, deadline Friday 27 March 9:00
    clock.moment = beijing("03-12T23:59:59")
    platform.perform(clarify, trade.owner, trade.id, change=AFFECTS)
    with platform.read() as session:
        assert deadline_of(session, trade.id) == beijing("03-27T09:00")
        [addendum] = addenda(session, trade.id)
    assert addendum.deadline_after == addendum.deadline_before


def test_one_second_later_it_moves_the_deadline_to_the_same_hour_of_the_next_working_day(
    platform: Platform, clock: MovableClock
) -> None:
    trade = an_issued_trade(platform)
    clock.moment = beijing("03-13T00:00:00")
    platform.perform(clarify, trade.owner, trade.id, change=AFFECTS)
    with platform.read() as session:
        # fifteen days from 13 March end on Saturday 28 March, so on Monday
        assert deadline_of(session, trade.id) == beijing("03-30T09:00")
        seen = timeline(session, trade.id, VISITOR)[-1].facts
    assert set(seen["rules"]) == {"works.clarification_lead"}
    assert seen["facts"]["deadline_before"] == "2026-03-27T01:00:00.000000Z"
    assert seen["facts"]["deadline_after"] == "2026-03-30T01:00:00.000000Z"


def test_one_that_affects_no_bid_moves_nothing_however_late(
    platform: Platform, clock: MovableClock
) -> None:
    trade = an_issued_trade(platform)
    clock.moment = beijing("03-26T09:00")
    harmless = replace(AFFECTS, affects_bids=False)
    platform.perform(clarify, trade.owner, trade.id, change=harmless)
    with platform.read() as session:
        assert deadline_of(session, trade.id) == beijing("03-27T09:00")


def test_an_owner_may_give_more_time_but_not_less_than_the_rule_nor_take_time_back(
    platform: Platform, clock: MovableClock
) -> None:
    trade = an_issued_trade(platform)
    clock.moment = beijing("03-20T09:00")
    for day, refusal in (("04-03T09:00", TooEarly), ("03-26T09:00", Invalid)):
        proposed = replace(AFFECTS, deadline=beijing(day))
        with pytest.raises(refusal) as refused:
            platform.perform(clarify, trade.owner, trade.id, change=proposed)
        assert refused.value.field == "deadline"
    with platform.read() as session:
        assert deadline_of(session, trade.id) == beijing("03-27T09:00")
    generous = replace(AFFECTS, deadline=beijing("04-20T10:00"))
    platform.perform(clarify, trade.owner, trade.id, change=generous)
    with platform.read() as session:
        assert deadline_of(session, trade.id) == beijing("04-20T10:00")


def test_procurement_has_its_own_rule_for_the_same_move(
    platform: Platform, clock: MovableClock
) -> None:
    trade = an_issued_trade(platform, "procurement", "goods")
    clock.moment = beijing("03-20T09:00")
    platform.perform(clarify, trade.owner, trade.id, change=AFFECTS)
    with platform.read() as session:
        seen = timeline(session, trade.id, VISITOR)[-1].facts
    assert set(seen["rules"]) == {"procurement.clarification_lead"}


def test_after_the_deadline_nothing_is_clarified_asked_or_answered(
    platform: Platform, clock: MovableClock
) -> None:
    trade, bidder = an_issued_trade(platform), a_bidder(platform)
    question = platform.perform(ask, bidder, trade.id, text="工期如何计算？")
    clock.moment = beijing("03-27T09:00") + SECOND
    with pytest.raises(TooLate):
        platform.perform(clarify, trade.owner, trade.id, change=AFFECTS)
    with pytest.raises(TooLate):
        platform.perform(ask, bidder, trade.id, text="还有问题")
    with pytest.raises(TooLate):
        platform.perform(answer, trade.owner, trade.id, questions=(question,), text="见附件")


def test_what_a_bid_is_bound_to_changes_with_every_addendum(platform: Platform) -> None:
    trade = an_issued_trade(platform)

    def digest() -> bytes:
        with platform.read() as session:
            return tender_digest(session, trade.id)

    first = digest()
    platform.perform(clarify, trade.owner, trade.id, change=AFFECTS)
    second = digest()
    platform.perform(clarify, trade.owner, trade.id, change=replace(AFFECTS, resubmit=True))
    assert len({first, second, digest()}) == 3
    with platform.read() as session:
        seen = timeline(session, trade.id, VISITOR)[-1].facts
        assert [row.number for row in addenda(session, trade.id)] == [1, 2]
    assert seen["facts"]["tender"] == digest().hex()


def test_there_is_nothing_to_bind_to_before_the_documents_are_out(platform: Platform) -> None:
    trade = an_announced_trade(platform)
    with platform.read() as session, pytest.raises(NotFound):
        tender_digest(session, trade.id)


def test_a_question_is_answered_to_all_and_nobody_learns_who_asked(platform: Platform) -> None:
    trade, bidder = an_issued_trade(platform), a_bidder(platform, "p-secret")
    question = platform.perform(ask, bidder, trade.id, text="工期如何计算？")
    with platform.read() as session:
        [asked] = questions(session, trade.id)
        audiences = [a for a in Audience if a is not Audience.PARTY]
        seen = [timeline(session, trade.id, Viewer(audience)) for audience in audiences]
        mine = timeline(session, trade.id, Viewer(Audience.PUBLIC, masks=frozenset({"p-secret"})))
    assert (asked.text, asked.answer) == ("工期如何计算？", None)
    assert not hasattr(asked, "mask")
    assert all("p-secret" not in row.body.decode() for rows in seen for row in rows)
    assert any(row.facts["action"] == "question.ask" for row in mine)
    assert all(str(bidder.person) not in row.body.decode() for row in mine)
    addendum = platform.perform(
        answer, trade.owner, trade.id, questions=(question,), text="自开工令之日起算"
    )
    with platform.read() as session:
        [asked] = questions(session, trade.id)
        public = timeline(session, trade.id, VISITOR)[-1].facts
    assert asked.answer == addendum
    assert public["facts"]["questions"] == [str(question)]


def test_a_question_is_answered_once_and_in_its_own_project(platform: Platform) -> None:
    trade, other = an_issued_trade(platform), an_issued_trade(platform)
    question = platform.perform(ask, a_bidder(platform), trade.id, text="问")
    with pytest.raises(NotFound):
        platform.perform(answer, other.owner, other.id, questions=(question,), text="答")
    with pytest.raises(Invalid):
        platform.perform(answer, trade.owner, trade.id, questions=(), text="答")
    platform.perform(answer, trade.owner, trade.id, questions=(question,), text="答")
    with pytest.raises(Conflict):
        platform.perform(answer, trade.owner, trade.id, questions=(question,), text="再答")


def test_a_bidder_clarifies_nothing_and_an_owner_asks_nothing(platform: Platform) -> None:
    trade = an_issued_trade(platform)
    with pytest.raises(NotAllowed):
        platform.perform(clarify, a_bidder(platform), trade.id, change=AFFECTS)
    with pytest.raises(NotAllowed):
        platform.perform(ask, trade.owner, trade.id, text="问")


def test_an_empty_or_endless_question_is_refused(platform: Platform) -> None:
    trade, bidder = an_issued_trade(platform), a_bidder(platform)
    for text in ("", " ", "问" * 5001):
        with pytest.raises(Invalid) as refused:
            platform.perform(ask, bidder, trade.id, text=text)
        assert refused.value.field == "text"


def test_whoever_downloads_gets_everything_and_stays_unseen(platform: Platform) -> None:
    trade, bidder = an_issued_trade(platform), a_bidder(platform, "p-down")
    platform.perform(clarify, trade.owner, trade.id, change=AFFECTS)
    digests = platform.perform(download, bidder, trade.id)
    assert digests[0] == TEXT
    with platform.read() as session:
        assert digests[1:] == [row.digest for row in addenda(session, trade.id)]
        document = document_of(session, trade.id)
        assert document is not None
        rows = session.scalars(select(Download).where(Download.document == document.id)).all()
        for audience in (Audience.PUBLIC, Audience.OWNER, Audience.CENTRE, Audience.INSPECTOR):
            seen = timeline(session, trade.id, Viewer(audience))
            assert "document.download" not in {row.facts["action"] for row in seen}
    assert [(row.mask, row.addenda) for row in rows] == [("p-down", 1)]


def test_a_download_needs_a_pseudonym_and_the_time_announced(
    platform: Platform, clock: MovableClock
) -> None:
    trade, bidder = an_issued_trade(platform), a_bidder(platform)
    with pytest.raises(NotAllowed):
        platform.perform(download, an_actor(platform, Role.TENDERER), trade.id)
    clock.moment = START + 9 * DAY
    platform.perform(download, bidder, trade.id)
    clock.moment += SECOND
    with pytest.raises(TooLate):
        platform.perform(download, bidder, trade.id)


def test_there_is_nothing_to_download_before_the_issue(platform: Platform) -> None:
    trade = an_announced_trade(platform)
    with pytest.raises(NotFound):
        platform.perform(download, a_bidder(platform), trade.id)
