"""Complaints: who brings them, when, after what; who deals with them by when, and who may know."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from monitor.clock import MovableClock
from monitor.law.point import Result
from monitor.law.watch import duties, steps
from monitor.record.disclosure import VISITOR, Audience, Viewer, custody, timeline
from monitor.record.platform import Platform
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
from monitor.role import SYSTEM, Actor, Role
from monitor.runtime.database import Addresses
from tests.builders import a_participation, a_standing, an_actor
from tests.conftest import Server
from tests.trading.award.test_award import Case
from trading.award.filing import file as object_to
from trading.award.objection import Kind
from trading.registration.project import found_project, trade_of
from trading.supervision.card.judging import judging_due, results
from trading.supervision.chase import chases_due
from trading.supervision.complaint.complaint import Complaint, Matter, State, complaints
from trading.supervision.complaint.complaint import Outcome as Decision
from trading.supervision.complaint.filing import Writing, file, withdraw
from trading.supervision.complaint.handling import (
    accept,
    decide,
    decline,
    receive_test,
    send_test,
)
from trading.supervision.standstill.suspension import resume, suspend

START = datetime(2026, 3, 16, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in Beijing
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
WORDS = ("某招标人", "项目经理业绩系伪造", "责令重新评标", "证书编号查询结果；招标投标法 5")
TOLD = Writing(*WORDS)


def midnight(day: str) -> datetime:
    """The end of a day of 2026 in Beijing, "03-30"."""
    return datetime.fromisoformat(f"2026-{day}T00:00:00+08:00").astimezone(UTC) + DAY


@pytest.fixture
def database(migrated: Server) -> Iterator[Addresses]:
    """A database a test: all of them begin on the same Monday of a year whose calendar is known."""
    addresses = migrated.clone()
    yield addresses
    migrated.drop(addresses.owner_url.rpartition("/")[2].partition("?")[0])


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def platform(database: Addresses, clock: MovableClock) -> Iterator[Platform]:
    made = Platform(database.app_url, clock)
    yield made
    made.close()


class Grievance(Case):
    """A closed trade whose result is shown, with a department, and one that is another category's."""

    def __init__(self, platform: Platform, clock: MovableClock, category: str = "works") -> None:
        super().__init__(platform, clock, category)
        self.department = a_standing(
            platform, self.project, an_actor(platform, Role.DEPARTMENT, category=category)
        )
        self.bidder = self.bidders[1]

    def shown(self) -> "Grievance":
        self.close()
        self.report()
        self.publish()
        return self

    def objected(self) -> UUID:
        """An objection of today, answered two days later; and the same of a rival."""
        objection, self.rivals = self.object(), self.object_as(self.bidders[2])
        self.clock.wait(2 * DAY)
        self.answer(objection)
        self.answer(self.rivals)
        return objection

    def object_as(self, by: Actor) -> UUID:
        given = {"kind": Kind.RESULT, "text": "业绩不实", "section": self.section}
        found: UUID = self.act(object_to, by, **given)
        return found

    def around(self, last: datetime, objection: UUID, rivals: UUID) -> tuple[bool, type[Refusal]]:
        """Whether it is taken in at a moment, and how the rival's is refused a second later."""
        self.clock.moment = last
        complaint = self.complain(objection)
        with self.platform.read() as session:
            taken = session.get_one(Complaint, complaint).filed_at == last
        self.clock.moment = last + SECOND
        return taken, self.no(rivals, by=self.bidders[2])

    def complain(self, objection: UUID | None = None, **changed: Any) -> UUID:
        given = {"matter": Matter.RESULT, "writing": TOLD, "objection": objection,
                 "department": self.department.org}  # fmt: skip
        found: UUID = self.act(file, changed.pop("by", self.bidder), **given | changed)
        return found

    def no(self, objection: UUID | None = None, **changed: Any) -> type[Refusal]:
        with pytest.raises(Refusal) as told:
            self.complain(objection, **changed)
        assert told.value.record is not None
        return type(told.value)

    def refusal(self, verb: Any, actor: Actor, **inputs: Any) -> type[Refusal]:
        with pytest.raises(Refusal) as told:
            self.act(verb, actor, **inputs)
        return type(told.value)

    def patrolled(self) -> dict[str, Result]:
        """Let the watch and the points work as the scheduler lets them; how the points stand."""
        with self.platform.read() as session:
            trade = trade_of(found_project(session, self.project))
        for _ in range(3):
            with self.platform.read() as session:
                due = steps(session, self.project, trade, self.clock.now())
            for step in due:
                self.act(step.action, SYSTEM, owed=step.owed)
        with self.platform.read() as session:
            errands = judging_due(session, self.project)
        for errand in errands:
            self.act(errand.action, SYSTEM, **errand.inputs)
        with self.platform.read() as session:
            return {key: Result(row.result) for key, row in results(session, self.project).items()}

    def limit(self, rule: str) -> datetime:
        with self.platform.read() as session:
            [row] = [each for each in duties(session, self.project) if each.rule == rule]
        return row.limit_at

    def seen(self, audience: Audience, org: UUID | None = None, masks: str = "") -> list[str]:
        viewer = Viewer(audience, org, frozenset({masks} - {""}))
        with self.platform.read() as session:
            found = timeline(session, self.project, viewer)
        return [name for each in found
                if "complaint" in (name := str(each.facts["action"]))]  # fmt: skip


