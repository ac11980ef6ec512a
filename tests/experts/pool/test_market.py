"""The market of agencies: nobody names one for an owner; offers stay secret; a blacklist holds."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from experts.pool.agency.agency import Qualification, Service, enter, leave
from experts.pool.agency.choice import (
    choosable,
    choose,
    contest,
    offer,
    offers_of,
    orders_of,
    settle,
)
from experts.pool.agency.credit import blacklist, credit_file, mark, standing
from experts.pool.agency.listing import agencies
from experts.pool.agency.rating import rate
from experts.pool.inspection import Kind, counts, import_subjects, pool_of, read_subjects, remove
from monitor.clock import MovableClock
from monitor.record.disclosure import Audience, Viewer, timeline
from monitor.record.platform import Platform
from monitor.record.suspension import Suspended
from monitor.refusal import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Refusal,
    TooEarly,
    TooLate,
    WrongStage,
)
from monitor.role import NOBODY, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_standing, an_actor, the_act
from tests.trading.projects import a_filing
from trading.registration.intake import register
from trading.supervision.standstill.suspension import resume, suspend

START = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HELD = (Qualification("甲级", "A-1", date(2030, 1, 1)),)


@pytest.fixture(scope="module")
def platform(database: Addresses) -> Iterator[Platform]:
    platform = Platform(database.app_url, MovableClock(START))
    yield platform
    platform.close()


def an_agency(platform: Platform) -> Actor:
    actor = an_actor(platform, Role.AGENCY)
    come_in(platform, actor)
    return actor


def come_in(platform: Platform, actor: Actor) -> None:
    platform.perform(
        enter, actor, None, showcase="十年业绩", services=[Service.COST], qualifications=HELD
    )


@pytest.fixture
def owner(platform: Platform) -> tuple[Actor, UUID]:
    actor, project = an_actor(platform, Role.TENDEREE), uuid4()
    platform.perform(register, actor, project, filing=a_filing())
    return actor, project


def open_contest(platform: Platform, owner: tuple[Actor, UUID], **facts: object) -> UUID:
    told = {
        "service": Service.COST, "terms": "造价咨询", "ceiling": 100_000_00,
        "closes": platform.clock.now() + DAY, "stated": True,
    }  # fmt: skip
    return platform.perform(contest, owner[0], owner[1], **{**told, **facts})  # type: ignore[arg-type]


def test_whoever_wants_enters_leaves_and_enters_again(platform: Platform) -> None:
    mine = an_agency(platform)
    platform.perform(leave, mine, None)
    with pytest.raises(Conflict):
        platform.perform(leave, mine, None)
    with platform.read() as session:
        assert mine.org not in dict(choosable(session, platform.clock.now()))
    come_in(platform, mine)
    with platform.read() as session:
        now = platform.clock.now()
        assert mine.org in dict(choosable(session, now))
        assert mine.org in [each.organisation for each in agencies(session, now, Service.COST)]
        assert agencies(session, now, Service.AUDIT) == []
    with pytest.raises(Invalid):
        platform.perform(
            enter, mine, None, showcase="x", services=[Service.COST, Service.COST],
            qualifications=(),
        )  # fmt: skip


def test_a_blacklist_bars_until_its_end_and_stays_in_the_file(
    platform: Platform, owner: tuple[Actor, UUID]
) -> None:
    mine, inspector = an_agency(platform), an_actor(platform, Role.DEPARTMENT)
    until = platform.clock.now() + 10 * DAY
    told = {"agency": mine.org, "until": until, "text": "弄虚作假"}
    with pytest.raises(Invalid):
        platform.perform(blacklist, inspector, None, basis=" ", **told)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        platform.perform(blacklist, an_actor(platform, Role.CENTRE), None, basis="x", **told)  # type: ignore[arg-type]
    platform.perform(blacklist, inspector, None, basis="处罚决定", **told)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed, match="blacklist until"):
        come_in(platform, mine)
    with pytest.raises(NotAllowed):
        platform.perform(
            choose, owner[0], owner[1], agency=mine.org, service=Service.COST, stated=True
        )
    platform.clock.wait(11 * DAY)
    come_in(platform, mine)
    with platform.read() as session:
        assert [each.kind for each in credit_file(session, mine.org)] == ["blacklist"]
        assert standing(session, mine.org, platform.clock.now()).barred is None


def test_an_owner_chooses_freely_and_only_by_its_own_statement(
    platform: Platform, owner: tuple[Actor, UUID]
) -> None:
    mine = an_agency(platform)
    told = {"agency": mine.org, "service": Service.COST}
    with pytest.raises(Invalid) as refused:
        platform.perform(choose, owner[0], owner[1], stated=False, **told)  # type: ignore[arg-type]
    assert refused.value.rule == "招标投标法 12"
    for role in (Role.CENTRE, Role.DEPARTMENT, Role.TENDEREE):
        with pytest.raises(NotAllowed):
            platform.perform(choose, an_actor(platform, role), owner[1], stated=True, **told)  # type: ignore[arg-type]
    platform.perform(choose, owner[0], owner[1], stated=True, **told)  # type: ignore[arg-type]
    the_act(platform, "award.issue", owner[1])
    platform.perform(rate, owner[0], owner[1], agency=mine.org, stars=4, text="及时")
    with pytest.raises(Conflict):
        platform.perform(rate, owner[0], owner[1], agency=mine.org, stars=5, text="再评")
    with pytest.raises(NotAllowed):
        platform.perform(
            rate, owner[0], owner[1], agency=an_agency(platform).org, stars=1, text="没用过"
        )
    inspector = an_actor(platform, Role.DEPARTMENT)
    platform.perform(mark, inspector, None, agency=mine.org, points=-7, basis="通报", text="迟延")
    with platform.read() as session:
        told_now = standing(session, mine.org, platform.clock.now())
        later = standing(session, mine.org, platform.clock.now() + 4 * 365 * DAY)
    assert (told_now.points, told_now.stars, told_now.ratings) == (93, 400, 1)
    assert later.points == 100


def test_the_lowest_offer_wins_and_nobody_sees_one_before_the_end(
    platform: Platform, owner: tuple[Actor, UUID]
) -> None:
    key = open_contest(platform, owner)
    with pytest.raises(Conflict):
        open_contest(platform, owner)
    three = [an_agency(platform) for _ in range(3)]
    for at, each in enumerate(three):
        platform.perform(offer, each, None, contest=key, price=90_000_00 - at * 100)
    with pytest.raises(Conflict):
        platform.perform(offer, three[0], None, contest=key, price=1)
    with pytest.raises(Invalid):
        platform.perform(offer, an_agency(platform), None, contest=key, price=100_000_01)
    with platform.read() as session:
        for audience in (Audience.CENTRE, Audience.INSPECTOR, Audience.OWNER, Audience.PUBLIC):
            seen = timeline(session, NOBODY, Viewer(audience, owner[0].org))
            assert not [one for one in seen if one.facts["action"] == "agency.offer"], audience
    with pytest.raises(TooEarly):
        platform.perform(settle, owner[0], owner[1], contest=key)
    platform.clock.wait(DAY)
    with pytest.raises(TooLate):
        platform.perform(offer, an_agency(platform), None, contest=key, price=1)
    assert platform.perform(settle, owner[0], owner[1], contest=key) == "settled"
    with platform.read() as session:
        assert offers_of(session, key)[0].organisation == three[2].org


def test_no_price_is_offered_while_the_owners_trade_stands_still(
    platform: Platform, owner: tuple[Actor, UUID]
) -> None:
    key, mine = open_contest(platform, owner), an_agency(platform)
    inspector = a_standing(platform, owner[1], an_actor(platform, Role.DEPARTMENT))
    platform.perform(suspend, inspector, owner[1], article="实施条例 62", reason="查证")
    with pytest.raises(Suspended):
        platform.perform(offer, mine, None, contest=key, price=1_00)
    platform.perform(resume, inspector, owner[1], reason="已查清")
    platform.perform(offer, mine, None, contest=key, price=1_00)


def test_whoever_is_put_on_the_blacklist_after_the_offer_does_not_win(
    platform: Platform, owner: tuple[Actor, UUID]
) -> None:
    key, inspector = open_contest(platform, owner), an_actor(platform, Role.DEPARTMENT)
    four = [an_agency(platform) for _ in range(4)]
    for at, each in enumerate(four):
        platform.perform(offer, each, None, contest=key, price=80_000_00 + at)
    platform.perform(
        blacklist, inspector, None, agency=four[0].org, until=platform.clock.now() + 9 * DAY,
        basis="处罚决定", text="弄虚作假",
    )  # fmt: skip
    platform.clock.wait(DAY)
    assert platform.perform(settle, owner[0], owner[1], contest=key) == "settled"
    with platform.read() as session:
        assert orders_of(session, owner[1])[0].agency == four[1].org
        [told] = [
            one.facts["facts"]
            for one in timeline(session, owner[1], Viewer(Audience.PUBLIC, None))
            if one.facts["action"] == "agency.settle"
        ]
    assert (len(told["offers"]), len(told["barred"])) == (4, 1)


def test_whoever_left_the_pool_after_the_offer_does_not_win(
    platform: Platform, owner: tuple[Actor, UUID]
) -> None:
    key = open_contest(platform, owner)
    four = [an_agency(platform) for _ in range(4)]
    for at, each in enumerate(four):
        platform.perform(offer, each, None, contest=key, price=80_000_00 + at)
    platform.perform(leave, four[0], None)
    platform.clock.wait(DAY)
    assert platform.perform(settle, owner[0], owner[1], contest=key) == "settled"
    with platform.read() as session:
        assert orders_of(session, owner[1])[0].agency == four[1].org
        told = timeline(session, owner[1], Viewer(Audience.PUBLIC, None))[-1].facts["facts"]
    assert (len(told["left"]), told["barred"]) == (1, [])


def test_who_runs_a_tender_is_chosen_before_its_notice_and_nobody_in_a_trade_that_is_over(
    platform: Platform, owner: tuple[Actor, UUID]
) -> None:
    mine, (actor, project) = an_agency(platform), owner
    told = {"agency": mine.org, "stated": True}
    rating = {"agency": mine.org, "stars": 5, "text": "好"}
    platform.perform(choose, actor, project, service=Service.TENDER, **told)  # type: ignore[arg-type]
    with pytest.raises(WrongStage, match="once the award is out"):
        platform.perform(rate, actor, project, **rating)  # type: ignore[arg-type]
    the_act(platform, "notice.publish", project)
    for service in (Service.TENDER, Service.PROCUREMENT):
        with pytest.raises(WrongStage, match="before"):
            platform.perform(choose, actor, project, service=service, **told)  # type: ignore[arg-type]
        with pytest.raises(WrongStage, match="before"):
            open_contest(platform, owner, service=service)
    platform.perform(choose, actor, project, service=Service.AUDIT, **told)  # type: ignore[arg-type]
    the_act(platform, "contract.sign", project)
    the_act(platform, "archive.close", project)
    with pytest.raises(WrongStage, match="file is closed"):
        platform.perform(choose, actor, project, service=Service.AUDIT, **told)  # type: ignore[arg-type]
    with pytest.raises(WrongStage, match="file is closed"):
        open_contest(platform, owner)
    with pytest.raises(WrongStage, match="file is closed"):
        platform.perform(rate, actor, project, **rating)  # type: ignore[arg-type]


def test_nobody_is_chosen_for_a_trade_that_was_ended_but_who_served_it_is_rated(
    platform: Platform, owner: tuple[Actor, UUID]
) -> None:
    mine, (actor, project) = an_agency(platform), owner
    told = {"agency": mine.org, "service": Service.COST, "stated": True}
    platform.perform(choose, actor, project, **told)  # type: ignore[arg-type]
    the_act(platform, "project.terminate", project)
    with pytest.raises(WrongStage, match="was ended"):
        platform.perform(choose, actor, project, **told)  # type: ignore[arg-type]
    with pytest.raises(WrongStage, match="was ended"):
        open_contest(platform, owner)
    platform.perform(rate, actor, project, agency=mine.org, stars=3, text="中止前尽责")


def test_a_department_marks_an_agency_down_within_bounds_and_once_a_basis(
    platform: Platform,
) -> None:
    mine, inspector = an_agency(platform), an_actor(platform, Role.DEPARTMENT)

    def marked(points: int, basis: str, by: Actor = inspector) -> None:
        platform.perform(mark, by, None, agency=mine.org, points=points, basis=basis, text="通报")

    marked(-30, "通报〔2026〕1号")
    with pytest.raises(Conflict):
        marked(-1, " 通报〔2026〕1号 ")
    with pytest.raises(Invalid, match="30 were given"):
        marked(-21, "通报〔2026〕2号")
    with pytest.raises(Invalid, match="30 were given"):
        marked(21, "通报〔2026〕3号")
    marked(-20, "通报〔2026〕4号")
    marked(-1, "他部门通报", an_actor(platform, Role.DEPARTMENT))
    with platform.read() as session:
        assert standing(session, mine.org, platform.clock.now()).points == 49
    platform.clock.wait(366 * DAY)
    marked(-20, "通报〔2027〕1号")


@pytest.mark.parametrize(("prices", "outcome"), [((5, 5, 9), "tie"), ((5, 6), "few"), ((), "few")])
def test_too_few_offers_or_equal_lowest_ones_fail_the_contest(
    platform: Platform, owner: tuple[Actor, UUID], prices: tuple[int, ...], outcome: str
) -> None:
    key = open_contest(platform, owner)
    for price in prices:
        platform.perform(offer, an_agency(platform), None, contest=key, price=price)
    platform.clock.wait(DAY)
    with pytest.raises(Refusal):
        platform.perform(settle, an_actor(platform, Role.TENDEREE), owner[1], contest=key)
    assert platform.perform(settle, owner[0], owner[1], contest=key) == outcome
    open_contest(platform, owner)


def test_pools_of_inspection_come_by_sheet_and_are_each_department_s_own(
    platform: Platform,
) -> None:
    sheet = (
        "编号,名称,单位,类别,权重\nX1,甲厂,,化工,2\nX1,重复,,,\nX2,,,,\nX3,乙厂,,,99\nX4,丙厂,,,"
    )
    found, bad = read_subjects(sheet.encode())
    assert [one.code for one in found] == ["X1", "X4"]
    assert [(one.number, one.column) for one in bad] == [(3, "code"), (4, "name"), (5, "weight")]
    mine, other = an_actor(platform, Role.DEPARTMENT), an_actor(platform, Role.DEPARTMENT)
    told = {"kind": Kind.ENTERPRISE, "subjects": found}
    for who in (mine, mine, other):
        assert platform.perform(import_subjects, who, None, **told) == 2  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        platform.perform(import_subjects, mine, None, kind=Kind.ITEM, subjects=())
    platform.perform(remove, mine, None, kind=Kind.ENTERPRISE, codes=["X4"], reason="注销")
    with platform.read() as session:
        assert counts(session, mine.org)[Kind.ENTERPRISE] == 1
        assert counts(session, other.org)[Kind.ENTERPRISE] == 2
        assert [one.weight for one in pool_of(session, mine.org, Kind.ENTERPRISE)] == [2]
