"""Notices and documents: what they must say, on dates that the law allows, the same everywhere."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, TooEarly, WrongStage
from monitor.role import Role
from monitor.runtime.database import Addresses
from tests.builders import an_actor
from tests.trading.projects import (
    DAY,
    Trade,
    a_draft,
    a_registered_trade,
    an_accepted_trade,
    an_announced_trade,
    an_issue,
    an_issued_trade,
)
from trading.notice.clause import Manner
from trading.notice.document import Terms, document_of, issue
from trading.notice.field import check_fields, lint, required
from trading.notice.notice import (
    Carriage,
    Draft,
    NoticeKind,
    carry,
    current_notice,
    publish,
)
from trading.registration.project import sections

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 9:00 in Beijing


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


@pytest.fixture(scope="module")
def refused_trades(database: Addresses) -> tuple[Trade, Trade]:
    """An accepted and an announced trade for acts that leave them as they are."""
    platform = Platform(database.app_url, MovableClock(START))
    trades = an_accepted_trade(platform), an_announced_trade(platform)
    platform.close()
    return trades


def test_a_notice_is_public_and_carries_the_digest_of_its_text(platform: Platform) -> None:
    trade = an_announced_trade(platform)
    with platform.read() as session:
        notice = current_notice(session, trade.id)
        assert notice is not None
        seen = timeline(session, trade.id, VISITOR)[-1].facts
    assert seen["action"] == "notice.publish"
    assert seen["facts"]["digest"] == notice.digest.hex()
    assert {"works.bid_preparation", "works.document_supply"} <= set(seen["rules"])


@pytest.mark.parametrize("category", ["works", "procurement", "land", "property", "other"])
def test_each_required_field_is_required(category: str) -> None:
    fields = dict.fromkeys(required(category), "详见")
    check_fields(category, fields)
    for key in fields:
        rest = {other: text for other, text in fields.items() if other != key}
        with pytest.raises(Invalid) as refused:
            check_fields(category, rest)
        assert refused.value.field == f"fields.{key}"


def test_procurement_must_show_budget_and_ceiling_and_nobody_a_minimum_price() -> None:
    assert {"budget", "ceiling"} <= set(required("procurement"))
    fields = dict.fromkeys(required("works"), "详见")
    with pytest.raises(Invalid):
        check_fields("works", {**fields, "minimum_price": "1"})
    assert [found.key for found in lint({"other": "本项目设最低投标限价500万元"})] == ["floor"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("投标人须在本市注册", "region"),
        ("获得鲁班奖的加5分", "award"),
        ("限定某某牌以外不接受，指定甲品牌", "brand"),
        ("注册资本不低于5000万元", "size"),
        ("仅限国有企业", "ownership"),
        ("须在当地设立分公司", "branch"),
    ],
)
def test_words_that_may_discriminate_are_pointed_out(text: str, key: str) -> None:
    assert key in {found.key for found in lint({"qualification": text})}
    assert lint({"qualification": "具备建筑工程施工总承包三级及以上资质"}) == []


def test_a_discriminating_notice_is_published_with_its_warning(platform: Platform) -> None:
    trade = an_accepted_trade(platform)
    draft = a_draft(platform.clock.now(), fields={"qualification": "投标人须在本市注册"})
    platform.perform(publish, trade.owner, trade.id, draft=draft)
    with platform.read() as session:
        seen = timeline(session, trade.id, VISITOR)[-1].facts
    assert seen["facts"]["warnings"] == ["region"]


def test_nothing_is_announced_before_the_centre_has_accepted(platform: Platform) -> None:
    trade = a_registered_trade(platform)
    with pytest.raises(WrongStage):
        platform.perform(publish, trade.owner, trade.id, draft=a_draft(platform.clock.now()))


def test_a_stranger_announces_nothing(platform: Platform) -> None:
    trade = an_accepted_trade(platform)
    stranger = an_actor(platform, Role.TENDEREE)
    with pytest.raises(NotAllowed):
        platform.perform(publish, stranger, trade.id, draft=a_draft(platform.clock.now()))


def test_the_deadline_is_at_least_twenty_days_after_the_issue(platform: Platform) -> None:
    trade = an_accepted_trade(platform)
    # twenty days from Monday 2 March end on Sunday 22 March, so on Monday
    midnight = datetime(2026, 3, 22, 16, tzinfo=UTC)
    lawful = replace(a_draft(START), deadline=midnight)
    early = replace(lawful, deadline=midnight - timedelta(seconds=1))
    with pytest.raises(TooEarly) as refused:
        platform.perform(publish, trade.owner, trade.id, draft=early)
    told = (refused.value.rule, refused.value.field)
    assert told == ("works.bid_preparation", "deadline")
    platform.perform(publish, trade.owner, trade.id, draft=lawful)


def test_documents_are_supplied_for_at_least_five_days(platform: Platform) -> None:
    trade = an_accepted_trade(platform)
    now = platform.clock.now()
    with pytest.raises(TooEarly) as refused:
        platform.perform(publish, trade.owner, trade.id, draft=a_draft(now, supply_days=4))
    assert (refused.value.rule, refused.value.field) == ("works.document_supply", "supply_until")


@pytest.mark.parametrize(
    "wrong",
    [
        {"supply_from": START - DAY},
        {"supply_until": START},
        {"deadline": START},
        {"title": " "},
        {"media": ()},
        {"media": ("centre",)},
        {"media": ("cebpub", "wall newspaper")},
        {"media": ("cebpub", "cebpub")},
    ],
)
def test_a_draft_with_wrong_dates_title_or_media_is_refused(
    platform: Platform, refused_trades: tuple[Trade, Trade], wrong: dict[str, object]
) -> None:
    trade, _ = refused_trades
    draft: Draft = replace(a_draft(platform.clock.now()), **wrong)  # type: ignore[arg-type]
    with pytest.raises(Invalid) as refused:
        platform.perform(publish, trade.owner, trade.id, draft=draft)
    assert refused.value.field in {"supply_from", "title", "media"}


def test_a_second_notice_is_a_correction_and_none_comes_after_the_documents(
    platform: Platform,
) -> None:
    trade = an_announced_trade(platform)
    now = platform.clock.now()
    with pytest.raises(Conflict):
        platform.perform(publish, trade.owner, trade.id, draft=a_draft(now))
    correction = a_draft(now, kind=NoticeKind.CORRECTION, deadline_days=30)
    platform.perform(publish, trade.owner, trade.id, draft=correction)
    with platform.read() as session:
        notice = current_notice(session, trade.id)
    assert notice is not None
    assert (notice.number, notice.deadline) == (2, now + 30 * DAY)
    platform.perform(issue, trade.owner, trade.id, issue=an_issue(platform, trade))
    with pytest.raises(Conflict, match="clarification"):
        platform.perform(publish, trade.owner, trade.id, draft=correction)


def test_a_medium_with_another_text_is_a_recorded_fact(platform: Platform) -> None:
    trade = an_announced_trade(platform)
    with platform.read() as session:
        notice = current_notice(session, trade.id)
    assert notice is not None

    def found(medium: str, digest: bytes) -> bool:
        return platform.perform(
            carry, trade.centre, trade.id, notice=notice.id, medium=medium, digest=digest
        )

    assert found("centre", notice.digest)
    assert not found("cebpub", bytes(32))
    with pytest.raises(NotFound):
        found("ccgp", notice.digest)
    with platform.read() as session:
        rows = session.scalars(select(Carriage).where(Carriage.notice == notice.id)).all()
    assert {row.medium: row.identical for row in rows} == {"centre": True, "cebpub": False}


def test_issued_documents_take_the_dates_of_the_notice_and_a_generated_clause(
    platform: Platform,
) -> None:
    trade = an_issued_trade(platform)
    with platform.read() as session:
        document = document_of(session, trade.id)
        notice = current_notice(session, trade.id)
        [row] = sections(session, trade.id)
    assert document is not None
    assert notice is not None
    assert (document.deadline, document.supply_until) == (notice.deadline, notice.supply_until)
    assert "30分钟" in document.clause
    assert "at least 3 of 5 trustees" in document.clause
    assert row.deposit_fen == row.estimate_fen // 100


def test_documents_issued_later_than_announced_are_counted_from_then(platform: Platform) -> None:
    trade = an_announced_trade(platform)
    assert isinstance(platform.clock, MovableClock)
    platform.clock.moment += 6 * DAY
    with pytest.raises(TooEarly) as refused:
        platform.perform(issue, trade.owner, trade.id, issue=an_issue(platform, trade))
    assert refused.value.rule == "works.bid_preparation"


def test_documents_are_not_issued_before_the_time_announced(platform: Platform) -> None:
    trade = an_accepted_trade(platform)
    later = a_draft(platform.clock.now() + DAY)
    platform.perform(publish, trade.owner, trade.id, draft=later)
    with pytest.raises(TooEarly, match="announced"):
        platform.perform(issue, trade.owner, trade.id, issue=an_issue(platform, trade))


def test_documents_come_after_a_notice_and_once(platform: Platform) -> None:
    bare = an_accepted_trade(platform)
    with pytest.raises(WrongStage):
        platform.perform(issue, bare.owner, bare.id, issue=an_issue(platform, bare))
    trade = an_issued_trade(platform)
    with pytest.raises(Conflict):
        platform.perform(issue, trade.owner, trade.id, issue=an_issue(platform, trade))


def test_a_deposit_of_two_percent_stands_and_one_fen_more_does_not(platform: Platform) -> None:
    trade = an_announced_trade(platform)
    with platform.read() as session:
        [row] = sections(session, trade.id)
    two = row.estimate_fen * 2 // 100
    wrong = an_issue(platform, trade, terms={row.id: Terms(two + 1)})
    with pytest.raises(Invalid) as refused:
        platform.perform(issue, trade.owner, trade.id, issue=wrong)
    assert refused.value.rule == "works.deposit_share"
    lawful = an_issue(platform, trade, terms={row.id: Terms(two)})
    platform.perform(issue, trade.owner, trade.id, issue=lawful)


def test_a_procurement_ceiling_lies_within_the_budget(platform: Platform) -> None:
    trade = an_announced_trade(platform, "procurement", "goods")
    with platform.read() as session:
        [row] = sections(session, trade.id)
    over = an_issue(platform, trade, terms={row.id: Terms(0, row.estimate_fen + 1)})
    with pytest.raises(Invalid) as refused:
        platform.perform(issue, trade.owner, trade.id, issue=over)
    assert refused.value.rule == "procurement.price_ceiling"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"digest": b"short"}, "digest"),
        ({"size": 0}, "digest"),
        ({"name": ""}, "name"),
        ({"window_minutes": 0}, "window_minutes"),
        ({"manner": Manner.TRUSTEES}, "window_minutes"),
        ({"validity_days": 0}, "validity_days"),
        ({"terms": {}}, "terms"),
        ({"terms": {UUID(int=1): Terms(0)}}, "terms"),
        ({"trustees": b"{}"}, "trustees"),
        ({"trustees": b"not json"}, "trustees"),
    ],
)
def test_wrong_terms_are_refused_by_name(
    platform: Platform,
    refused_trades: tuple[Trade, Trade],
    changed: dict[str, object],
    field: str,
) -> None:
    _, trade = refused_trades
    wrong = an_issue(platform, trade, **changed)
    with pytest.raises(Invalid) as refused:
        platform.perform(issue, trade.owner, trade.id, issue=wrong)
    assert refused.value.field == field


def test_where_trustees_alone_open_the_clause_asks_nothing_of_bidders(platform: Platform) -> None:
    trade = an_announced_trade(platform)
    alone = an_issue(platform, trade, manner=Manner.TRUSTEES, window_minutes=0)
    platform.perform(issue, trade.owner, trade.id, issue=alone)
    with platform.read() as session:
        document = document_of(session, trade.id)
    assert document is not None
    assert "bidders do nothing" in document.clause