@pytest.fixture
def works(platform: Platform, clock: MovableClock) -> Grievance:
    return Grievance(platform, clock)


@pytest.fixture
def goods(platform: Platform, clock: MovableClock) -> Grievance:
    return Grievance(platform, clock, "procurement")


def test_a_complaint_comes_to_the_competent_department_and_is_decided_in_public(
    works: Grievance,
) -> None:
    complaint = works.complain(works.shown().objected())
    with works.platform.read() as session:
        [brought] = complaints(session, works.department, START + 90 * DAY)
        assert [each.id for each in complaints(session, works.bidder, START + 90 * DAY)] == [
            complaint
        ]
    assert (brought.respondent, brought.told, brought.request, brought.basis) == WORDS
    works.act(accept, works.department, complaint=complaint)
    works.act(
        decide, works.department, complaint=complaint, outcome=Decision.UPHELD,
        decision="投诉成立，责令改正",
    )  # fmt: skip
    with works.platform.read() as session:
        said = [each.facts["facts"] for each in timeline(session, works.project, VISITOR)]
    [announced] = [each for each in said if "decision" in each]
    assert (announced["outcome"], announced["decision"]) == ("upheld", "投诉成立，责令改正")


@pytest.mark.parametrize("lacking", range(4))
def test_what_a_complaint_must_hold_is_not_left_out(works: Grievance, lacking: int) -> None:
    objection = works.shown().objected()
    parts = [" " if at == lacking else word for at, word in enumerate(WORDS)]
    assert works.no(objection, writing=Writing(*parts)) is Invalid


def test_works_ten_days_from_knowing_and_the_days_of_the_answer_do_not_count(
    works: Grievance,
) -> None:
    objection = works.shown().objected()  # of Monday the 16th, answered on the 18th
    last = midnight("03-30")  # the tenth day after is a Saturday
    assert works.around(last, objection, works.rivals) == (True, TooLate)


def test_who_knew_earlier_than_objecting_has_less_time_and_nobody_knew_later(
    works: Grievance,
) -> None:
    objection = works.shown().objected()
    assert works.no(objection, known=works.clock.now()) is Invalid
    assert works.no(objection, known=START - 12 * DAY) is TooLate
    works.complain(objection, known=START - 4 * DAY)


def test_without_the_objection_that_the_law_asks_for_first_there_is_no_complaint(
    works: Grievance,
) -> None:
    works.shown()
    for matter in (Matter.DOCUMENTS, Matter.OPENING, Matter.RESULT):
        assert works.no(matter=matter, known=works.clock.now()) is WrongStage, matter
    assert works.no(uuid4()) is NotFound
    assert works.no(works.object(), matter=Matter.OPENING) is NotFound
    works.complain(matter=Matter.OTHER, known=works.clock.now())


