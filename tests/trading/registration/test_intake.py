"""Intake: one owner, one complete list of defects, and nothing accepted that is incomplete."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import pytest
from sqlalchemy import select

from monitor.clock import MovableClock
from monitor.record.disclosure import VISITOR, timeline
from monitor.record.platform import Platform
from monitor.refusal import Conflict, Invalid, NotAllowed, WrongStage
from monitor.role import Role
from monitor.runtime.database import Addresses
from tests.builders import a_standing, an_actor, an_organisation, who_stands
from tests.trading.projects import (
    a_code,
    a_filing,
    a_registered_trade,
    an_accepted_trade,
    an_announced_trade,
)
from trading.money import FEN
from trading.notice.progress import confirm_stage, stage_of
from trading.registration.intake import accept, register, resubmit, return_defects
from trading.registration.party import Kind
from trading.registration.project import (
    Intake,
    Lot,
    found_project,
    rules_for,
    sections,
    trade_of,
)
from trading.registration.stage import Stage

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAYS = count(1)


@pytest.fixture
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START + timedelta(days=next(DAYS))))
    yield platform
    platform.close()


def test_a_filed_project_has_its_sections_its_verdict_and_its_parties(platform: Platform) -> None:
    agency = an_actor(platform, Role.AGENCY)
    lots = (Lot("一标段", 3_000_000 * FEN), Lot("二标段", 2_000_000 * FEN))
    filing = a_filing(lots=lots, agency=agency.org)
    trade = a_registered_trade(platform, filing)
    with platform.read() as session:
        project = found_project(session, trade.id)
        rows = sections(session, trade.id)
        assert [row.code for row in rows] == [f"{filing.code}001", f"{filing.code}002"]
        assert project.estimate_fen == 5_000_000 * FEN
        assert project.must_tender
        assert trade_of(project).category == "works"
        assert "works.bid_preparation" in {r.id for r in rules_for(project, START)}
        [owner] = who_stands(session, trade.id, Role.TENDEREE)
        [found] = who_stands(session, trade.id, Role.AGENCY)
    assert (owner.id, found.id) == (trade.owner.org, agency.org)


def test_the_estimate_is_not_shown_to_the_public(platform: Platform) -> None:
    trade = a_registered_trade(platform)
    with platform.read() as session:
        [seen] = timeline(session, trade.id, VISITOR)
    assert seen.facts["facts"]["must_tender"] is True
    assert str(8_000_000 * FEN) not in seen.body.decode()


def test_a_code_is_registered_once(platform: Platform) -> None:
    code = a_code()
    a_registered_trade(platform, a_filing(code=code))
    with pytest.raises(Conflict):
        a_registered_trade(platform, a_filing(code=code))


def test_nobody_takes_over_a_project_by_filing_it_again(platform: Platform) -> None:
    trade = a_registered_trade(platform)
    thief = an_actor(platform, Role.TENDEREE)
    with pytest.raises(Conflict):
        platform.perform(register, thief, trade.id, filing=a_filing())
    with pytest.raises(NotAllowed):
        platform.perform(resubmit, thief, trade.id, filing=a_filing())
    with platform.read() as session:
        assert found_project(session, trade.id).owner == trade.owner.org


def test_an_authority_is_not_made_an_agency(platform: Platform) -> None:
    authority = an_organisation(platform, Kind.AUTHORITY)
    with pytest.raises(NotAllowed):
        a_registered_trade(platform, a_filing(agency=authority))


def test_an_incomplete_filing_is_never_accepted(platform: Platform) -> None:
    trade = a_registered_trade(platform, a_filing(without=("approval", "funds")))
    with pytest.raises(Invalid, match=r"approval.*funds"):
        platform.perform(accept, trade.centre, trade.id)
    with platform.read() as session:
        assert found_project(session, trade.id).accepted_at is None


def test_the_list_of_defects_names_everything_that_is_missing_at_once(platform: Platform) -> None:
    trade = a_registered_trade(platform, a_filing(without=("approval", "funds")))
    with pytest.raises(Invalid, match="funds"):
        platform.perform(return_defects, trade.centre, trade.id, defects={"approval": "缺"})
    with pytest.raises(Invalid):
        platform.perform(return_defects, trade.centre, trade.id, defects={})
    with pytest.raises(Invalid, match="no such items"):
        platform.perform(return_defects, trade.centre, trade.id, defects={"weather": "雨"})
    everything = {"approval": "缺", "funds": "缺", "name": "名称与批复不符"}
    platform.perform(return_defects, trade.centre, trade.id, defects=everything)
    with platform.read() as session:
        row = session.scalars(select(Intake).where(Intake.project == trade.id)).one()
        assert {defect["item"] for defect in row.defects} == set(everything)


def test_what_was_not_named_the_first_time_is_not_found_later(platform: Platform) -> None:
    first = a_filing(without=("approval",))
    trade = a_registered_trade(platform, first)
    platform.perform(return_defects, trade.centre, trade.id, defects={"approval": "缺"})
    again = a_filing(code=first.code, region="350300")
    platform.perform(resubmit, trade.owner, trade.id, filing=again)
    with pytest.raises(NotAllowed, match="not named the first time"):
        platform.perform(return_defects, trade.centre, trade.id, defects={"name": "不规范"})
    platform.perform(
        return_defects, trade.centre, trade.id, defects={"region": "改错", "approval": "不清"}
    )


def test_a_returned_filing_is_put_right_and_accepted(platform: Platform) -> None:
    first = a_filing(without=("approval",))
    trade = a_registered_trade(platform, first)
    platform.perform(return_defects, trade.centre, trade.id, defects={"approval": "缺"})
    with pytest.raises(WrongStage):
        platform.perform(accept, trade.centre, trade.id)
    with pytest.raises(Invalid, match="code stays"):
        platform.perform(resubmit, trade.owner, trade.id, filing=a_filing())
    lots = (Lot("甲", 6_000_000 * FEN), Lot("乙", FEN))
    platform.perform(resubmit, trade.owner, trade.id, filing=a_filing(code=first.code, lots=lots))
    platform.perform(accept, trade.centre, trade.id)
    with platform.read() as session:
        assert [row.name for row in sections(session, trade.id)] == ["甲", "乙"]
        assert found_project(session, trade.id).accepted_at == platform.clock.now()
    with pytest.raises(WrongStage):
        platform.perform(resubmit, trade.owner, trade.id, filing=a_filing(code=first.code))


def test_an_agency_that_is_no_longer_named_stands_there_no_more(platform: Platform) -> None:
    old, new = an_organisation(platform), an_organisation(platform)
    first = a_filing(agency=old, without=("approval",))
    trade = a_registered_trade(platform, first)
    platform.perform(return_defects, trade.centre, trade.id, defects={"approval": "缺"})
    platform.perform(resubmit, trade.owner, trade.id, filing=a_filing(code=first.code, agency=new))
    with platform.read() as session:
        assert [org.id for org in who_stands(session, trade.id, Role.AGENCY)] == [new]


def test_the_supervising_department_is_not_slipped_in_as_agency(platform: Platform) -> None:
    first = a_filing(without=("approval",))
    trade = a_registered_trade(platform, first)
    department = a_standing(platform, trade.id, an_actor(platform, Role.DEPARTMENT))
    platform.perform(return_defects, trade.centre, trade.id, defects={"approval": "缺"})
    with pytest.raises(NotAllowed):
        platform.perform(
            resubmit,
            trade.owner,
            trade.id,
            filing=a_filing(code=first.code, agency=department.org),
        )


def test_nobody_files_a_project_that_it_is_set_to_supervise(platform: Platform) -> None:
    department = an_actor(platform, Role.DEPARTMENT)
    owner = an_actor(platform, Role.TENDEREE, department.org)
    supervised = uuid4()
    a_standing(platform, supervised, department)
    with pytest.raises(NotAllowed):
        platform.perform(register, owner, supervised, filing=a_filing())
    platform.perform(register, owner, uuid4(), filing=a_filing())


def test_only_the_centre_accepts_and_only_what_was_filed(platform: Platform) -> None:
    trade = a_registered_trade(platform)
    with pytest.raises(NotAllowed):
        platform.perform(accept, trade.owner, trade.id)
    platform.perform(accept, trade.centre, trade.id)
    with pytest.raises(WrongStage):
        platform.perform(accept, trade.centre, trade.id)


def test_the_stage_is_written_down_once_and_as_the_facts_have_it(platform: Platform) -> None:
    trade = an_accepted_trade(platform)
    assert platform.perform(confirm_stage, trade.centre, trade.id) is Stage.ACCEPTED
    with pytest.raises(Conflict):
        platform.perform(confirm_stage, trade.centre, trade.id)
    with platform.read() as session:
        assert stage_of(session, trade.id, platform.clock.now()) is Stage.ACCEPTED


def test_a_refused_act_moves_no_stage(platform: Platform) -> None:
    trade = a_registered_trade(platform, a_filing(without=("approval",)))
    with pytest.raises(Invalid):
        platform.perform(accept, trade.centre, trade.id)
    with platform.read() as session:
        assert stage_of(session, trade.id, platform.clock.now()) is Stage.FILED


@pytest.mark.parametrize(
    ("category", "kind"),
    [("procurement", "goods"), ("land", "land_use"), ("property", "asset"), ("other", "other")],
)
def test_the_other_categories_go_the_same_way_by_their_own_data(
    platform: Platform, category: str, kind: str
) -> None:
    trade = an_announced_trade(platform, category, kind)
    with platform.read() as session:
        assert stage_of(session, trade.id, platform.clock.now()) is Stage.ANNOUNCED
        ids = {rule.category for rule in rules_for(found_project(session, trade.id), START)}
    assert ids <= {category, "all"}
