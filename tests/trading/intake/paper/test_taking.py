"""What the record keeps of a paper: that it was read, who confirmed what, and nothing for others."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.record.table import Opening
from monitor.refusal import Conflict, Invalid, NotAllowed, NotFound, Refusal, WrongStage
from monitor.role import NOBODY, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import an_actor
from trading.intake.finding import Finding, Severity
from trading.intake.paper.handover import give
from trading.intake.paper.price import PriceTable
from trading.intake.paper.proposal import FIELDS, Paper, Proposed
from trading.intake.paper.shown import box_of, shown
from trading.intake.paper.taken import TakenPaper, changed, held_papers, own_paper
from trading.intake.paper.taking import Taken, confirm, put_aside, read, take_up
from trading.intake.paper.value import NAMES, breaches, check, told
from trading.intake.pdf.grid import Grid
from trading.intake.pdf.page import Box
from trading.intake.pdf.trouble import Trouble

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAYS = count(1)
AT = datetime(2026, 4, 20, 1, 30, tzinfo=UTC)
BOX = Box(1, 100.25, 200.5, 180.0, 212.75)
VALUES: dict[str, Any] = {
    "name": "某县体育馆", "category": "works", "budget_fen": 500_000_000, "deadline": AT,
}  # fmt: skip
TICKED = ("name", "category", "budget", "deadline", "ceiling")


GRID = Grid(("名称", "预算金额（元）"), (("课桌", "100"), ("椅子", "50")), (BOX,))
TABLE = PriceTable(GRID.head, GRID.rows)


def a_paper(prices: Grid | None = None) -> Paper:
    plain = Finding("", Severity.READ, "found", "照原文读取 / as printed")
    fields = tuple(
        Proposed(name, VALUES.get(name), BOX if name in VALUES else None, (plain,))
        for name in FIELDS
    )
    return Paper("公告", None, fields, prices, (), (), 3, (1, 2, 3))


TAKEN = Taken(hashlib.sha256(b"file").digest(), 4, 3, "公告", shown(a_paper()))
CONFIRMED = {"name": "某县体育馆", "category": "works", "budget": 500_000_000, "deadline": AT}


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START + timedelta(days=next(DAYS))))
    yield platform
    platform.close()


@pytest.fixture
def owner(platform: Platform) -> Actor:
    return an_actor(platform, Role.TENDEREE)


def taken(platform: Platform, actor: Actor) -> UUID:
    return UUID(platform.perform(read, actor, None, taken=TAKEN)["paper"])


def kept(platform: Platform, paper: UUID, actor: Actor) -> TakenPaper:
    with platform.read() as session:
        return own_paper(session, paper, actor)


def bodies(platform: Platform, action: str) -> list[dict[str, Any]]:
    """Every record of an action, the newest last."""
    with platform.read() as session:
        found = [json.loads(each) for each in session.scalars(select(Opening.body))]
    return sorted((one for one in found if one["action"] == action), key=lambda one: one["id"])


def test_a_reading_is_on_record_by_digest_size_and_pages_but_not_by_its_values(
    platform: Platform, owner: Actor
) -> None:
    paper = taken(platform, owner)
    body = bodies(platform, "paper.read")[-1]
    assert body["facts"] == {
        "sha256": TAKEN.digest.hex(), "size": 4, "pages": 3, "finding": "",
    }  # fmt: skip
    assert body["subject"] == str(paper)
    assert "某县体育馆" not in json.dumps(body, ensure_ascii=False)
    row = kept(platform, paper, owner)
    assert row.proposed["fields"]["budget"]["value"] == "500000000"
    assert box_of(row.proposed["fields"]["name"]) == BOX
    assert row.confirmed is None


@pytest.mark.parametrize("trouble", [Trouble.NO_TEXT, Trouble.UNPACKS_TOO_LARGE])
def test_a_file_that_was_not_read_is_refused_and_the_record_says_which_and_why(
    platform: Platform, owner: Actor, trouble: Trouble
) -> None:
    refused = replace(TAKEN, pages=0, trouble=trouble.value, words="为何 / why")
    with pytest.raises(Invalid) as caught:
        platform.perform(read, owner, None, taken=refused)
    assert (caught.value.field, caught.value.rule) == ("file", f"pdf.{trouble.value}")
    body = bodies(platform, "paper.read")[-1]
    assert body["outcome"]["refused"] == "invalid"
    assert body["facts"]["sha256"] == TAKEN.digest.hex()
    assert body["facts"]["finding"] == trouble.value
    with platform.read() as session:
        rows = session.scalars(select(TakenPaper).where(TakenPaper.org == owner.org)).all()
    assert rows == []


def test_what_was_confirmed_changed_and_left_out_is_told_by_name(
    platform: Platform, owner: Actor
) -> None:
    paper = taken(platform, owner)
    values = {"name": "某县体育中心", "category": "works", "ceiling": 1, "deadline": AT}
    platform.perform(confirm, owner, None, paper=paper, values=values, compared=TICKED)
    facts = bodies(platform, "paper.confirm")[-1]["facts"]
    assert facts == {
        "sha256": TAKEN.digest.hex(),
        "confirmed": ["category", "ceiling", "deadline", "name"],
        "changed": ["ceiling", "name"],
        "left_out": ["budget"],
    }
    row = kept(platform, paper, owner)
    assert row.confirmed == {
        "name": "某县体育中心", "category": "works", "ceiling": "1",
        "deadline": "2026-04-20T09:30+08:00",
    }  # fmt: skip
    assert sorted(changed(row)) == ["ceiling", "name"]


def test_a_value_that_nobody_compared_does_not_count(platform: Platform, owner: Actor) -> None:
    paper = taken(platform, owner)
    ticked = tuple(name for name in TICKED if name != "budget")
    with pytest.raises(Invalid) as caught:
        platform.perform(confirm, owner, None, paper=paper, values=CONFIRMED, compared=ticked)
    assert (caught.value.field, caught.value.rule) == ("budget", "paper.compare")
    assert kept(platform, paper, owner).confirmed is None


def test_nobody_confirms_or_sees_the_paper_of_another_organisation(
    platform: Platform, owner: Actor
) -> None:
    paper, rival = taken(platform, owner), an_actor(platform, Role.TENDEREE)
    with pytest.raises(NotFound):
        platform.perform(confirm, rival, None, paper=paper, values=CONFIRMED, compared=TICKED)
    with pytest.raises(NotFound):
        kept(platform, paper, rival)
    with platform.read() as session:
        for viewer in (VISITOR, *(Viewer(each, rival.org) for each in Audience)):
            seen = {one.facts["subject"] for one in timeline(session, NOBODY, viewer)}
            assert str(paper) not in seen, viewer
        own = timeline(session, NOBODY, Viewer(Audience.PARTY, owner.org))
    assert str(paper) in {one.facts["subject"] for one in own}


@pytest.mark.parametrize("role", [Role.TENDERER, Role.EXPERT, Role.FINANCE, Role.DEPARTMENT])
def test_only_staff_may(platform: Platform, role: Role) -> None:
    with pytest.raises(NotAllowed):
        platform.perform(read, an_actor(platform, role), None, taken=TAKEN)


def confirmed(platform: Platform, actor: Actor) -> UUID:
    """A paper with a table of prices, confirmed as it was read."""
    priced = replace(TAKEN, proposed=shown(a_paper(GRID)))
    paper = UUID(platform.perform(read, actor, None, taken=priced)["paper"])
    ticked = (*TICKED, "prices")
    platform.perform(
        confirm, actor, None, paper=paper, values=CONFIRMED, compared=ticked, prices=TABLE
    )
    return paper


def test_a_table_of_prices_is_kept_as_it_was_confirmed_and_a_mended_cell_is_told(
    platform: Platform, owner: Actor
) -> None:
    paper = confirmed(platform, owner)
    assert kept(platform, paper, owner).table == TABLE
    facts = bodies(platform, "paper.confirm")[-1]["facts"]
    assert (facts["confirmed"][-1], facts["changed"], facts["left_out"]) == ("prices", [], [])
    mended = PriceTable(TABLE.head, (("课桌", "120"), ("椅子", "50")))
    platform.perform(
        confirm, owner, None, paper=paper, values=CONFIRMED, compared=(*TICKED, "prices"),
        prices=mended,
    )  # fmt: skip
    assert kept(platform, paper, owner).table == mended
    assert bodies(platform, "paper.confirm")[-1]["facts"]["changed"] == ["prices"]
    platform.perform(confirm, owner, None, paper=paper, values=CONFIRMED, compared=TICKED)
    assert bodies(platform, "paper.confirm")[-1]["facts"]["left_out"] == ["prices"]
    with pytest.raises(Invalid) as caught:
        platform.perform(
            confirm, owner, None, paper=paper, values=CONFIRMED, compared=TICKED, prices=TABLE
        )
    assert (caught.value.field, caught.value.rule) == ("prices", "paper.compare")


def test_a_confirmed_paper_is_given_on_and_found_by_whom_it_was_given_to_and_no_other(
    platform: Platform, owner: Actor
) -> None:
    clerk, rival = an_actor(platform, Role.CENTRE), an_actor(platform, Role.TENDEREE)
    paper = confirmed(platform, clerk)
    with pytest.raises(NotFound):
        kept(platform, paper, owner)
    platform.perform(give, clerk, None, paper=paper, organisation=owner.org)
    assert kept(platform, paper, owner).confirmed == kept(platform, paper, clerk).confirmed
    with platform.read() as session:
        assert [one.row.id for one in held_papers(session, owner) if one.given_at] == [paper]
        assert held_papers(session, rival) == []
        told = timeline(session, NOBODY, Viewer(Audience.PARTY, owner.org))
    assert {"paper.give"} == {
        one.facts["action"] for one in told if one.facts.get("subject") == str(paper)
    }
    for stranger in (rival, an_actor(platform, Role.AGENCY)):
        with pytest.raises(NotFound):
            platform.perform(give, stranger, None, paper=paper, organisation=stranger.org)
        with pytest.raises(NotFound):
            platform.perform(put_aside, stranger, None, paper=paper)
    with pytest.raises(Conflict):
        platform.perform(give, clerk, None, paper=paper, organisation=owner.org)
    with pytest.raises(Invalid) as caught:
        platform.perform(
            give, clerk, None, paper=paper, organisation=an_actor(platform, Role.TENDERER).org
        )
    assert (caught.value.field, caught.value.rule) == ("organisation", "paper.give")
    platform.perform(confirm, owner, None, paper=paper, values=CONFIRMED, compared=TICKED)


def test_what_nobody_confirmed_is_not_given_on(platform: Platform, owner: Actor) -> None:
    clerk = an_actor(platform, Role.CENTRE)
    paper = taken(platform, clerk)
    with pytest.raises(WrongStage):
        platform.perform(give, clerk, None, paper=paper, organisation=owner.org)


def test_what_is_put_aside_begins_nothing_and_is_taken_up_as_it_was(
    platform: Platform, owner: Actor
) -> None:
    paper = confirmed(platform, owner)
    before = kept(platform, paper, owner).confirmed
    with pytest.raises(WrongStage):
        platform.perform(take_up, owner, None, paper=paper)
    platform.perform(put_aside, owner, None, paper=paper)
    with pytest.raises(WrongStage):
        platform.perform(confirm, owner, None, paper=paper, values=CONFIRMED, compared=TICKED)
    with pytest.raises(WrongStage):
        platform.perform(give, owner, None, paper=paper, organisation=owner.org)
    with pytest.raises(WrongStage):
        platform.perform(put_aside, owner, None, paper=paper)
    platform.perform(take_up, owner, None, paper=paper)
    row = kept(platform, paper, owner)
    assert (row.confirmed, row.aside_at) == (before, None)


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "a works code of 19 places": (
        {"category": "works", "code": "E350601060110071700"},
        "code",
        "公共资源交易平台系统数据规范 V2.0",
    ),
    "no such category": ({"category": "gold"}, "category", "catalogue.toml"),
    "a region of five figures": ({"region": "35060"}, "region", "GB/T 2260"),
    "a region of other figures": ({"region": "３５０６０１"}, "region", "GB/T 2260"),
    "a budget of nothing": ({"budget": 0}, "budget", "paper.amount"),
    "a deadline before the supply ends": (
        {"sale_until": AT, "deadline": AT - timedelta(days=1)},
        "deadline",
        "招标投标法 24",
    ),
    "a supply that ends before it begins": (
        {"sale_from": AT, "sale_until": AT - timedelta(hours=1)},
        "sale_until",
        "招标投标法 24",
    ),
    "an opening before the deadline": (
        {"deadline": AT, "opening": AT - timedelta(minutes=1)},
        "opening",
        "招标投标法 24",
    ),
    "a field there is not": ({"colour": "red"}, "colour", "paper.field"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_cannot_be_is_refused_by_field_and_rule(name: str) -> None:
    values, field, rule = WRONG[name]
    with pytest.raises(Refusal) as caught:
        check(values)
    assert (caught.value.field, caught.value.rule) == (field, rule)


def test_values_that_can_be_pass_and_what_the_law_breaks_is_only_pointed_at() -> None:
    given: dict[str, Any] = CONFIRMED | {
        "method": "公开招标", "deposit": 10_000_001, "sale_from": AT - timedelta(days=10),
    }  # fmt: skip
    check(given)
    found = {one.field: one.rule for one in breaches(given)}
    assert "works.deposit_share" in found["deposit_fen"]
    assert "works.bid_preparation" in found["deadline"]
    assert breaches(CONFIRMED) == []


def test_every_field_has_its_name_and_every_value_its_text() -> None:
    assert set(NAMES) == set(shown(a_paper())["fields"])
    assert [told(None), told(5), told(AT), told("甲")] == ["", "5", "2026-04-20T09:30+08:00", "甲"]