def test_an_objection_is_waited_for_until_its_answer_or_the_end_of_the_time_for_it(
    works: Grievance,
) -> None:
    objection = works.shown().object()
    works.clock.moment = midnight("03-19")  # three days after the 16th
    assert works.no(objection) is TooEarly
    works.clock.wait(SECOND)
    works.complain(objection)


def test_procurement_fifteen_working_days_after_the_time_to_answer(goods: Grievance) -> None:
    objection = goods.shown().objected()
    # seven working days after the 16th: the 25th; fifteen more, over Qingming (04-04 to 04-06)
    assert goods.around(midnight("04-16"), objection, goods.rivals) == (True, TooLate)


def test_procurement_an_answer_that_came_late_is_counted_from(goods: Grievance) -> None:
    objection = goods.shown().object()
    rivals = goods.object_as(goods.bidders[2])
    goods.clock.moment = midnight("03-26") - SECOND
    goods.answer(objection)
    goods.answer(rivals)
    assert goods.around(midnight("04-17"), objection, rivals) == (True, TooLate)


def test_procurement_nothing_is_complained_of_that_was_not_challenged(goods: Grievance) -> None:
    goods.shown()
    known = goods.clock.now()
    assert goods.no(matter=Matter.OTHER, known=known) is WrongStage


def test_the_same_is_complained_of_once_and_again_only_after_it_was_declined(
    works: Grievance,
) -> None:
    objection = works.shown().objected()
    first = works.complain(objection)
    assert works.no(objection) is Conflict
    works.act(decline, works.department, complaint=first, reason="缺少证明材料")
    second = works.complain(objection)
    works.act(withdraw, works.bidder, complaint=second, reason="已和解")
    assert works.no(objection) is Conflict
    known = works.clock.now()
    works.complain(matter=Matter.OTHER, known=known)
    assert works.no(matter=Matter.OTHER, known=known) is Conflict


def test_nobody_complains_of_a_trade_of_others_or_by_anothers_objection(
    works: Grievance, platform: Platform, clock: MovableClock
) -> None:
    other = Grievance(platform, clock).shown()
    objection, foreign = works.shown().objected(), other.object()
    stranger, rival = an_actor(platform, Role.TENDERER), works.bidders[2]
    for by in (stranger, other.bidder):
        assert works.no(objection, by=by) is NotAllowed
        assert works.no(by=by, matter=Matter.OTHER, known=clock.now()) is NotAllowed
    assert works.no(objection, by=rival) is NotFound
    assert works.no(foreign) is NotFound
    complaint = works.complain(objection)
    told: dict[str, Any] = {"complaint": complaint, "reason": "撤回"}
    for case, by in ((works, rival), (works, stranger), (other, works.bidder)):
        assert case.refusal(withdraw, by, **told) is NotFound
    interest = Writing(*WORDS, interest="本项目潜在投标人，被限制报名")
    works.complain(by=stranger, matter=Matter.OTHER, known=clock.now(), writing=interest)


def test_no_other_department_deals_with_it(
    works: Grievance, platform: Platform, clock: MovableClock
) -> None:
    other = Grievance(platform, clock)
    complaint = works.complain(works.shown().objected(), department=works.department.org)
    assert works.no(works.object(text="另一异议"), department=uuid4()) is TooEarly
    known = works.clock.now()
    elsewhere: dict[str, Any] = {"matter": Matter.OTHER, "known": known}
    assert works.no(department=uuid4(), **elsewhere) is Invalid
    land = an_actor(platform, Role.DEPARTMENT, category="land")
    assert works.no(department=land.org, **elsewhere) is Invalid
    colleague = an_actor(platform, Role.DEPARTMENT, works.department.org, category="land")
    seated = a_standing(platform, works.project, an_actor(platform, Role.DEPARTMENT))
    told: dict[str, Any] = {"complaint": complaint}
    for verb, more in ((accept, {}), (decline, {"reason": "不归我管"})):
        assert works.refusal(verb, colleague, **told, **more) is NotAllowed
        for actor in (seated, other.department):
            assert works.refusal(verb, actor, **told, **more) is NotFound
        for actor in (works.centre, works.owner, works.bidder, an_actor(platform, Role.DISCIPLINE)):
            assert works.refusal(verb, actor, **told, **more) is NotAllowed
        assert other.refusal(verb, works.department, **told, **more) is NotFound
    works.act(accept, works.department, **told)
    final = {**told, "outcome": Decision.DISMISSED, "decision": "驳回"}
    assert works.refusal(decide, seated, **final) is NotFound
    assert works.refusal(decide, colleague, **final) is NotAllowed
    with platform.read() as session:
        for actor in (seated, colleague, other.department, works.centre, works.owner, other.bidder):
            assert complaints(session, actor, START + 90 * DAY) == []


def test_a_department_that_the_centre_never_seated_deals_with_it_all_the_same(
    platform: Platform, clock: MovableClock
) -> None:
    case = Case(platform, clock)
    department = an_actor(platform, Role.DEPARTMENT)
    bidder = a_participation(platform, case.project)
    known = clock.now()
    told = {"matter": Matter.OTHER, "writing": TOLD, "known": known}
    complaint = case.act(file, bidder, **told)
    case.act(accept, department, complaint=complaint)
    with platform.read() as session:
        assert session.get_one(Complaint, complaint).state == State.ACCEPTED


def test_each_step_is_taken_once_and_in_order(works: Grievance) -> None:
    department, complaint = works.department, works.complain(works.shown().objected())
    final = {"complaint": complaint, "outcome": Decision.PARTLY, "decision": "部分成立"}
    for verb, more in ((decide, final), (send_test, {"complaint": complaint, "reason": "鉴定"}),
                       (receive_test, {"complaint": complaint})):  # fmt: skip
        assert works.refusal(verb, department, **more) is WrongStage
    works.act(accept, department, complaint=complaint)
    assert works.refusal(accept, department, complaint=complaint) is WrongStage
    assert works.refusal(decline, department, complaint=complaint, reason="晚了") is WrongStage
    assert works.refusal(receive_test, department, complaint=complaint) is WrongStage
    works.act(send_test, department, complaint=complaint, reason="鉴定")
    assert works.refusal(send_test, department, complaint=complaint, reason="x") is WrongStage
    assert works.refusal(decide, department, **{**final, "decision": " "}) is Invalid
    works.act(decide, department, **final)
    assert works.refusal(decide, department, **final) is WrongStage
    withdrawn = {"complaint": complaint, "reason": "撤回"}
    assert works.refusal(withdraw, works.bidder, **withdrawn) is WrongStage


def test_before_close_it_is_filed_under_the_pseudonym_alone(
    platform: Platform, clock: MovableClock
) -> None:
    case = Grievance(platform, clock)
    bidder = a_participation(platform, case.project)
    given = {"kind": Kind.DOCUMENTS, "text": "资格条件歧视"}
    objection = case.act(object_to, bidder, **given)
    case.answer(objection)
    plain = Actor(bidder.person, bidder.org, Role.TENDERER)
    foreign = an_actor(platform, Role.TENDERER, mask="p-" + "0" * 32)
    assert case.no(objection, by=plain, matter=Matter.DOCUMENTS) is NotAllowed
    assert case.no(objection, by=foreign, matter=Matter.DOCUMENTS) is NotFound
    complaint = case.complain(objection, by=bidder, matter=Matter.DOCUMENTS)
    with platform.read() as session:
        [row] = complaints(session, case.department, START + 90 * DAY)
    assert (row.mask, row.org) == (bidder.mask, None)
    case.act(accept, case.department, complaint=complaint)
    told = {"complaint": complaint, "outcome": Decision.DISMISSED, "decision": "驳回"}
    case.act(decide, case.department, **told)
    for audience, org in ((Audience.CENTRE, case.centre.org), (Audience.OWNER, case.owner.org)):
        # It ended, and its own acts are open; who bids under which pseudonym is so after CLOSE only.
        assert case.seen(audience, org) == ["complaint.accept", "complaint.decide"]
    assert str(bidder.mask) not in str([row.body for row in bag(case)])
    assert "complaint.file" in case.seen(Audience.PUBLIC, masks=bidder.mask or "")
    case.close()
    assert "complaint.file" in case.seen(Audience.CENTRE, case.centre.org)


def bag(case: Case) -> list[Any]:
    """What the centre's own bag in custody holds of acts under the case's word."""
    with case.platform.read() as session:
        return [each for each in custody(session, case.project)
                if b'"action":"complaint' in each.body]  # fmt: skip


@pytest.mark.parametrize("end", ["decide", "decline", "withdraw"])
def test_the_centre_learns_nothing_of_it_before_it_ends(works: Grievance, end: str) -> None:
    complaint = works.complain(works.shown().objected())
    told: dict[str, Any] = {"complaint": complaint}
    works.patrolled()
    if end != "decline":
        works.act(accept, works.department, **told)
        works.act(send_test, works.department, **told, reason="鉴定")
        works.act(receive_test, works.department, **told)
        final = {**told, "outcome": Decision.UPHELD, "decision": " "}
        assert works.refusal(decide, works.department, **final) is Invalid
    works.patrolled()
    works.clock.wait(8 * DAY)
    works.patrolled()
    watchers = [(Audience.CENTRE, works.centre.org), (Audience.OWNER, works.owner.org),
                (Audience.FINANCE, works.centre.org), (Audience.PUBLIC, None)]  # fmt: skip
    for audience, org in watchers:
        assert works.seen(audience, org) == [], audience
    assert bag(works) == []
    with works.platform.read() as session:
        owed = [each.id for each in duties(session, works.project) if "complaint" in each.rule]
        later = works.clock.now() + 90 * DAY
        chased = [each.inputs["duty"] for each in chases_due(session, works.project, later)]
        assert owed
        assert not set(owed) & set(chased)
        seen = timeline(session, works.project, Viewer(Audience.CENTRE, works.centre.org))
        assert not [each for each in seen if str(complaint).encode() in each.body]
    rival = works.bidders[2]
    assert works.seen(Audience.PARTY, rival.org) == []
    assert "complaint.file" in works.seen(Audience.PARTY, works.bidder.org)
    assert "complaint.file" in works.seen(Audience.INSPECTOR, works.department.org)
    if end == "decide":
        final = {**told, "outcome": Decision.UPHELD, "decision": "成立"}
        works.act(decide, works.department, **final)
    elif end == "decline":
        works.act(decline, works.department, **told, reason="超过期限")
    else:
        works.act(withdraw, works.bidder, **told, reason="撤回")
    assert {"complaint.file", f"complaint.{end}"} <= set(
        works.seen(Audience.CENTRE, works.centre.org)
    )


def test_the_end_of_one_complaint_opens_no_other_and_no_card(works: Grievance) -> None:
    first = works.complain(works.shown().objected())
    known = works.clock.now()
    works.complain(matter=Matter.OTHER, known=known)
    works.patrolled()
    works.act(decline, works.department, complaint=first, reason="缺少材料")
    with works.platform.read() as session:
        seen = timeline(session, works.project, Viewer(Audience.CENTRE, works.centre.org))
    named = [str(each.facts["action"]) for each in seen]
    assert named.count("complaint.file") == 1
    assert "point.judge" not in named
    with works.platform.read() as session:
        kept = b"".join(each.body for each in custody(session, works.project))
    assert kept.count(b'"action":"complaint.file"') == 1
    assert b'"action":"point.judge"' not in kept


TAKEN_UP = {"works": "03-23", "procurement": "03-25"}
"""Filed on Wednesday the 18th: three working days in works, five in procurement."""


@pytest.mark.parametrize("category", TAKEN_UP)
@pytest.mark.parametrize(("after", "result"), [(timedelta(0), Result.GREEN), (SECOND, Result.RED)])
def test_taken_up_on_the_last_day_is_green_and_a_moment_later_red(
    platform: Platform, clock: MovableClock, category: str, after: timedelta, result: Result
) -> None:
    case = Grievance(platform, clock, category)
    complaint = case.complain(case.shown().objected())
    case.patrolled()
    clock.moment = midnight(TAKEN_UP[category]) - DAY
    assert case.patrolled()["remedy.accept"] is Result.YELLOW
    clock.moment += DAY + after
    case.act(accept, case.department, complaint=complaint)
    assert case.patrolled()["remedy.accept"] is result


@pytest.mark.parametrize("category", TAKEN_UP)
@pytest.mark.parametrize(("after", "result"), [(timedelta(0), Result.GREEN), (SECOND, Result.RED)])
def test_decided_on_the_thirtieth_working_day_is_green_and_a_moment_later_red(
    platform: Platform, clock: MovableClock, category: str, after: timedelta, result: Result
) -> None:
    case = Grievance(platform, clock, category)
    complaint = case.complain(case.shown().objected())
    case.act(accept, case.department, complaint=complaint)
    case.patrolled()
    # accepted, and in procurement filed, on the 18th of March; Qingming is off
    clock.moment = midnight("04-30") - 5 * DAY
    assert case.patrolled()["remedy.decide"] is Result.YELLOW
    clock.moment = midnight("04-30") + after
    final = {"outcome": Decision.DISMISSED, "decision": "驳回"}
    case.act(decide, case.department, complaint=complaint, **final)
    assert case.patrolled()["remedy.decide"] is result


def test_nobody_need_touch_it_for_the_point_to_turn_red(works: Grievance) -> None:
    works.complain(works.shown().objected())
    works.clock.moment = midnight("03-24")
    assert works.patrolled()["remedy.accept"] is Result.RED


def test_the_days_of_a_test_do_not_count(works: Grievance) -> None:
    complaint = works.complain(works.shown().objected())
    works.act(accept, works.department, complaint=complaint)
    works.patrolled()
    assert works.limit("works.complaint_decide") == midnight("04-30")
    works.act(send_test, works.department, complaint=complaint, reason="送检")
    works.clock.wait(5 * DAY)  # to Monday: Thursday and Friday would have counted
    works.act(receive_test, works.department, complaint=complaint)
    works.patrolled()
    assert works.limit("works.complaint_decide") == midnight("05-07")


def test_withdrawn_in_time_nothing_is_owed_any_more(works: Grievance) -> None:
    complaint = works.complain(works.shown().objected())
    works.patrolled()
    works.act(withdraw, works.bidder, complaint=complaint, reason="已和解")
    works.clock.wait(60 * DAY)
    assert works.patrolled()["remedy.accept"] is Result.GREEN


def test_a_department_suspends_for_a_complaint_that_it_has_taken_up(goods: Grievance) -> None:
    complaint = goods.complain(goods.shown().objected(), department=goods.department.org)
    told = {"article": "政府采购法 57", "reason": "投诉处理", "complaint": complaint}
    assert goods.refusal(suspend, goods.department, **told) is WrongStage
    goods.act(accept, goods.department, complaint=complaint)
    seated = a_standing(
        goods.platform, goods.project,
        an_actor(goods.platform, Role.DEPARTMENT, category="procurement"),
    )  # fmt: skip
    assert goods.refusal(suspend, seated, **told) is NotFound
    goods.act(suspend, goods.department, **told)
    goods.patrolled()
    assert goods.limit("procurement.suspension") == midnight("04-17")  # thirty days after the 18th
    goods.act(send_test, goods.department, complaint=complaint, reason="鉴定")  # it goes on
    goods.clock.wait(3 * DAY)
    goods.act(resume, goods.department, reason="恢复")
    goods.patrolled()
    with goods.platform.read() as session:
        [row] = [each for each in duties(session, goods.project)
                 if each.rule == "procurement.suspension"]  # fmt: skip
    assert row.state == "closed"
